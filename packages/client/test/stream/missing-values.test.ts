import { describe, expect, test } from "vitest";
import { codecs, open } from "../support/stream.ts";

const t = "2025-01-02T15:00:00.5Z";

describe.each(codecs)("a stream in %s", (codec) => {
  test("a stream delivers records with null in their optional fields, and reports no error", async () => {
    const { stream, serving, clock, errors } = open({ codec });
    const got: unknown[] = [];
    stream.subscribe({ trades: ["AAPL"], quotes: ["AAPL"], bars: ["AAPL"] }, (record) => void got.push(record));
    const session = await serving();
    session.send(
      { T: "t", S: "AAPL", i: null, x: null, p: 100, s: null, c: null, z: null, r: null, t },
      { T: "q", S: "AAPL", bx: null, bp: null, bs: null, ap: Number.NaN, as: Number.NaN, t },
      { T: "b", S: "AAPL", o: 1, h: 2, l: 1, c: 2, v: 10, n: null, vw: Number.NaN, t: "2025-01-02 15:00:00" },
    );
    await clock.settle();
    expect(got).toMatchObject([
      { channel: "trades", id: 0, price: 100, size: 0, conditions: [], receivedNs: undefined },
      { channel: "quotes", bidPrice: 0, bidSize: 0, askPrice: 0, askSize: 0 },
      { channel: "bars", close: 2, tradeCount: undefined, vwap: undefined, seconds: 1_735_830_000 },
    ]);
    expect(errors).toEqual([]);
    expect(stream.metrics.unreadable).toBe(0);
  });

  test("a stream reports null as a price or a time, and loses that record alone", async () => {
    const { stream, serving, clock, errors } = open({ codec });
    const got: number[] = [];
    stream.subscribeTrades((trade) => void got.push(trade.price), "AAPL");
    const session = await serving();
    session.send(
      { T: "t", S: "AAPL", p: null, s: 1, t },
      { T: "t", S: "AAPL", p: 2, s: 1, t: null },
      { T: "t", S: "AAPL", p: 3, s: 1, t },
    );
    await clock.settle();
    expect(got).toEqual([3]);
    expect(errors.map(({ code }) => code)).toEqual(["bad_message", "bad_message"]);
  });

  test("a stream delivers raw records without a time that can be read", async () => {
    const { stream, serving, clock, errors } = open({ codec, rawData: true });
    const sent = [{}, { t: null }, { t: "yesterday" }, { t: 1_735_830_000 }, { t }].map((time) => {
      return { T: "t", S: "AAPL", p: null, ...time };
    });
    const got: unknown[] = [];
    stream.subscribeTrades((record) => void got.push(record), "AAPL");
    const session = await serving();
    session.send(...sent);
    await clock.settle();
    expect(got).toEqual(sent);
    expect(errors).toEqual([]);
    expect(stream.metrics).toMatchObject({ recordCount: sent.length, unreadable: 0, outliers: 0 });
    for (const lagMs of Object.values(stream.metrics.lag)) expect(lagMs).toBeGreaterThanOrEqual(0);
  });
});
