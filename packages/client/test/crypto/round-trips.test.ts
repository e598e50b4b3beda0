import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AnyRecord } from "../../src/crypto/records.ts";
import { Codec, formatTimestamp } from "../../src/wire/index.ts";
import { cryptoRecord } from "../wire/support/arbitraries.ts";
import { CRYPTO, json } from "../wire/support/decoded.ts";
import { independentlyDecoded, independentlyEncoded, wireTime } from "../wire/support/independent-msgpack.ts";

const { decoded, decodedRaw, decodedRecord, frameOf } = CRYPTO;

describe.each([Codec.MSGPACK, Codec.JSON])("crypto records in %s", (codec) => {
  test(`[G54] any frame of crypto records in ${codec} decodes to equal records in the same order`, () => {
    fc.assert(
      fc.property(fc.array(cryptoRecord, { maxLength: 10 }), (records) => {
        expect(decoded(frameOf(codec, ...records))).toStrictEqual({ messages: records, faults: [] });
      }),
      { numRuns: 300 },
    );
  });
});

test("a crypto record, raw or not, is the same whether it was received as JSON or as msgpack", () => {
  fc.assert(
    fc.property(cryptoRecord, (record) => {
      const [inJson, inMsgpack] = [frameOf(Codec.JSON, record), frameOf(Codec.MSGPACK, record)];
      expect(decodedRecord(inJson)).toStrictEqual(decodedRecord(inMsgpack));
      if (hasNoHugeNumber(record)) expect(decodedRaw(inJson)).toStrictEqual(decodedRaw(inMsgpack));
    }),
    { numRuns: 500 },
  );
});

test("an independent msgpack decoder and JSON.parse read the same from encoded crypto records", () => {
  fc.assert(
    fc.property(cryptoRecord, (record) => {
      const [ofMsgpack] = independentlyDecoded(frameOf(Codec.MSGPACK, record)) as object[]; // a frame of one map
      const [ofJson] = JSON.parse(new TextDecoder().decode(frameOf(Codec.JSON, record))) as object[]; // likewise
      expect(asJson(ofMsgpack)).toEqual(ofJson);
    }),
    { numRuns: 500 },
  );
});

test("keys of crypto records may come in any order", () => {
  const shuffled = cryptoRecord.chain((record) => {
    const [raw] = decodedRaw(frameOf(Codec.MSGPACK, record)).records;
    const entries = Object.entries({ ...raw, t: wireTime(record.seconds, record.nanos) });
    return fc.shuffledSubarray(entries, { minLength: entries.length }).map((list) => ({ record, list }));
  });
  fc.assert(
    fc.property(shuffled, ({ record, list }) => {
      expect(decodedRecord(independentlyEncoded([Object.fromEntries(list)]))).toStrictEqual(record);
    }),
    { numRuns: 500 },
  );
});

test("a truncated frame of crypto reports a fault and loses no record before the cut", () => {
  const records = fc.sample(cryptoRecord, { numRuns: 5, seed: 3 });
  for (const codec of [Codec.MSGPACK, Codec.JSON]) {
    const frame = frameOf(codec, ...records);
    for (let length = 1; length < frame.length; length++) {
      const { messages, faults } = decoded(frame.subarray(0, length));
      expect(faults).toEqual(["bad_frame"]);
      expect(messages).toStrictEqual(records.slice(0, messages.length));
    }
  }
});

test.each([
  [
    "an order book of deeply nested levels",
    `[${'{"T":"o","S":"A/B","t":"2024-03-12T10:38:50Z","b":'}${"[".repeat(9_000)}`,
  ],
  ["an order book with a level that is an array", '[{"T":"o","S":"A/B","t":"2024-03-12T10:38:50Z","b":[[1,2]]}]'],
  ["an order book whose side is a string", '[{"T":"o","S":"A/B","t":"2024-03-12T10:38:50Z","a":"x"}]'],
])("%s is reported and yields no record", (_, text) => {
  const { messages, faults } = decoded(json(text));
  expect(messages).toEqual([]);
  expect(faults.length).toBeGreaterThan(0);
});

/** Whether a record has no double beyond 2^53: JSON writes those as it does integers, so raw mode has a `bigint` for them. */
function hasNoHugeNumber(record: AnyRecord): boolean {
  const levels = record.channel === "orderbooks" ? [...record.bids, ...record.asks] : [];
  const values = [record, ...levels].flatMap((object) => Object.values(object));
  return values.every((value) => typeof value !== "number" || Math.abs(value) < 2 ** 53);
}

/** Converts a value of the independent decoder to that of JSON: times as strings, `bigint`s as the nearest number. */
function asJson(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(asJson);
  if (typeof value !== "object" || value === null) return value;
  if ("sec" in value && "nsec" in value) return formatTimestamp(Number(value.sec), Number(value.nsec));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asJson(item)]));
}
