import { Codec } from "@tickerplant/client/wire";

/** A kind of field of hot messages. */
export type FieldKind = "symbol" | "code" | "price" | "size" | "quantity" | "id" | "conditions" | "time";

/** Values of one kind as one codec writes them. */
export interface Spellings {
  /** As servers write them: the smallest, the largest and those in between at which their form changes. */
  readonly documented: readonly Uint8Array[];
  /** What a fast path must leave to the general reader, or may read only with the same result. */
  readonly odd: readonly Uint8Array[];
}

/** A hot message: its type letter, and its fields behind the type in the documented order. */
export interface HotMessage {
  readonly type: string;
  readonly fields: readonly (readonly [key: string, kind: FieldKind])[];
}

/** The hot messages of each asset class. They are written out, because the schema is what is tested. */
export const HOT_MESSAGES: Readonly<Record<string, readonly HotMessage[]>> = {
  stocks: [
    {
      type: "q",
      fields: [
        ["S", "symbol"],
        ["bx", "code"],
        ["bp", "price"],
        ["bs", "size"],
        ["ax", "code"],
        ["ap", "price"],
        ["as", "size"],
        ["c", "conditions"],
        ["t", "time"],
        ["z", "code"],
      ],
    },
    {
      type: "t",
      fields: [
        ["S", "symbol"],
        ["i", "id"],
        ["x", "code"],
        ["p", "price"],
        ["s", "size"],
        ["c", "conditions"],
        ["t", "time"],
        ["z", "code"],
      ],
    },
  ],
  crypto: [
    {
      type: "q",
      fields: [
        ["S", "symbol"],
        ["bp", "price"],
        ["bs", "quantity"],
        ["ap", "price"],
        ["as", "quantity"],
        ["t", "time"],
      ],
    },
    {
      type: "t",
      fields: [
        ["S", "symbol"],
        ["p", "price"],
        ["s", "quantity"],
        ["t", "time"],
        ["i", "id"],
        ["tks", "code"],
      ],
    },
  ],
};

const texts = (...spelled: readonly string[]): Uint8Array[] => spelled.map((text) => Buffer.from(text));
const hexes = (...spelled: readonly string[]): Uint8Array[] =>
  spelled.map((hex) => Buffer.from(hex.replaceAll(" ", ""), "hex"));

const SYMBOLS = ["A", "BA", "IBM", "AAPL", "GOOGL", "BRK.B", "BTC/USD", "DOGE/USD", "ABCDEFGH"];
const LONG_SYMBOLS = [
  "DOGE/USDT",
  "ABCDEFGHI",
  "SUSHI/USD",
  "SUSHI/USDT",
  "ABCDEFGHIJKL",
  "ABCDEFGHIJKLMNOP",
  "ABCDEFGHIJKLMNOPQ",
];

/** Stands for no value, or for the wrong one, in a field of any kind. */
const JSON_NOTHING = texts("null", "NaN", "-Infinity", '""', "true", "[]", "{}", "[[]]", " 1", "x");

const JSON_NUMBERS = {
  documented: texts(
    "0",
    "1",
    "9",
    "10",
    "100",
    "243.18",
    "0.0001",
    "99999.99",
    "12345.6789",
    "99999999.9",
    "999999999",
  ),
  odd: [
    ...texts(
      "1234567890",
      "2147483647",
      "2147483648",
      "4294967295",
      "4294967296",
      "123456789012345",
      "1234567890123456",
    ),
    ...texts("9007199254740991", "9007199254740993", "18446744073709551615", "18446744073709551616"),
    ...texts(
      "0.12345678",
      "0.123456789",
      "0.1234567890",
      "1.10",
      "1.0",
      "0.0",
      "1.000000000",
      "0.00000000000000000001",
    ),
    ...texts(
      "-0",
      "-0.0",
      "-1",
      "-1.5",
      "+1",
      "01",
      "00",
      "00.5",
      "1.",
      ".5",
      "1..5",
      "1.5.5",
      "1e2",
      "1E+2",
      "1.5e-3",
    ),
    ...texts("1e", "1e400", "1/2", "1:", "0x10", '"1"', "1 ", "179769313486231570000"),
    ...JSON_NOTHING,
  ],
};

const JSON_SPELLINGS: Readonly<Record<FieldKind, Spellings>> = {
  symbol: {
    documented: SYMBOLS.map((symbol) => Buffer.from(`"${symbol}"`)),
    odd: [
      ...LONG_SYMBOLS.map((symbol) => Buffer.from(`"${symbol}"`)),
      ...texts(`"${"A".repeat(32)}"`, `"${"A".repeat(33)}"`, '"é"', '"AAé"', '"\u{1F600}"', '"A\u0000"', '"\u0000A"'),
      ...texts(
        '"\\u0041APL"',
        '"AAP\\u004c"',
        '"A\\u0000"',
        '"BTC\\/USD"',
        '"A\\\\B"',
        '"A\\"B"',
        '"\\ud800"',
        '"A\\x"',
      ),
      ...texts('"A B"', '"A', '"*"', '"__proto__"', "'A'"),
      Buffer.from('"\xff"', "latin1"),
      ...JSON_NOTHING,
    ],
  },
  code: {
    documented: texts('"V"', '"Q"', '" "', '"@"', '"C"', '"S"'),
    odd: [
      ...texts(
        '"VV"',
        '"é"',
        '"\\u0056"',
        '"\\"',
        '"\\\\"',
        '"\\""',
        '"\\n"',
        '"\u007f"',
        '"\u0080"',
        '"\u0000"',
        '"\u0001"',
        '"',
      ),
      Buffer.from('"\xff"', "latin1"),
      ...JSON_NOTHING,
    ],
  },
  price: JSON_NUMBERS,
  size: JSON_NUMBERS,
  quantity: {
    documented: texts("0", "29.205707815", "1e-9", "0.27994", "13445.46", "0.000000001", "1.5"),
    odd: [...JSON_NUMBERS.documented, ...JSON_NUMBERS.odd],
  },
  id: {
    documented: texts("0", "1", "52983525029461", "999999999999999", "3447222699101865076"),
    odd: [...JSON_NUMBERS.documented, ...JSON_NUMBERS.odd, ...texts("1000000000000000", "9223372036854775808")],
  },
  conditions: {
    documented: texts("[]", '["@"]', '["R"]', '["@","I"]', '[" ","T","I"]', '["a","b","c","d"]'),
    odd: [
      ...texts(
        '["a","b","c","d","e"]',
        '["CAP"]',
        '["é"]',
        '["\\u0040"]',
        '["\\""]',
        '["\\"]',
        '["@" ,"I"]',
        '[ "@"]',
        '["@", "I"]',
      ),
      ...texts(
        '"R"',
        '"CAP"',
        '["@",null]',
        '["@",1]',
        '[["@"]]',
        '["@"',
        '["@",]',
        '[,"@"]',
        '["@""I"]',
        '[""]',
        '["@","II"]',
      ),
      ...JSON_NOTHING,
    ],
  },
  time: {
    documented: texts(
      '"2024-03-12T10:27:48.858228144Z"',
      '"2024-03-12T10:27:48.999999999Z"',
      '"2024-03-12T10:27:49.000000001Z"',
      '"2024-03-12T10:27:48.85822Z"',
      '"2024-03-12T10:27:48.5Z"',
      '"2024-03-12T10:27:48Z"',
      '"2024-02-29T23:59:59.123Z"',
      '"1970-01-01T00:00:00.000000001Z"',
      '"2025-12-31T23:59:59.12345678Z"',
    ),
    odd: [
      ...texts(
        '"2024-03-12T10:27:48.000000000Z"',
        '"2024-03-12T10:27:48.8582281440Z"',
        '"2024-03-12T10:27:48.8582281441Z"',
      ),
      ...texts('"2024-03-12T10:27:48.Z"', '"2024-03-12T10:27:48.85822814/Z"', '"2024-03-12T10:27:48.:58228144Z"'),
      ...texts(
        '"2024-03-12T10:27:48.858228144"',
        '"2024-03-12T10:27:48.858228144z"',
        '"2024-03-12T10:27:48,858228144Z"',
      ),
      ...texts(
        '"2024-03-12T10:27:48.858228144+00:00"',
        '"2024-03-12T10:27:48-05:00"',
        '"2024-03-12 10:27:48Z"',
        '"2024-03-12T10:27Z"',
      ),
      ...texts('"2023-02-29T10:27:48Z"', '"2024-13-12T10:27:48Z"', '"2024-03-12T24:27:48Z"', '"2024-03-12T10:60:48Z"'),
      ...texts(
        '"2016-12-31T23:59:60.5Z"',
        '"2024-03-12T10:27:60Z"',
        '"2024-03-12T10:27:61Z"',
        '"2024-03-12T10:27:4:Z"',
      ),
      ...texts(
        '"0000-01-01T00:00:00Z"',
        '"9999-12-31T23:59:59.999999999Z"',
        '"1969-12-31T23:59:59.9Z"',
        '"-024-03-12T10:27:48Z"',
      ),
      ...texts(
        '"2024-03-12T10:27:48.858\\u0032Z"',
        '"2024-03-12T10:27:48.858228144Z',
        '"2024\\u002d03-12T10:27:48Z"',
        "1710239268",
      ),
      ...JSON_NOTHING,
    ],
  },
};

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

const MSGPACK_NOTHING = [
  ...hexes("c0", "c2", "90", "80", "a0", "a178", "d40000", "d4ff00", "c1", "ca 7fc00000"),
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(double),
  ...hexes("cb 7ff0000000000001", "cb ffffffffffffffff", "a3 4e614e"),
];
const DOUBLES = [0, 1, 243.18, 0.0001, 99_999.99, 1e21, 5e-324, Number.MAX_VALUE, Number.MAX_SAFE_INTEGER].map(double);
const NEGATIVE_DOUBLES = [-0, -1, -5e-324, -1e300].map(double);
/** At the smallest and the largest value of each width. */
const UNSIGNED = hexes(
  "00 ",
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

const MSGPACK_SPELLINGS: Readonly<Record<FieldKind, Spellings>> = {
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

/** How each codec writes the values of each kind. */
export const SPELLINGS: Readonly<Record<Codec, Readonly<Record<FieldKind, Spellings>>>> = {
  [Codec.JSON]: JSON_SPELLINGS,
  [Codec.MSGPACK]: MSGPACK_SPELLINGS,
};
