import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { msgpackFastPath } from "../../src/stocks/msgpack-fast-path.ts";
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

/** Values that stand for no value. */
const nothing = [
  bytes(0xc0),
  double(Number.NaN),
  double(Number.POSITIVE_INFINITY),
  double(Number.NEGATIVE_INFINITY),
  bytes(0xca, 0x7f, 0xc0, 0, 0),
];

/** Values as servers write them, and unusual ones. */
const symbols = [...["A", "AAPL", "BRK.B", "ABCDEFGH", "é", "ABCDEFGHIJKLMNOPQ", "", "\0"].map(text), ...nothing];
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

/** Generates mostly the first value, which is as servers write it. */
function oneOf(key: string, values: readonly Uint8Array[]): fc.Arbitrary<Entry> {
  const [first = bytes(0xc0), ...others] = values;
  return fc
    .oneof({ weight: 12 * others.length, arbitrary: fc.constant(first) }, ...others.map((value) => fc.constant(value)))
    .map((value) => joined(text(key), value));
}

/** Generates mostly one of the values that the fast path reads, and others as rarely as {@link oneOf}. */
function anyOf(key: string, values: readonly Uint8Array[], others: readonly Uint8Array[]): fc.Arbitrary<Entry> {
  return fc
    .oneof(
      { weight: 12 * others.length, arbitrary: fc.constantFrom(...values) },
      ...others.map((value) => fc.constant(value)),
    )
    .map((value) => joined(text(key), value));
}

const SYMBOL = anyOf("S", symbols.slice(0, 4), symbols.slice(4));
const CONDITIONS = anyOf("c", conditions.slice(0, 3), conditions.slice(3));
const TIME = oneOf("t", times);
const TAPE = oneOf("z", letters);
const QUOTE = ["b", "a"].flatMap((side) => [
  oneOf(`${side}x`, letters),
  oneOf(`${side}p`, prices),
  anyOf(`${side}s`, counts.slice(0, 4), counts.slice(4)),
]);
const TRADE = [
  anyOf("i", [...counts.slice(0, 4), ids[counts.length] ?? time], ids.slice(4)),
  oneOf("x", letters),
  oneOf("p", prices),
  anyOf("s", counts.slice(0, 4), counts.slice(4)),
];
/** The bytes around a frame in its buffer: each could continue the frame if it were read. */
const PADDINGS = [0x00, 0x3a, 0x7f, 0xa1, 0xc0, 0xff];

/** Generates the entries of a message: in the order of servers, in any order, with missing and repeated ones. */
function entriesOf(fields: readonly fc.Arbitrary<Entry>[]): fc.Arbitrary<Entry[]> {
  const every = fc.tuple(SYMBOL, ...fields, CONDITIONS, TIME, TAPE);
  const asReal = fc.tuple(SYMBOL, ...fields, CONDITIONS, TAPE, TIME);
  const shuffled = every.chain((list) => fc.shuffledSubarray(list, { minLength: list.length }));
  const some = fc.array(fc.oneof(SYMBOL, ...fields, CONDITIONS, TIME, TAPE), { maxLength: 14 });
  return fc.oneof(
    { weight: 4, arbitrary: every },
    { weight: 4, arbitrary: asReal },
    { weight: 1, arbitrary: shuffled },
    { weight: 1, arbitrary: some },
  );
}

const message: fc.Arbitrary<Message> = fc.oneof(
  entriesOf(QUOTE).map((entries) => ({ type: "q", entries })),
  entriesOf(TRADE).map((entries) => ({ type: "t", entries })),
);

interface Message {
  readonly type: string;
  readonly entries: readonly Entry[];
}

/** Returns a message with a wider header than needed, which only the general reader reads. */
function generalMessageOf({ type, entries }: Message): Uint8Array {
  return joined([0xde, 0, entries.length + 1], text("T"), text(type), ...entries);
}

/** Returns a message with the narrowest header, as servers write it. */
function messageOf(one: Message): Uint8Array {
  return joined([0x80 + one.entries.length + 1], generalMessageOf(one).subarray(3));
}

/** Returns a frame of messages inside a larger buffer, as sockets deliver it. */
function padded(messages: readonly Uint8Array[], padding: number): Uint8Array {
  const frame = joined([0x90 + messages.length], ...messages);
  const buffer = new Uint8Array(frame.length + 200).fill(padding);
  buffer.set(frame, 4);
  return buffer.subarray(4, 4 + frame.length);
}

/** Returns the number of records that the fast path reads, one message at a time. */
function fastCount(messages: readonly Uint8Array[], padding: number): number {
  const fastPath = msgpackFastPath?.();
  if (fastPath === undefined) throw new Error("there is no fast path of msgpack");
  let count = 0;
  for (const one of messages) {
    const frame = padded([one], padding);
    const view = new DataView(frame.buffer);
    fastPath.read(view, frame.byteOffset + 1, frame.byteOffset + frame.length, 1, { record: () => count++ }, false);
  }
  return count;
}

test("the fast path and the general reader decode a frame to the same records and faults", () => {
  const FRAMES = 8_000;
  let read = 0;
  let fast = 0;
  fc.assert(
    fc.property(fc.array(message, { minLength: 5, maxLength: 8 }), fc.constantFrom(...PADDINGS), (list, padding) => {
      const messages = list.map(messageOf);
      const expected = decoded(joined([0x90 + list.length], ...list.map(generalMessageOf)));
      for (const frame of [padded(messages, padding), joined([0x90 + list.length], ...messages)]) {
        const actual = decoded(frame);
        if (!isDeepStrictEqual(actual, expected)) expect(actual).toEqual(expected); // `toEqual` takes a hundred times as long
      }
      read += list.length;
      fast += fastCount(messages, padding);
    }),
    { numRuns: FRAMES },
  );
  expect(read).toBeGreaterThanOrEqual(40_000);
  expect(fast / read).toBeGreaterThan(0.2); // a broken fast path reads none
  expect(fast / read).toBeLessThan(0.8); // and if it read all, other forms would be untested
});

const quote = new Quote("AAPL", 1_735_830_000, 123_456_789, "V", 243.1, 100, "Q", 243.2, 70_000, ["R"], "C");
const trade = new Trade("BRK.B", 1_735_830_000, 1, 71_675_247_000_001, "V", 450.25, 300, ["@", "I"], "B");

/** Returns the offset at which a fast path stops in a frame, and the records that it read. */
function readFast(frame: Uint8Array, count: number): { at: number; left: number; records: unknown[] } {
  const records: unknown[] = [];
  const fastPath = msgpackFastPath?.();
  if (fastPath === undefined) throw new Error("there is no fast path of msgpack");
  const view = new DataView(frame.buffer);
  const { byteOffset, length } = frame;
  const sink = { record: (...all: unknown[]): void => void records.push(all) };
  const at = fastPath.read(view, byteOffset + 1, byteOffset + length, count, sink, false);
  return { at: at - byteOffset, left: count - fastPath.count, records };
}

/** The arguments of a sink for a record. */
function handedOn(record: Quote | Trade): unknown[] {
  return [record, record.channel, record.symbol, expect.any(Number), record.seconds, record.nanos];
}

/** Returns the messages of a frame of our encoder. */
function written(...records: readonly (Quote | Trade)[]): Uint8Array[] {
  return records.map((record) => frameOf(Codec.MSGPACK, record).subarray(1));
}

test("the fast path reads a run of quotes and trades as our encoder writes them", () => {
  decoded(frameOf(Codec.MSGPACK, quote, trade)); // symbols and conditions are known from now on
  const frame = padded(written(quote, trade, trade, quote), 0xff);
  expect(readFast(frame, 4)).toEqual({
    at: frame.length,
    left: 0,
    records: [quote, trade, trade, quote].map(handedOn),
  });
});

test("the fast path reads quotes and trades whose tape comes before the time, as in Alpaca's examples of 2023", () => {
  decoded(frameOf(Codec.MSGPACK, quote, trade));
  const swapped = written(quote, trade).map((one) =>
    joined(one.subarray(0, -16), one.subarray(-4), one.subarray(-16, -4)),
  );
  const frame = padded(swapped, 0);
  expect(readFast(frame, 2)).toEqual({ at: frame.length, left: 0, records: [quote, trade].map(handedOn) });
});

test("the fast path leaves a message with a new symbol to the general reader, and reads the next one", () => {
  const fresh = new Quote("NEWSYM", 1_735_830_000, 5, "V", 1, 1, "Q", 2, 1, ["R"], "C");
  const messages = written(quote, fresh, trade);
  const [first = new Uint8Array()] = messages;
  decoded(frameOf(Codec.MSGPACK, quote, trade));
  const frame = padded(messages, 0);
  expect(readFast(frame, 3)).toEqual({ at: 1 + first.length, left: 2, records: [handedOn(quote)] });
  expect(decoded(frame).messages).toEqual([quote, fresh, trade]);
  expect(readFast(frame, 3).left).toBe(0);
});

test("the fast path leaves a truncated message, whatever bytes follow the frame in its buffer", () => {
  decoded(frameOf(Codec.MSGPACK, quote));
  const frame = padded(written(quote, quote), 0);
  const cut = frame.subarray(0, frame.length - 1);
  const { left, records } = readFast(cut, 2);
  expect([left, records.length]).toEqual([1, 1]);
  expect(decoded(cut)).toEqual({ messages: [quote], faults: ["bad_frame"] });
});
