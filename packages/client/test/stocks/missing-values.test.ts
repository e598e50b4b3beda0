import { describe, expect, test } from "vitest";
import { type AnyRecord, Bar, Quote, Trade } from "../../src/stocks/records.ts";
import { STOCK_SCHEMA } from "../../src/stocks/stock-schema.ts";
import { Codec, FrameDecoder, type ServerMessage } from "../../src/wire/index.ts";
import {
  decoded,
  decodedRaw,
  decodedRecord,
  hex,
  joined,
  json,
  frameOf as recordFrame,
} from "../wire/support/decoded.ts";
import { independentlyEncoded, wireTime } from "../wire/support/independent-msgpack.ts";

/** A record's fields by their keys on the wire; each codec writes its own form of the time. */
type Fields = Readonly<Record<string, unknown>>;

const bar = { S: "A", o: 1, h: 2, l: 0.5, c: 1.5, v: 10, n: 3, vw: 1.25, t: "time" };

/** Every type of record with every field that it has. */
const RECORDS: readonly Fields[] = [
  { T: "t", S: "A", i: 1, x: "V", p: 1.5, s: 2, c: ["@"], z: "C", t: "time", r: "time" },
  { T: "q", S: "A", bx: "V", bp: 1, bs: 2, ax: "Q", ap: 2, as: 3, c: ["R"], z: "C", t: "time", r: "time" },
  { T: "b", ...bar },
  { T: "u", ...bar },
  { T: "d", ...bar },
  { T: "s", S: "A", sc: "H", sm: "Halt", rc: "T12", rm: "News", z: "C", t: "time" },
  { T: "l", S: "A", u: 2, d: 1, i: "B", z: "C", t: "time" },
  { T: "i", S: "A", p: 1.5, z: "C", t: "time" },
  { T: "c", S: "A", x: "V", oi: 1, op: 1, os: 1, oc: ["@"], ci: 2, cp: 2, cs: 2, cc: ["I"], z: "C", t: "time" },
  { T: "x", S: "A", i: 1, x: "V", p: 1.5, s: 2, a: "C", z: "C", t: "time" },
];

/** The required keys of each type of record, besides the type. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  t: ["S", "t", "p"],
  q: ["S", "t"],
  b: ["S", "t", "o", "h", "l", "c"],
  u: ["S", "t", "o", "h", "l", "c"],
  d: ["S", "t", "o", "h", "l", "c"],
  s: ["S", "t"],
  l: ["S", "t", "u", "d"],
  i: ["S", "t", "p"],
  c: ["S", "t", "op", "cp"],
  x: ["S", "t", "p"],
};

/** Values that stand for no value in any field. */
const NOTHING = [null, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

/** Strings that stand for no value in place of a number, as Jackson and protobuf write them. */
const NO_NUMBER = ["", "NaN", "Infinity", "-Infinity", "nan", "-inf"];

function nothingsFor(value: unknown): unknown[] {
  if (typeof value === "number") return [...NOTHING, ...NO_NUMBER];
  return value === "time" ? [...NOTHING, ""] : NOTHING;
}

/** Returns a message in one codec, as other encoders write it. */
function encoded(codec: Codec, fields: Fields): Uint8Array {
  if (codec === Codec.JSON) {
    const spelt = (value: unknown): string => {
      if (value === "time") return '"2025-06-02T14:00:00.5Z"';
      return typeof value === "number" ? String(value) : JSON.stringify(value);
    };
    return json(`{${Object.entries(fields).map(([key, value]) => `"${key}":${spelt(value)}`)}}`);
  }
  const time = wireTime(1_748_872_800, 500_000_000);
  const entries = Object.entries(fields).map(([key, value]) => [key, value === "time" ? time : value]);
  return independentlyEncoded(Object.fromEntries(entries));
}

function frameOf(codec: Codec, ...messages: readonly Fields[]): Uint8Array {
  const parts = messages.map((message) => encoded(codec, message));
  if (codec === Codec.MSGPACK) return joined([0x90 + parts.length], ...parts);
  return json(`[${parts.map((part) => new TextDecoder().decode(part)).join()}]`);
}

/** Decodes a frame to its messages and the descriptions of its faults. */
function readingOf(frame: Uint8Array): { messages: (AnyRecord | ServerMessage)[]; faults: string[] } {
  const messages: (AnyRecord | ServerMessage)[] = [];
  const faults: string[] = [];
  new FrameDecoder(STOCK_SCHEMA).decode(frame, {
    record: (record) => messages.push(record as AnyRecord), // typed records, because raw ones were not asked for
    control: (message) => messages.push(message),
    fault: (error) => faults.push(`${error.code}: ${error.message}`),
  });
  return { messages, faults };
}

const cases = [Codec.MSGPACK, Codec.JSON].flatMap((codec) =>
  RECORDS.flatMap((fields) =>
    Object.keys(fields)
      .filter((key) => key !== "T")
      .map((key) => ({ codec, fields, key, isRequired: REQUIRED[String(fields.T)]?.includes(key) ?? false })),
  ),
);

describe("keys without a value", () => {
  const next = { T: "i", S: "NEXT", p: 1, t: "time" };

  test.each(cases)(
    "the key $key without a value in a record $fields.T in $codec is the same as a missing key",
    ({ codec, fields, key, isRequired }) => {
      const { [key]: _, ...without } = fields;
      const missing = readingOf(frameOf(codec, without, next));
      expect(missing.messages).toHaveLength(isRequired ? 1 : 2);
      expect(missing.messages.at(-1)).toMatchObject({ symbol: "NEXT" });
      expect(missing.faults).toEqual(isRequired ? [expect.stringContaining("bad_message: expected")] : []);
      for (const nothing of nothingsFor(fields[key])) {
        expect(readingOf(frameOf(codec, { ...fields, [key]: nothing }, next))).toStrictEqual(missing);
      }
    },
  );

  test.each([Codec.MSGPACK, Codec.JSON])(
    "null for all optional keys of a record in %s is the same as their absence",
    (codec) => {
      for (const fields of RECORDS) {
        const isRequired = (key: string): boolean =>
          key === "T" || (REQUIRED[String(fields.T)]?.includes(key) ?? false);
        const required = Object.fromEntries(Object.entries(fields).filter(([key]) => isRequired(key)));
        const nulls = Object.fromEntries(
          Object.entries(fields).map(([key, value]) => [key, isRequired(key) ? value : null]),
        );
        expect(readingOf(frameOf(codec, nulls))).toStrictEqual(readingOf(frameOf(codec, required)));
        expect(readingOf(frameOf(codec, nulls)).faults).toEqual([]);
      }
    },
  );
});

describe.each([Codec.MSGPACK, Codec.JSON])("missing values in %s", (codec) => {
  const read = (fields: Fields): AnyRecord => decodedRecord(frameOf(codec, fields));

  test(`a price of a quote without a value in ${codec} is 0: the side has no active order`, () => {
    const quote = { T: "q", S: "A", bp: null, bs: null, ap: Number.NaN, as: Number.NaN, t: "time" };
    expect(read(quote)).toMatchObject({ bidPrice: 0, bidSize: 0, askPrice: 0, askSize: 0 });
  });

  test(`the trade count and vwap of a bar without values in ${codec} are undefined`, () => {
    expect(read({ T: "b", ...bar, n: null, vw: Number.NaN })).toMatchObject({ tradeCount: undefined, vwap: undefined });
  });

  test(`a receive time without a value in ${codec} is undefined`, () => {
    const trade = { T: "t", S: "A", p: 1, t: "time" };
    expect(read({ ...trade, r: null })).toHaveProperty("receivedNs", undefined);
    expect(read({ ...trade, r: Number.NaN })).toHaveProperty("receivedNs", undefined);
  });

  test.each(["yesterday", "NaT", 0, 1_748_872_800_000, true, [1], {}])(
    `a receive time of %j in ${codec} is undefined, and loses no record`,
    (r) => {
      expect(read({ T: "t", S: "A", r, p: 1, t: "time" })).toMatchObject({ price: 1, receivedNs: undefined });
      expect(read({ T: "q", S: "A", r, bp: 1, t: "time" })).toMatchObject({ bidPrice: 1, receivedNs: undefined });
    },
  );

  test(`an empty string in place of conditions in ${codec} is an empty array`, () => {
    expect(read({ T: "t", S: "A", p: 1, c: "", t: "time" })).toMatchObject({ conditions: [] });
  });

  test(`null among conditions in ${codec} is an empty string, so that the others keep their places`, () => {
    expect(read({ T: "q", S: "A", c: [null, "R"], t: "time" })).toMatchObject({ conditions: ["", "R"] });
    expect(read({ T: "t", S: "A", p: 1, c: ["@", null], t: "time" })).toMatchObject({ conditions: ["@", ""] });
  });

  test(`a negative size in ${codec} is an error`, () => {
    const trade = { T: "t", S: "A", p: 1, s: -1, t: "time" };
    expect(decoded(frameOf(codec, trade)).faults).toEqual(["bad_message"]);
  });

  test(`unknown keys and types without values in ${codec} lose no record`, () => {
    const record = { T: "i", S: "A", p: 1, t: "time", y: null, ya: Number.NaN, yb: Number.NEGATIVE_INFINITY };
    expect(decoded(frameOf(codec, { T: "o", a: Number.NaN }, record))).toMatchObject({
      messages: [{ symbol: "A" }],
      faults: [],
    });
  });
});

test.each(["NaN", "-Infinity", "null"])("%s in place of a message in JSON loses itself alone", (word) => {
  const record = '{"T":"i","S":"A","p":1,"t":"2025-06-02T14:00:00Z","y":[NaN,{"z":-Infinity}]}';
  expect(decoded(json(`[${word},${record}]`))).toMatchObject({ messages: [{ symbol: "A" }], faults: ["bad_message"] });
});

/** The extension by which msgpackr writes `undefined`. */
const UNDEFINED = "d40000";

test("JavaScript's undefined, as msgpackr writes it, is no value in msgpack", () => {
  const head = `91 86 a154 a174 a153 a141 a170 01`; // T, S and p of a trade
  for (const key of ["a169", "a173", "a163", "a178", "a17a", "a172"]) {
    const frame = hex(`${head} ${key} ${UNDEFINED} a174 d6ff683dae60 a179 ${UNDEFINED}`);
    expect(decoded(frame)).toMatchObject({ messages: [{ symbol: "A", price: 1, size: 0, id: 0 }], faults: [] });
  }
  expect(decoded(hex(`91 84 a154 a174 a153 a141 a170 ${UNDEFINED} a174 d6ff683dae60`)).faults).toEqual(["bad_message"]);
  const raw = decodedRaw(hex(`91 84 a154 a174 a153 a141 a170 ${UNDEFINED} a174 ${UNDEFINED}`));
  expect(raw.records).toEqual([{ T: "t", S: "A", p: undefined, t: undefined }]);
});

test("a NaN of any bits is no value in msgpack", () => {
  for (const nan of ["cb7ff8000000000000", "cbfff8000000000000", "cb7ff0000000000001", "ca7fc00000", "caffc00001"]) {
    const frame = hex(`91 84 a154 a171 a153 a141 a26270 ${nan} a174 d6ff683dae60`);
    expect(decoded(frame)).toMatchObject({ messages: [{ bidPrice: 0 }], faults: [] });
  }
});

describe.each([Codec.MSGPACK, Codec.JSON])("null in a record that is encoded in %s", (codec) => {
  const untyped = null as unknown as number; // a program without types may have it

  test(`a record that is encoded in ${codec} with null as its price is rejected by the decoder`, () => {
    const trade = new Trade("A", 1_748_872_800, 0, 1, "V", untyped, 1, [], "C");
    expect(decoded(recordFrame(codec, trade)).faults).toEqual(["bad_message"]);
  });

  test(`null in an optional field of a record that is encoded in ${codec} decodes as missing`, () => {
    const bar = new Bar("bars", "A", 1_748_872_800, 0, 1, 2, 1, 2, 10, untyped, untyped);
    expect(decodedRecord(recordFrame(codec, bar))).toMatchObject({ tradeCount: undefined, vwap: undefined });
    const quote = new Quote("A", 1_748_872_800, 0, "V", untyped, untyped, "V", untyped, untyped, [], "C");
    expect(decodedRecord(recordFrame(codec, quote))).toMatchObject({ bidPrice: 0, bidSize: 0, askPrice: 0 });
  });
});
