import { once } from "node:events";
import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { describe, expect, expectTypeOf, onTestFinished, test } from "vitest";
import type { Channel } from "../../src/stocks/channels.ts";
import { type AnyRecord, Bar, type BarChannel, Quote, Trade } from "../../src/stocks/records.ts";
import { Codec, type Id, type PlainRecord } from "../../src/wire/index.ts";
import * as any from "../wire/support/arbitraries.ts";
import { decodedRecord, frameOf } from "../wire/support/decoded.ts";

const trade = new Trade("KO", 1_748_872_800, 123_456_789, 9_007_199_254_740_993n, "N", 68.25, 10, ["@"], "A", 5n);

const plainTrade = {
  channel: "trades",
  symbol: "KO",
  timestamp: new Date("2025-06-02T14:00:00.123Z"),
  timestampNs: 1_748_872_800_123_456_789n,
  seconds: 1_748_872_800,
  nanos: 123_456_789,
  id: 9_007_199_254_740_993n,
  exchange: "N",
  price: 68.25,
  size: 10,
  conditions: ["@"],
  tape: "A",
  receivedNs: 5n,
};

/** Returns every property of a record, accessors included, and no method. */
function everyProperty(record: AnyRecord): Record<string, unknown> {
  const properties: Record<string, unknown> = {};
  for (let from: object | null = record; from !== Object.prototype; from = Object.getPrototypeOf(from)) {
    if (from === null) throw new Error("expected a record to inherit from Object");
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(from))) {
      if (typeof value !== "function") properties[name] = record[name as keyof AnyRecord]; // a name it has
    }
  }
  return properties;
}

describe("record.toObject()", () => {
  test("the plain copy of a record has channel, symbol, both times and every field, in this order", () => {
    const copy = trade.toObject();
    expect(copy).toStrictEqual(plainTrade);
    expect(Object.keys(copy)).toEqual(Object.keys(plainTrade));
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  });

  test("the plain copy of any record has all its properties as own properties, in both codecs", () => {
    fc.assert(
      fc.property(any.record, fc.constantFrom(Codec.JSON, Codec.MSGPACK), (made, codec) => {
        for (const record of [made, decodedRecord(frameOf(codec, made))]) {
          const copy = record.toObject();
          expect({ ...copy }).toStrictEqual(everyProperty(record));
          expect(Object.keys(copy).slice(0, 2)).toEqual(["channel", "symbol"]);
          expect(copy.channel).toBe(record.channel);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("the plain copy of a record loses nothing when it is spread, assigned or cloned", () => {
    const copy = trade.toObject();
    expect({ source: "iex", ...copy }).toStrictEqual({ source: "iex", ...plainTrade });
    expect(Object.assign({}, copy)).toStrictEqual(plainTrade);
    expect(structuredClone(copy)).toStrictEqual(plainTrade);
  });

  test("plain copies of every type of record reach a worker unchanged", async () => {
    const records = fc.sample(any.record, { numRuns: 200, seed: 8 });
    expect(new Set(records.map(({ channel }) => channel)).size).toBe(10);
    const batch = [trade, ...records].map((record) => record.toObject());
    const echo =
      'const { parentPort } = require("node:worker_threads"); parentPort.once("message", (batch) => parentPort.postMessage({ batch, whole: batch[0].timestampNs + BigInt(batch[0].timestamp.getTime()) + batch[0].id }));';
    const worker = new Worker(echo, { eval: true });
    onTestFinished(async () => void (await worker.terminate()));
    worker.postMessage(batch);
    const [{ batch: back, whole }] = await once(worker, "message");
    expect(back).toStrictEqual(batch);
    expect(back[0]).toStrictEqual(plainTrade);
    expect(whole).toBe(trade.timestampNs + BigInt(trade.timestamp.getTime()) + 9_007_199_254_740_993n);
  });

  test("a change to the plain copy of a record does not change the record", () => {
    const copy: { price: number; timestamp: Date } = trade.toObject();
    copy.price = 0;
    copy.timestamp.setTime(0);
    expect(trade.toObject()).toStrictEqual(plainTrade);
  });

  test("the plain copy of a bar has its channel", () => {
    for (const channel of ["bars", "updatedBars", "dailyBars"] as const) {
      const bar = new Bar(channel, "KO", 0, 0, 1, 2, 0.5, 1.5, 100);
      expect(bar.toObject()).toMatchObject({ channel, tradeCount: undefined, vwap: undefined });
      expect(Object.keys(bar.toObject())).toEqual(
        Object.keys(new Bar(channel, "A", 0, 0, 1, 1, 1, 1, 1, 1, 1).toObject()),
      );
    }
  });

  test("the plain copy of a record has a type of its own", () => {
    const quote = new Quote("KO", 0, 0, "N", 1, 2, "N", 3, 4, [], "A");
    const bar = new Bar("bars", "KO", 0, 0, 1, 2, 0.5, 1.5, 100);
    const record = trade as AnyRecord;
    expectTypeOf(trade.toObject()).toEqualTypeOf<PlainRecord<Trade>>();
    expectTypeOf(trade.toObject().channel).toEqualTypeOf<"trades">();
    expectTypeOf(trade.toObject().id).toEqualTypeOf<Id>();
    expectTypeOf(trade.toObject().timestamp).toEqualTypeOf<Date>();
    expectTypeOf(trade.toObject().timestampNs).toEqualTypeOf<bigint>();
    expectTypeOf(quote.toObject().bidPrice).toEqualTypeOf<number>();
    expectTypeOf(bar.toObject().channel).toEqualTypeOf<BarChannel>();
    expectTypeOf<PlainRecord<Trade>>().not.toHaveProperty("toObject");
    expectTypeOf<PlainRecord<Trade>>().not.toHaveProperty("toJSON");
    expectTypeOf(record.toObject().channel).toEqualTypeOf<Channel>();
    const copy: PlainRecord<AnyRecord> = record.toObject();
    expectTypeOf<Extract<PlainRecord<AnyRecord>, { channel: "trades" }>>().toEqualTypeOf<PlainRecord<Trade>>();
    if (copy.channel === "trades") expectTypeOf(copy.price).toEqualTypeOf<number>();
    expect(copy.channel).toBe("trades");
  });
});

describe("the JSON of records", () => {
  test("the JSON of any record begins with its channel and symbol", () => {
    fc.assert(
      fc.property(any.record, (record) => {
        const parsed = JSON.parse(JSON.stringify(record));
        expect(Object.keys(parsed).slice(0, 3)).toEqual(["channel", "symbol", "timestamp"]);
        expect(parsed).toMatchObject({ channel: record.channel, symbol: record.symbol });
      }),
      { numRuns: 500 },
    );
  });

  test("the JSON of a record has every field of the plain copy, with big integers and the time as strings", () => {
    const { seconds: _, nanos: __, timestampNs: ___, ...fields } = plainTrade;
    const expected = {
      ...fields,
      timestamp: "2025-06-02T14:00:00.123456789Z",
      id: "9007199254740993",
      receivedNs: "5",
    };
    expect(JSON.parse(JSON.stringify(trade))).toStrictEqual(expected);
    expect(JSON.parse(JSON.stringify({ batch: [trade] }))).toStrictEqual({ batch: [expected] });
  });
});
