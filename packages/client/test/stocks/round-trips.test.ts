import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AnyRecord, TradingStatus } from "../../src/stocks/records.ts";
import { STOCK_SCHEMA } from "../../src/stocks/stock-schema.ts";
import { Codec, FrameBuilder, FrameDecoder, FrameEncoder, formatTimestamp } from "../../src/wire/index.ts";
import * as any from "../wire/support/arbitraries.ts";
import { decoded, decodedRaw, decodedRecord, frameOf, json } from "../wire/support/decoded.ts";
import { independentlyDecoded, independentlyEncoded, wireTime } from "../wire/support/independent-msgpack.ts";

const codecs = [Codec.MSGPACK, Codec.JSON];

describe.each(codecs)("stock messages in %s", (codec) => {
  test(`[G50] [G51] any stock record encoded in ${codec} decodes to an equal one`, () => {
    fc.assert(
      fc.property(any.record, (record) => {
        expect(decodedRecord(frameOf(codec, record))).toStrictEqual(record);
      }),
      { numRuns: 700 },
    );
  });

  test(`any frame of stock records in ${codec} decodes to equal records in the same order`, () => {
    fc.assert(
      fc.property(fc.array(any.record, { maxLength: 40 }), (records) => {
        expect(decoded(frameOf(codec, ...records))).toStrictEqual({ messages: records, faults: [] });
      }),
      { numRuns: 200 },
    );
  });

  test(`any server control message in ${codec} decodes to an equal one`, () => {
    fc.assert(
      fc.property(any.serverMessage, (message) => {
        const frame = new FrameEncoder(codec, STOCK_SCHEMA).serverFrame(message);
        expect(decoded(frame)).toEqual({ messages: [message], faults: [] });
      }),
      { numRuns: 500 },
    );
  });

  test(`any client message in ${codec} decodes to an equal one`, () => {
    fc.assert(
      fc.property(any.clientMessage, (message) => {
        const frame = new FrameEncoder(codec, STOCK_SCHEMA).clientFrame(message);
        expect(new FrameDecoder(STOCK_SCHEMA).decodeClient(frame)).toEqual([message]);
      }),
      { numRuns: 500 },
    );
  });

  test.each([0, 1, 15, 16, 65_535, 65_536])(`a frame of ${codec} holds %i records`, (count) => {
    const [record] = fc.sample(any.trade, { numRuns: 1, seed: 7 });
    if (record === undefined) throw new Error("no sample");
    const encoded = new FrameEncoder(codec, STOCK_SCHEMA).record(record);
    const builder = new FrameBuilder(codec);
    for (let index = 0; index < count; index++) builder.add(encoded);
    expect(builder.count).toBe(count);
    const frame = builder.take();
    expect(builder.count).toBe(0);
    expect(builder.byteLength).toBe(0);
    expect(decoded(frame).messages).toHaveLength(count);
  });

  test(`consecutive frames of a ${codec} encoder share no bytes`, () => {
    const [first, second] = fc.sample(any.record, { numRuns: 2, seed: 11 });
    if (first === undefined || second === undefined) throw new Error("no samples");
    const encoder = new FrameEncoder(codec, STOCK_SCHEMA);
    const builder = new FrameBuilder(codec);
    builder.add(encoder.record(first));
    const frame = builder.take();
    builder.add(encoder.record(second));
    builder.take();
    expect(decodedRecord(frame)).toStrictEqual(first);
  });

  test(`a frame of a ${codec} encoder does not change when the encoder writes more`, () => {
    const encoder = new FrameEncoder(codec, STOCK_SCHEMA);
    const wordy = new TradingStatus("A", 1_763_130_600, 0, "H", "é".repeat(9_000), "T12", "n".repeat(700), "C");
    const records = [wordy, ...fc.sample(any.record, { numRuns: 300, seed: 12 })];
    const written = records.map((record, index) => {
      const some = records.slice(index, index + (index % 50));
      encoder.record(record); // not added to a frame: the next frame may reuse its bytes
      return { some, frame: encoder.frame(some), ack: encoder.serverFrame({ type: "success", message: "connected" }) };
    });
    for (const { some, frame, ack } of written) {
      expect(decoded(frame)).toStrictEqual({ messages: some, faults: [] });
      expect(decoded(ack).messages).toStrictEqual([{ type: "success", message: "connected" }]);
    }
    const distinct = new Set(written.map(({ frame }) => frame.buffer));
    expect(distinct.size).toBeLessThan(written.length / 2);
  });
});

describe("JSON compared with msgpack", () => {
  test("[R18] a stock record is the same whether it was received as JSON or as msgpack", () => {
    fc.assert(
      fc.property(any.record, (record) => {
        expect(decodedRecord(frameOf(Codec.JSON, record))).toStrictEqual(decodedRecord(frameOf(Codec.MSGPACK, record)));
      }),
      { numRuns: 500 },
    );
  });

  // JSON writes a double beyond 2^53 as it does an integer, so raw mode has a `bigint` for it. No size is that large.
  const hasNoHugeNumber = (record: AnyRecord): boolean =>
    Object.values(record).every((value) => typeof value !== "number" || Math.abs(value) < 2 ** 53);

  test("[R18] a raw stock record is the same whether it was received as JSON or as msgpack", () => {
    fc.assert(
      fc.property(any.record.filter(hasNoHugeNumber), (record) => {
        expect(decodedRaw(frameOf(Codec.JSON, record))).toStrictEqual(decodedRaw(frameOf(Codec.MSGPACK, record)));
      }),
      { numRuns: 500 },
    );
  });

  test("an independent msgpack decoder and JSON.parse read the same from encoded stock records", () => {
    fc.assert(
      fc.property(any.record, (record) => {
        const [ofMsgpack] = independentlyDecoded(frameOf(Codec.MSGPACK, record)) as object[]; // a frame of one map
        const [ofJson] = JSON.parse(new TextDecoder().decode(frameOf(Codec.JSON, record))) as object[]; // likewise
        expect(asJson(ofMsgpack)).toEqual(ofJson);
      }),
      { numRuns: 700 },
    );
  });
});

/** Converts a value of the independent decoder to that of JSON: times as strings, `bigint`s as the nearest number. */
function asJson(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(asJson);
  if (typeof value !== "object" || value === null) return value;
  if ("sec" in value && "nsec" in value) return formatTimestamp(Number(value.sec), Number(value.nsec));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asJson(item)]));
}

/** Returns a record's wire keys and values, its time as an extension of the independent encoder. */
function wireEntries(record: AnyRecord): [string, unknown][] {
  const [raw] = decodedRaw(frameOf(Codec.MSGPACK, record)).records;
  const time = wireTime(record.seconds, record.nanos);
  return Object.entries(raw ?? {})
    .filter(([key]) => key !== "r")
    .map(([key, value]) => [key, key === "t" ? time : value]);
}

/** Returns the record without the receive time, which {@link wireEntries} leaves out. */
function withoutReceived(record: AnyRecord): object {
  return "receivedNs" in record ? { ...record, receivedNs: undefined } : { ...record };
}

describe("messages of other encoders", () => {
  const shuffled = any.record.chain((record) => {
    const entries = wireEntries(record);
    return fc
      .shuffledSubarray(entries, { minLength: entries.length })
      .map((inAnyOrder) => ({ record, entries: inAnyOrder }));
  });

  test("[R17] keys of a msgpack message may come in any order", () => {
    fc.assert(
      fc.property(shuffled, ({ record, entries }) => {
        const frame = independentlyEncoded([Object.fromEntries(entries)]);
        expect({ ...decodedRecord(frame) }).toEqual(withoutReceived(record));
      }),
      { numRuns: 700 },
    );
  });

  test("[R17] keys of a JSON message may come in any order, with white space between them", () => {
    fc.assert(
      fc.property(shuffled, ({ record, entries }) => {
        const parts = entries.map(([key, value]) => `"${key}" :\t${jsonOf(key === "t" ? timeOf(record) : value)}`);
        expect({ ...decodedRecord(json(` [\r\n{ ${parts.join(" , ")} } ]\n`)) }).toEqual(withoutReceived(record));
      }),
      { numRuns: 700 },
    );
  });

  test("[G49] unknown keys with any values do not change a record", () => {
    const unknownKey = fc
      .string({ unit: "grapheme-ascii" })
      .filter((key) => !/^(T|S|t|z|x|i|p|s|c|r|u|d|a|o|h|l|v|n|vw|[ba][xps]|[sr][cm]|[oc][ipsc])$/.test(key));
    const extras = fc.dictionary(unknownKey, fc.jsonValue({ maxDepth: 5 }), { maxKeys: 5, noNullPrototype: true });
    fc.assert(
      fc.property(any.record, extras, fc.nat(), (record, unknown, position) => {
        const entries = wireEntries(record);
        entries.splice(position % (entries.length + 1), 0, ...Object.entries(unknown));
        const frame = independentlyEncoded([Object.fromEntries(entries)]);
        expect({ ...decodedRecord(frame) }).toEqual(withoutReceived(record));
        const parts = entries.map(
          ([key, value]) => `${JSON.stringify(key)}:${jsonOf(key === "t" ? timeOf(record) : value)}`,
        );
        expect({ ...decodedRecord(json(`[{${parts.join(",")}}]`)) }).toEqual(withoutReceived(record));
      }),
      { numRuns: 700 },
    );
  });
});

function timeOf(record: AnyRecord): string {
  return formatTimestamp(record.seconds, record.nanos);
}

/** Writes JSON with `bigint`s as integers, for which JSON.stringify throws. */
function jsonOf(value: unknown): string {
  return typeof value === "bigint" ? value.toString() : JSON.stringify(value);
}
