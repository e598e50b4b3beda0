import { type FieldKind, LONG_SYMBOLS, type Spellings, SYMBOLS } from "./hot-fields.ts";

const hexes = (...spelled: readonly string[]): Uint8Array[] =>
  spelled.map((hex) => Buffer.from(hex.replaceAll(" ", ""), "hex"));
const fixedText = (text: string): Uint8Array => Buffer.concat([Uint8Array.of(0xa0 + text.length), Buffer.from(text)]);
const double = (value: number): Uint8Array => {
  const bytes = Buffer.alloc(9, 0xcb);
  bytes.writeDoubleBE(value, 1);
  return bytes;
};
/** A timestamp of 64 bits. */
const time64 = (seconds: number, nanos: number): Uint8Array => {
  const bytes = Buffer.from("d7ff0000000000000000", "hex");
  bytes.writeUInt32BE(nanos * 4 + Math.floor(seconds / 2 ** 32), 2);
  bytes.writeUInt32BE(seconds % 2 ** 32, 6);
  return bytes;
};

/** Stands for no value, or for the wrong one, in a field of any kind. */
const MSGPACK_NOTHING = [
  ...hexes("c0", "c2", "90", "80", "a0", "a178", "d40000", "d4ff00", "c1", "ca 7fc00000"),
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(double),
  ...hexes("cb 7ff0000000000001", "cb ffffffffffffffff", "a3 4e614e"),
];
const DOUBLES = [0, 1, 243.18, 0.0001, 99_999.99, 1e21, 5e-324, Number.MAX_VALUE, Number.MAX_SAFE_INTEGER].map(double);
const NEGATIVE_DOUBLES = [-0, -1, -5e-324, -1e300].map(double);
/** At the smallest and the largest value of each width. */
const UNSIGNED = hexes(
  "00",
  "01",
  "7f",
  "cc80",
  "ccff",
  "cd0100",
  "cdffff",
  "ce00010000",
  "ceffffffff",
  "cc00",
  "cd0000",
);
const WIDE = hexes(
  "cf 0000000000000000",
  "cf 0000000100000000",
  "cf 001fffffffffffff",
  "cf 0020000000000000",
  "cf 0020000000000001",
  "cf ffffffffffffffff",
);
const SIGNED = hexes(
  "ff",
  "e0",
  "d0ff",
  "d07f",
  "d18000",
  "d1 7fff",
  "d2 80000000",
  "d2 7fffffff",
  "d3 ffffffffffffffff",
).concat(hexes("d3 0000000000000009", "d3 8000000000000000", "d3 7fffffffffffffff"));
const FLOATS = hexes("ca 3f800000", "ca 3f000000", "ca bf800000", "ca 7f800000");

/** How msgpack has the values of each kind. */
export const MSGPACK_SPELLINGS: Readonly<Record<FieldKind, Spellings>> = {
  symbol: {
    documented: SYMBOLS.map(fixedText),
    odd: [
      ...LONG_SYMBOLS.map(fixedText),
      ...hexes("d9044141504c", "da00044141504c", "db000000044141504c", "c4044141504c", `d921${"41".repeat(33)}`),
      ...hexes(
        "a2c3a9",
        "a4 4141c3a9",
        "a1ff",
        "a1 00",
        "a2 4100",
        "a2 0041",
        "a5 4141414100",
        "a8 4141414141414100",
        "a9 414141414141414100",
      ),
      ...hexes("a12a", "bf 41"),
      ...MSGPACK_NOTHING,
    ],
  },
  code: {
    documented: ["V", "Q", " ", "@", "C", "S"].map(fixedText),
    odd: [
      ...hexes("d90156", "c40156", "a2 5656", "a2c3a9", "a180", "a1ff", "a17f", "a100", "56", "a2 56"),
      ...MSGPACK_NOTHING,
    ],
  },
  price: {
    documented: DOUBLES,
    odd: [...NEGATIVE_DOUBLES, ...UNSIGNED, ...WIDE, ...SIGNED, ...FLOATS, ...MSGPACK_NOTHING],
  },
  size: {
    documented: UNSIGNED,
    odd: [...WIDE, ...SIGNED, ...DOUBLES, ...NEGATIVE_DOUBLES, ...FLOATS, ...MSGPACK_NOTHING],
  },
  quantity: {
    documented: DOUBLES,
    odd: [...NEGATIVE_DOUBLES, ...UNSIGNED, ...WIDE, ...SIGNED, ...FLOATS, ...MSGPACK_NOTHING],
  },
  id: {
    documented: [...UNSIGNED, ...WIDE],
    odd: [...SIGNED, ...DOUBLES, ...NEGATIVE_DOUBLES, ...FLOATS, ...MSGPACK_NOTHING],
  },
  conditions: {
    documented: hexes("90", "91a140", "91a152", "92a140a149", "93a120a154a149", "94a161a162a163a164"),
    odd: [
      ...hexes(
        "95a161a162a163a164a165",
        "91a3434150",
        "91a2c3a9",
        "91a1ff",
        "91a180",
        "91a0",
        "dc0001a140",
        "dd00000001a140",
      ),
      ...hexes(
        "a152",
        "92c0a140",
        "92a140c0",
        "91d90140",
        "9201a140",
        "9191a140",
        "92a140",
        "9fa140",
        "91a100",
        "92a140a0",
      ),
      ...MSGPACK_NOTHING,
    ],
  },
  time: {
    documented: [
      time64(1_710_239_268, 858_228_144),
      time64(1_710_239_268, 999_999_999),
      time64(1_710_239_269, 1),
      time64(1_710_239_268, 0),
      time64(0, 1),
      time64(2 ** 32 - 1, 500_000_000),
    ],
    odd: [
      time64(1_710_239_268, 1_000_000_000),
      time64(1_710_239_268, 2 ** 30 - 1),
      time64(2 ** 32, 1),
      time64(2 ** 34 - 1, 999_999_999),
      ...hexes(
        "d6ff 65f02e24",
        "c70cff 00000001 ffffffffffffffff",
        "c70cff 3b9aca00 0000000065f02e24",
        "d705 0000000000000001",
      ),
      ...hexes(
        "d7fe 00000000 65f02e24",
        "c708ff 00000004 65f02e24",
        "d8ff 0000000465f02e24 0000000000000000",
        "ce 65f02e24",
      ),
      fixedText("2024-03-12T10:27:48.858Z"),
      fixedText("2024-03-12T10:27:48-05:00"),
      ...MSGPACK_NOTHING,
    ],
  },
};
