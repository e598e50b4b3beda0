import { describe, expect, test } from "vitest";
import {
  type AnyRecord,
  Bar,
  Imbalance,
  Luld,
  Quote,
  Trade,
  TradeCancel,
  TradeCorrection,
  TradingStatus,
} from "../../src/index.ts";
import { codecs, open } from "../support/stream.ts";

const t = "2025-01-02T15:00:00.123456789Z";
const timestamp = new Date("2025-01-02T15:00:00.123Z");
const bar = { o: 100, h: 101, l: 99.5, c: 100.25, v: 1000, n: 12, vw: 100.125 };
const longBar = { open: 100, high: 101, low: 99.5, close: 100.25, volume: 1000, tradeCount: 12, vwap: 100.125 };

/** Each type of record: its JSON, its class and its long names. */
const RECORDS: readonly (readonly [
  wire: object,
  record: abstract new (...args: never[]) => AnyRecord,
  long: object,
])[] = [
  [{ T: "b", S: "AAPL", ...bar, t }, Bar, { channel: "bars", ...longBar }],
  [{ T: "d", S: "AAPL", ...bar, t }, Bar, { channel: "dailyBars", ...longBar }],
  [
    { T: "q", S: "AAPL", bx: "V", bp: 99, bs: 200, ax: "Q", ap: 101, as: 300, c: ["R", "Y"], z: "C", t },
    Quote,
    {
      bidExchange: "V",
      bidPrice: 99,
      bidSize: 200,
      askExchange: "Q",
      askPrice: 101,
      askSize: 300,
      conditions: ["R", "Y"],
      tape: "C",
    },
  ],
  [
    { T: "t", S: "AAPL", i: 71303, x: "D", p: 100.0001, s: 7, c: [" ", "T"], z: "C", t },
    Trade,
    { id: 71303, exchange: "D", price: 100.0001, size: 7, conditions: [" ", "T"], tape: "C" },
  ],
  [{ T: "u", S: "AAPL", ...bar, t }, Bar, { channel: "updatedBars", ...longBar }],
  [
    { T: "s", S: "AAPL", sc: "H", sm: "Trading Halt", rc: "T12", rm: "Information requested", z: "C", t },
    TradingStatus,
    {
      statusCode: "H",
      statusMessage: "Trading Halt",
      reasonCode: "T12",
      reasonMessage: "Information requested",
      tape: "C",
    },
  ],
  [{ T: "i", S: "AAPL", p: 100.5, z: "C", t }, Imbalance, { price: 100.5, tape: "C" }],
  [
    { T: "l", S: "AAPL", u: 105, d: 95, i: "B", z: "C", t },
    Luld,
    { limitUpPrice: 105, limitDownPrice: 95, indicator: "B", tape: "C" },
  ],
  [
    { T: "x", S: "AAPL", i: 71303, x: "D", p: 100.0001, s: 7, a: "E", z: "C", t },
    TradeCancel,
    { id: 71303, exchange: "D", price: 100.0001, size: 7, action: "E", tape: "C" },
  ],
  [
    { T: "c", S: "AAPL", x: "D", oi: 1, op: 100, os: 7, oc: ["@"], ci: 2, cp: 101, cs: 8, cc: ["@", "I"], z: "C", t },
    TradeCorrection,
    {
      exchange: "D",
      originalId: 1,
      originalPrice: 100,
      originalSize: 7,
      originalConditions: ["@"],
      correctedId: 2,
      correctedPrice: 101,
      correctedSize: 8,
      correctedConditions: ["@", "I"],
      tape: "C",
    },
  ],
];

describe.each(codecs)("stock records in %s", (codec) => {
  test(`[G30] [P1] [V11] every type of stock record in ${codec} reaches its own handler with its class, names and values`, async () => {
    const { stream, serving, clock, errors } = open({ codec });
    const got: [by: string, record: AnyRecord][] = [];
    const by =
      (name: string) =>
      (record: AnyRecord): void =>
        void got.push([name, record]);
    stream.subscribeBars(by("bars"), "AAPL");
    stream.subscribeDailyBars(by("dailyBars"), "AAPL");
    stream.subscribeQuotes(by("quotes"), "AAPL");
    stream.subscribeTrades(by("trades"), "AAPL");
    stream.subscribeUpdatedBars(by("updatedBars"), "AAPL");
    stream.subscribeTradingStatuses(by("statuses"), "AAPL");
    stream.subscribeImbalances(by("imbalances"), "AAPL");
    stream.subscribeLulds(by("lulds"), "AAPL");
    stream.registerTradeCancels(by("cancelErrors"));
    stream.registerTradeCorrections(by("corrections"));
    const session = await serving();
    const wire = RECORDS.map(([message]) => message);
    session.send(...wire.slice(0, 3));
    for (const message of wire.slice(3)) session.send(message);
    await clock.settle();
    expect(errors).toEqual([]);
    expect(got).toHaveLength(RECORDS.length);
    for (const [index, [, type, long]] of RECORDS.entries()) {
      const [name, record] = got[index] ?? [];
      expect(record).toBeInstanceOf(type);
      expect(record).toMatchObject({ symbol: "AAPL", timestamp, nanos: 123_456_789, ...long });
      expect(name).toBe(record?.channel);
    }
  });

  test(`[V32] a null in place of a frame of ${codec}, and an error, lose no later record`, async () => {
    const { stream, serving, clock, errors } = open({ codec });
    const ids: unknown[] = [];
    stream.subscribeTrades(({ id }) => ids.push(id), "AAPL");
    const session = await serving();
    session.frame(codec === "json" ? new TextEncoder().encode("null") : new Uint8Array([0xc0]));
    session.error(500);
    session.send({ T: "t", S: "AAPL", i: 9, x: "V", p: 1, s: 1, c: [], z: "C", t });
    await clock.settle();
    expect(ids).toEqual([9]);
    expect(errors.map(({ code }) => code)).toEqual(["bad_frame", "internal_error"]);
    expect(session.closed).toBeUndefined();
  });
});
