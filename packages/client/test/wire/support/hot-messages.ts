import { Codec } from "../../../src/wire/index.ts";
import { json } from "./decoded.ts";
import { independentlyEncoded, wireTime } from "./independent-msgpack.ts";

/** A value in both codecs. */
export interface Value {
  readonly json: string;
  readonly msgpack: Uint8Array;
}

/** A field of a message: values as servers write them, which the fast paths read, and others. */
export interface HotField {
  readonly key: string;
  readonly usual: (random: Random) => Value;
  readonly others: readonly Value[];
}

/** The fields of a hot record type behind `T`, in wire order. The last two may change places where `swaps`. */
export interface HotType {
  readonly letter: string;
  readonly fields: readonly HotField[];
  readonly swaps: boolean;
}

/** A message: its keys and values, in order. */
export type Message = readonly (readonly [key: string, value: Value])[];

/** A seeded generator of numbers, so that a failure can be repeated: mulberry32. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** An integer of 0 up to `limit`, which is not reached. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  /** True once in `count` times. */
  once(count: number): boolean {
    return this.below(count) === 0;
  }

  oneOf<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T; // lists of tests are not empty
  }
}

/** A value that both codecs write as usual. */
export function value(plain: unknown): Value {
  return { json: JSON.stringify(plain), msgpack: independentlyEncoded(plain) };
}

function double(number: number): Value {
  const msgpack = new Uint8Array(9);
  msgpack[0] = 0xcb;
  new DataView(msgpack.buffer).setFloat64(1, number);
  return { json: String(number), msgpack };
}

/** Values that only one codec has, beside one that the other has. */
const values = (text: string, bytes: readonly number[] | Uint8Array): Value => ({
  json: text,
  msgpack: Uint8Array.from(bytes),
});

/** What stands for no value, and values of other kinds. */
const NOTHING: readonly Value[] = [
  value(null),
  values("NaN", [0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0]),
  values("-Infinity", [0xca, 0xff, 0x80, 0, 0]),
  value(true),
  value({ a: [1, "x"] }),
];

const SYMBOLS = ["A", "F", "AAPL", "BRK.B", "ABCDEFG", "ABCDEFGH", "SUSHI/USD", "ABCDEFGHIJKLMNOP"].map(value);
const LETTERS = ["V", "Q", " ", "C", "z"].map(value);
const CONDITIONS = [["R"], ["@", "I"], [], [" "], ["@", "F", "T", "I"]].map(value);

const OTHER_SYMBOLS: readonly Value[] = [
  ...["ABCDEFGHIJKLMNOPQ", "X".repeat(33), "é", "", "B\0", 'A"B', "A\\B", "A\\"].map(value),
  values('"\\u0041APL"', value("AAPL").msgpack),
  values('"\\/A"', value("/A").msgpack),
  values('"\ud800"', [0xa2, 0xff, 0x41]),
  ...NOTHING,
];
const OTHER_LETTERS: readonly Value[] = [
  ...["", "XX", "é", '"', "\\", "\u0001"].map(value),
  values('"\\u0056"', [0xa1, 0xff]),
  ...NOTHING,
];
const OTHER_NUMBERS: readonly Value[] = [
  double(-1),
  values("-0", double(-0).msgpack),
  value(7),
  double(0.30000000000000004),
  values("1e2", [0xca, 0x42, 0xc8, 0, 0]),
  values("01", [0xd0, 5]),
  values("5.", [0xd3, 0, 0, 0, 0, 0, 0, 0, 9]),
  values(".5", [0xff]),
  values("1.2.3", [0xcf, 0, 0x1f, 255, 255, 255, 255, 255, 255]),
  values("1234567890", [0xcf, 0, 0x20, 0, 0, 0, 0, 0, 1]),
  values("123456789.5", [0xcf, 0xff, 0, 0, 0, 0, 0, 0, 1]),
  values("00.5", [0xc4, 1, 5]),
  values('"5"', [0xa1, 0x35]),
  values("12345678901234567890123", [0xce, 0xff, 1, 2, 3]),
  ...NOTHING,
];
const OTHER_CONDITIONS: readonly Value[] = [
  ...[["a", "b", "c", "d", "e"], ["CAP"], ["é"], ['"'], ["\\"], "R", "", [null, "@"]].map(value),
  values('["@" ,"I"]', [0xdc, 0, 1, 0xa1, 0x40]),
  values('["@",]', [0x91, 0xa1, 0xff]),
  ...NOTHING,
];
const OTHER_TIMES: readonly Value[] = [
  values('"2025-01-02 15:00:00.5Z"', [0xd6, 0xff, 0x67, 0x76, 0xa8, 0x70]),
  values('"2025-01-02t15:00:00.25Z"', [0xd7, 0xff, 0xff, 0xff, 0xff, 0xfc, 0, 0, 0, 1]), // too many nanoseconds
  values('"2025-01-02T15:00:00.120Z"', [0xd7, 0xff, 0, 0, 0, 3, 0xff, 0xff, 0xff, 0xff]),
  values('"2025-01-02T15:00:00.000000000Z"', [0xd7, 0x05, 0, 0, 0, 0, 0, 0, 0, 1]),
  values('"2025-01-02T15:00:00.Z"', value("2025-01-02T15:00:00.5Z").msgpack),
  values('"2025-01-02T15:00:00.1234567890Z"', value("2025-01-02 10:00-05").msgpack),
  values('"2025-13-02T15:00:00Z"', value("2025-01-02T15:00").msgpack),
  values('"2025-01-02T15:00+01.5Z"', value("today").msgpack),
  values('"2016-12-31T23:59:60.5Z"', independentlyEncoded(wireTime(2 ** 33, 5))),
  values('"1969-12-31T23:59:59.75Z"', independentlyEncoded(wireTime(-1, 750_000_000))),
  values('"0000-01-01T00:00:00Z"', [0xd4, 0xff, 0]),
  values('"2025-01-02T15:00:00.5+00:00"', value("").msgpack),
  value(1_735_830_000),
  ...NOTHING,
];

const price = (random: Random): Value => double(random.below(10 ** (1 + random.below(8))) / 10 ** random.below(5));
const size = (random: Random): Value => value(random.below(10 ** (1 + random.below(9))));
const amount = (random: Random): Value => {
  const number = random.below(1e9) / 10 ** random.below(8);
  return String(number).includes("e") ? double(5) : double(number);
};

function id(random: Random): Value {
  const digits = `${1 + random.below(9)}${String(random.below(1e9)).repeat(2)}`.slice(0, 1 + random.below(19));
  return values(digits, independentlyEncoded(BigInt(digits)));
}

function time(random: Random): Value {
  const seconds = 1_735_830_000 + random.below(3);
  const nanos = random.once(3) ? random.below(1000) * 1_000_000 : random.below(1e9);
  const fraction = nanos === 0 ? "" : `.${String(nanos).padStart(9, "0").replace(/0+$/, "")}`;
  const text = `"${new Date(seconds * 1000).toISOString().slice(0, 19)}${fraction}Z"`;
  // As servers write it: 8 bytes even without nanoseconds, which an encoder may cut.
  const msgpack = new Uint8Array(10);
  const view = new DataView(msgpack.buffer);
  view.setUint16(0, 0xd7ff);
  view.setUint32(2, nanos * 4);
  view.setUint32(6, seconds);
  return { json: text, msgpack };
}

const field = (key: string, usual: HotField["usual"], others: readonly Value[]): HotField => ({ key, usual, others });
const S = field("S", (random) => random.oneOf(SYMBOLS), OTHER_SYMBOLS);
const letter = (key: string): HotField => field(key, (random) => random.oneOf(LETTERS), OTHER_LETTERS);
const c = field("c", (random) => random.oneOf(CONDITIONS), OTHER_CONDITIONS);
const t = field("t", time, OTHER_TIMES);
const priceField = (key: string): HotField => field(key, price, OTHER_NUMBERS);
const sizeField = (key: string): HotField => field(key, size, OTHER_NUMBERS);
const amountField = (key: string): HotField => field(key, amount, OTHER_NUMBERS);
const i = field("i", id, OTHER_NUMBERS);

/** Quotes and trades of stocks. */
export const STOCK_TYPES: readonly HotType[] = [
  {
    letter: "q",
    fields: [
      ...[S, letter("bx"), priceField("bp"), sizeField("bs"), letter("ax"), priceField("ap"), sizeField("as")],
      ...[c, t, letter("z")],
    ],
    swaps: true,
  },
  { letter: "t", fields: [S, i, letter("x"), priceField("p"), sizeField("s"), c, t, letter("z")], swaps: true },
];

/** Quotes and trades of crypto. */
export const CRYPTO_TYPES: readonly HotType[] = [
  {
    letter: "q",
    fields: [S, priceField("bp"), amountField("bs"), priceField("ap"), amountField("as"), t],
    swaps: false,
  },
  { letter: "t", fields: [S, priceField("p"), amountField("s"), t, i, letter("tks")], swaps: false },
];

/** A message in the form of servers. */
export function usualMessage({ letter: type, fields, swaps }: HotType, random: Random): Message {
  const entries = fields.map(({ key, usual }) => [key, usual(random)] as const);
  if (swaps && random.once(2)) entries.push(...entries.splice(-2).reverse());
  return [["T", value(type)], ...entries];
}

/** A message of any form: most of them are usual but for one value, key or order. */
export function anyMessage(type: HotType, random: Random): Message {
  const message = [...usualMessage(type, random)];
  if (random.once(2)) return message;
  const at = 1 + random.below(message.length - 1);
  const [key = ""] = message[at] ?? [];
  const others = type.fields.find((one) => one.key === key)?.others ?? NOTHING;
  switch (random.below(8)) {
    case 0:
      message.splice(at, 1);
      break;
    case 1:
      message.splice(at, 0, ["y", random.oneOf(NOTHING)]);
      break;
    case 2:
      message.push(...message.splice(at, 1));
      break;
    default:
      message[at] = [key, random.oneOf(others)];
  }
  return message;
}

/** A frame of messages. */
export function frameOf(codec: Codec, messages: readonly Message[]): Uint8Array {
  if (codec === Codec.JSON) return json(`[${messages.map(jsonOf).join()}]`);
  const parts: Uint8Array[] = [Uint8Array.of(0xdc, messages.length >> 8, messages.length & 0xff)];
  for (const message of messages) {
    parts.push(Uint8Array.of(0x80 + message.length));
    for (const [key, { msgpack }] of message) parts.push(textOf(key), msgpack);
  }
  return new Uint8Array(Buffer.concat(parts)); // without the pool of Node: the frame's buffer ends with it
}

/** A short string in msgpack. */
export function textOf(text: string): Uint8Array {
  return Uint8Array.of(0xa0 + text.length, ...Buffer.from(text));
}

function jsonOf(message: Message): string {
  return `{${message.map(([key, one]) => `"${key}":${one.json}`).join()}}`;
}

/** A frame inside a larger buffer, as a socket passes it on: what stands behind it would go on with it. */
export function padded(frame: Uint8Array, padding: number | Uint8Array): Uint8Array {
  const buffer = new Uint8Array(frame.length + 400);
  if (typeof padding === "number") buffer.fill(padding);
  else buffer.set(padding.subarray(0, 390), frame.length + 4);
  buffer.set(frame, 4);
  return buffer.subarray(4, 4 + frame.length);
}
