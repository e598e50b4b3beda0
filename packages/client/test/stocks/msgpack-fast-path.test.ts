import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MsgpackFastPath } from "../../src/stocks/msgpack-fast-path.ts";
import { Quote, Trade } from "../../src/stocks/records.ts";
import { Codec } from "../../src/wire/index.ts";
import { decoded, frameOf, joined } from "../wire/support/decoded.ts";
import { independentlyEncoded } from "../wire/support/independent-msgpack.ts";

/** A key and its value, as bytes. */
type Entry = Uint8Array;

const text = (value: string): Uint8Array => independentlyEncoded(value);
const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
const time = bytes(0xd7, 0xff, 0x1d, 0x6f, 0x34, 0x54, 0x67, 0x76, 0xa8, 0x70);
const double = (value: number): Uint8Array => {
  const encoded = new Uint8Array(9);
  encoded[0] = 0xcb;
  new DataView(encoded.buffer).setFloat64(1, value);
  return encoded;
};

/** What stands for no value. */
const nothing = [
  bytes(0xc0),
  double(Number.NaN),
  double(Number.POSITIVE_INFINITY),
  double(Number.NEGATIVE_INFINITY),
  bytes(0xca, 0x7f, 0xc0, 0, 0),
];

/** Values as servers write them, and odd ones beside them. */
const symbols = [...["A", "AAPL", "BRK.B", "ABCDEFGH", "ABCDEFGHI", "é", "", "\0"].map(text), ...nothing];
const letters = [text("V"), text(" "), text(""), text("XX"), text("é"), bytes(0xa1, 0xff), ...nothing];
const prices = [double(243.18), double(0), double(-0), double(-1), bytes(7), ...nothing];
const counts = [
  bytes(1),
  bytes(0xcc, 200),
  bytes(0xcd, 1, 2),
  bytes(0xce, 0xff, 1, 2, 3),
  bytes(0xff),
  double(2),
  ...nothing,
];
const ids = [
  ...counts,
  bytes(0xcf, 0, 0x1f, 255, 255, 255, 255, 255, 255),
  bytes(0xcf, 0, 0x20, 0, 0, 0, 0, 0, 1),
  bytes(0xd3, 0, 0, 0, 0, 0, 0, 0, 9),
];
const conditions = [["@"], ["@", "I"], ["a", "b", "c", "d"], ["a", "b", "c", "d", "e"], [], ["CAP"], ["é"]]
  .map((list) => joined([0x90 + list.length], ...list.map(text)))
  .concat([text("R"), bytes(0xdc, 0, 1, 0xa1, 0x40), bytes(0x92, 0xc0, 0xa1, 0x40), ...nothing]);
const times = [
  time,
  bytes(0xd6, 0xff, 0x67, 0x76, 0xa8, 0x70),
  bytes(0xd7, 0xff, 0xff, 0xff, 0xff, 0xfc, 0, 0, 0, 1), // more nanoseconds than a second has
  bytes(0xd7, 0xff, 0, 0, 0, 3, 0xff, 0xff, 0xff, 0xff),
  bytes(0xd7, 0x05, 0, 0, 0, 0, 0, 0, 0, 1),
  text("2025-01-02T15:00:00.5Z"),
  text("2025-01-02 10:00-05"),
  ...nothing,
];

/** Mostly the first value, which is as usual. */
function oneOf(key: string, values: readonly Uint8Array[]): fc.Arbitrary<Entry> {
  const [first = bytes(0xc0), ...others] = values;
  return fc
    .oneof({ weight: 12, arbitrary: fc.constant(first) }, ...others.map((value) => fc.constant(value)))
    .map((value) => joined(text(key), value));
}

const SHARED = [oneOf("S", symbols), oneOf("c", conditions), oneOf("t", times), oneOf("z", letters)];
/** What stands around a frame in a buffer: bytes that would go on with it. */
const PADDINGS = [0x00, 0x3a, 0x7f, 0xa1, 0xc0, 0xff];
const QUOTE = ["b", "a"].flatMap((side) => [
  oneOf(`${side}x`, letters),
  oneOf(`${side}p`, prices),
  oneOf(`${side}s`, counts),
]);
const TRADE = [oneOf("i", ids), oneOf("x", letters), oneOf("p", prices), oneOf("s", counts)];

/** The entries of a message in any order, some missing, some twice. */
function entriesOf(fields: readonly fc.Arbitrary<Entry>[]): fc.Arbitrary<Entry[]> {
  const every = fc.tuple(...fields).chain((list) => fc.shuffledSubarray(list, { minLength: list.length }));
  const some = fc.array(fc.oneof(...fields), { maxLength: 14 });
  return fc.oneof({ weight: 3, arbitrary: every }, { weight: 1, arbitrary: some });
}

function messageOf(type: string, entries: readonly Entry[]): Uint8Array {
  const T = joined(text("T"), text(type));
  return joined([0xde, 0, entries.length + 1], T, ...entries);
}

/** With the narrowest header, as servers write it. */
function usualMessageOf(type: string, entries: readonly Entry[]): Uint8Array {
  return joined([0x80 + entries.length + 1], messageOf(type, entries).subarray(3));
}

/** The same frame inside a larger buffer, as a socket hands it on. */
function padded(frame: Uint8Array, padding: number): Uint8Array {
  const buffer = new Uint8Array(frame.length + 20).fill(padding);
  buffer.set(frame, 4);
  return buffer.subarray(4, 4 + frame.length);
}

describe.each([
  ["q", [...SHARED, ...QUOTE]],
  ["t", [...SHARED, ...TRADE]],
])("a message of the type %s", (type, fields) => {
  test("is the same whether it is read in one go or key by key", () => {
    fc.assert(
      fc.property(entriesOf(fields), fc.constantFrom(...PADDINGS), (entries, padding) => {
        const inOneGo = joined([0x91], usualMessageOf(type, entries));
        const keyByKey = joined([0x91], messageOf(type, entries));
        const expected = decoded(keyByKey);
        expect(decoded(inOneGo)).toEqual(expected);
        for (const frame of [inOneGo, keyByKey]) expect(decoded(padded(frame, padding))).toEqual(expected);
      }),
      { numRuns: 20_000 },
    );
  });
});

describe("what servers write", () => {
  const quote = new Quote("AAPL", 1_735_830_000, 123_456_789, "V", 243.1, 100, "Q", 243.2, 70_000, ["R"], "C");
  const trade = new Trade("BRK.B", 1_735_830_000, 1, 71_675_247_000_001, "V", 450.25, 300, ["@", "I"], "B");

  test.each([["a quote", quote] as const, ["a trade", trade] as const])("is read in one go: %s", (_, record) => {
    const frame = frameOf(Codec.MSGPACK, record);
    const read: unknown[] = [];
    const usual = new MsgpackFastPath();
    const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
    expect(usual.read(frame, view, 1, frame.length, { record: (...args) => read.push(args) })).toBe(true);
    expect(usual.end).toBe(frame.length);
    expect(read).toEqual([[record, record.channel, record.symbol, expect.any(Number), record.seconds, record.nanos]]);
  });
});
