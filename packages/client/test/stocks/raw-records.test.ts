import { describe, expect, test } from "vitest";
import type { Channel } from "../../src/stocks/channels.ts";
import { STOCK_SCHEMA } from "../../src/stocks/stock-schema.ts";
import { FrameDecoder } from "../../src/wire/index.ts";
import { decodedRaw, hex, json } from "../wire/support/decoded.ts";
import { independentlyEncoded, wireTime } from "../wire/support/independent-msgpack.ts";

describe("raw records", () => {
  test("raw records have the keys of the wire, unknown ones too, and the same values in both codecs", () => {
    const fields = { T: "t", S: "KO", i: 5, p: 68.25, s: 10, c: ["@"], z: "A", future: { deep: [1, null, true, "x"] } };
    const { records } = decodedRaw(json(`[${JSON.stringify({ ...fields, t: "2025-06-02T14:00:00.123456789Z" })}]`));
    expect(records).toEqual([{ ...fields, t: "2025-06-02T14:00:00.123456789Z" }]);
    const time = wireTime(1_748_872_800, 123_456_789);
    expect(decodedRaw(independentlyEncoded([{ ...fields, t: time }])).records).toEqual(records);
  });

  test("raw records keep nine decimals of t and r, without trailing zeros, as on the wire", () => {
    const entry = { T: "t", S: "KO", t: wireTime(1_748_872_800, 900), r: wireTime(1_748_872_800, 500_000_000) };
    expect(decodedRaw(independentlyEncoded([entry])).records).toMatchObject([
      { t: "2025-06-02T14:00:00.0000009Z", r: "2025-06-02T14:00:00.5Z" },
    ]);
  });

  test("raw records keep ids beyond 2^53 as bigint in both codecs", () => {
    const expected = [{ i: 9_007_199_254_740_993n }];
    const inJson = `[{"T":"t","S":"KO","i":9007199254740993,"t":"2025-06-02T14:00:00Z"}]`;
    expect(decodedRaw(json(inJson)).records).toMatchObject(expected);
    const entry = { T: "t", S: "KO", i: 9_007_199_254_740_993n, t: wireTime(1_748_872_800, 0) };
    expect(decodedRaw(independentlyEncoded([entry])).records).toMatchObject(expected);
  });

  test("[V13] raw records keep extensions other than timestamps as bytes", () => {
    const { records } = decodedRaw(hex("91 84 a154 a169 a153 a141 a174 d6ff683dae60 a179 d405 2a"));
    expect(records).toEqual([{ T: "i", S: "A", t: "2025-06-02T14:00:00Z", y: hex("d4052a") }]);
  });

  test("a raw record with two different types is lost and reported", () => {
    const record = (rest: string) => json(`[{"T":"i","S":"A","t":"2025-06-02T14:00:00Z"${rest}}]`);
    expect(decodedRaw(record(',"T":"i"')).records).toHaveLength(1);
    for (const other of ['"q"', "1", "null"]) {
      expect(decodedRaw(record(`,"T":${other}`))).toEqual({ records: [], faults: ["bad_message"] });
    }
  });

  test("a raw record with a symbol longer than 32 bytes is lost and reported", () => {
    const record = (symbol: string) => json(`[{"T":"i","S":"${symbol}","t":"2025-06-02T14:00:00Z"}]`);
    expect(decodedRaw(record("A".repeat(32))).records).toHaveLength(1);
    expect(decodedRaw(record("A".repeat(33)))).toEqual({ records: [], faults: ["bad_message"] });
  });

  test("raw records are passed to the sink with channel, symbol, seconds and nanoseconds", () => {
    const calls: [Channel, string, number, number, number][] = [];
    const sink = {
      record: (_: unknown, ...rest: [Channel, string, number, number, number]) => calls.push(rest),
      control: () => {},
      fault: (error: Error) => {
        throw error;
      },
    };
    const frame = json(
      `[{"T":"x","S":"KO","t":"2025-06-02T14:00:00.5Z"},{"T":"u","S":"A","t":"2025-06-02T09:00:00-05:00"}]`,
    );
    new FrameDecoder(STOCK_SCHEMA).decode(frame, sink, true);
    expect(calls).toEqual([
      ["cancelErrors", "KO", expect.any(Number), 1_748_872_800, 500_000_000],
      ["updatedBars", "A", expect.any(Number), 1_748_872_800, 0],
    ]);
  });

  test("raw records keep null and numbers that are not finite, in both codecs", () => {
    const fields = {
      T: "q",
      S: "KO",
      bp: null,
      bs: Number.NaN,
      ap: Number.POSITIVE_INFINITY,
      as: -1,
      c: null,
      r: null,
    };
    const raw = { ...fields, y: [Number.NEGATIVE_INFINITY], t: "2025-06-02T14:00:00Z" };
    const inJson = `[{"T":"q","S":"KO","bp":null,"bs":NaN,"ap":Infinity,"as":-1,"c":null,"r":null,"y":[-Infinity],"t":"2025-06-02T14:00:00Z"}]`;
    expect(decodedRaw(json(inJson))).toEqual({ records: [raw], faults: [] });
    expect(decodedRaw(independentlyEncoded([raw]))).toEqual({ records: [raw], faults: [] });
  });

  test.each([
    ["none", {}],
    ["null", { t: null }],
    ["NaN", { t: Number.NaN }],
    ["a string that is no time", { t: "today" }],
    ["an empty string", { t: "" }],
    ["a time that ends with another letter than Z", { t: "2025-06-02T14:00:00.123456789€" }],
    ["a number", { t: 1_748_872_800 }],
    ["an array", { t: ["2025-06-02T14:00:00Z"] }],
    ["one in the year 10000", { t: "9999-12-31T23:59:59-00:01" }],
  ])("raw records keep a time that cannot be read: %s", (_, time) => {
    const raw = { T: "t", S: "KO", p: 68.25, ...time };
    const text = JSON.stringify(raw).replace('"t":null', `"t":${"t" in time ? time.t : ""}`);
    for (const frame of [json(`[${text}]`), independentlyEncoded([raw])]) {
      const times: number[][] = [];
      const records: unknown[] = [];
      const sink = {
        record: (record: unknown, _channel: Channel, _symbol: string, _number: number, ...time: number[]) => {
          records.push(record);
          times.push(time);
        },
        control: () => {},
        fault: (error: Error) => {
          throw error;
        },
      };
      const decoder = new FrameDecoder(STOCK_SCHEMA);
      decodedRaw(json('[{"T":"i","S":"KO","t":"2025-06-02T14:00:00.123456789Z"}]')); // must leave nothing behind
      decoder.decode(frame, sink, true);
      expect(records).toEqual([raw]);
      expect(times).toEqual([[Number.NaN, 0]]);
    }
  });

  test.each([
    ["more nanoseconds than a second has", "d7ff ee6b2800 00000000"],
    ["a year outside of RFC 3339", "c70cff 00000000 7fffffffffffffff"],
    ["8 bytes in the variable form", "c708ff 0000000000000000"],
    ["1 byte", "d4ff00"],
  ])("raw records keep a timestamp that cannot be read as bytes: %s", (_, extension) => {
    const { records, faults } = decodedRaw(hex(`91 84 a154 a169 a153 a141 a174 ${extension} a172 ${extension}`));
    expect(records).toEqual([{ T: "i", S: "A", t: hex(extension), r: hex(extension) }]);
    expect(faults).toEqual([]);
  });

  test.each([
    ["no symbol", `{"T":"t","t":"2025-06-02T14:00:00Z"}`],
    ["an empty symbol", `{"T":"t","S":"","t":"2025-06-02T14:00:00Z"}`],
    ["a symbol that is not a string", `{"T":"t","S":1,"t":"2025-06-02T14:00:00Z"}`],
    ["null as its symbol", `{"T":"t","S":null,"t":"2025-06-02T14:00:00Z"}`],
  ])("a raw record with %s loses itself alone", (_, message) => {
    const { records, faults } = decodedRaw(json(`[${message},{"T":"t","S":"KO","t":"2025-06-02T14:00:00Z"}]`));
    expect(records).toHaveLength(1);
    expect(faults).toEqual(["bad_message"]);
  });
});
