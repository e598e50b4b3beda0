import { Random } from "../shared/random.ts";

const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(" ", ""), "hex");

/** Returns a frame of about the given length in bytes. */
type Grow = (byteLength: number) => Uint8Array;

/** JSON of a message in which `unit` repeats until the length is reached. */
function json(before: string, unit: string | ((index: number) => string), separator: string, after: string): Grow {
  return (byteLength) => {
    const parts: string[] = [];
    for (let length = before.length + after.length, index = 0; length < byteLength; index++) {
      const part = typeof unit === "string" ? unit : unit(index);
      parts.push(part);
      length += part.length + separator.length;
    }
    return Buffer.from(before + parts.join(separator) + after);
  };
}

/** Msgpack: `before`, a header with a count of 32 bits, the units, `after`. */
function msgpack(before: string, header: "dd" | "df", unit: (index: number) => Uint8Array, after: string): Grow {
  return (byteLength) => {
    const units: Uint8Array[] = [];
    for (let length = 0, index = 0; length < byteLength; index++) {
      const next = unit(index);
      units.push(next);
      length += next.length;
    }
    const count = Buffer.alloc(5);
    count[0] = Number.parseInt(header, 16);
    count.writeUInt32BE(units.length, 1);
    return Buffer.concat([hex(before), count, ...units, hex(after)]);
  };
}

const constant = (bytes: string) => (): Uint8Array => hex(bytes);
const text = (value: string): Uint8Array => Buffer.concat([Uint8Array.of(0xd9, value.length), Buffer.from(value)]);

const RECORD = '[{"T":"t","S":"A","p":1,"t":"2025-06-02T14:00:00Z",';
const CONTROL = '[{"T":"success","msg":"x",';
const REQUEST = '{"action":"subscribe",';

/** The factors by which `interning.ts` mixes the first and the last four bytes of a symbol. */
const LOW_FACTOR = 0x9e3779b1;
const HIGH_FACTOR = 0x85ebca6b;

/**
 * Symbols of eight characters whose places in the interning table are all the first, at every size of the
 * table: the last four characters are chosen, and the first four computed backwards from the place.
 */
function collidingSymbols(count: number): string[] {
  const random = new Random(1);
  const inverse = inverseOf(LOW_FACTOR);
  const found = new Set<string>();
  while (found.size < count) {
    const high = Array.from({ length: 4 }, () => random.between(0x41, 0x5a)).reduce((word, byte) => (word << 8) | byte);
    const repeated = random.below(2 ** 15);
    // The table's place is `mixed ^ (mixed >>> 15)`: 0 in its low 16 bits if they repeat 15 bits further up.
    const mixed = repeated | (repeated << 15) | ((repeated & 1) << 30);
    const low = Math.imul(mixed ^ Math.imul(high, HIGH_FACTOR), inverse);
    const bytes = Buffer.alloc(8);
    bytes.writeInt32BE(low);
    bytes.writeInt32BE(high, 4);
    const symbol = bytes.toString("latin1");
    if (/^[#-Z^-z]+$/.test(symbol)) found.add(symbol); // without quotes and backslashes
  }
  return [...found];
}

/** The inverse of an odd factor, modulo 2^32: each step doubles the number of right bits. */
function inverseOf(factor: number): number {
  let inverse = factor;
  for (let bits = 3; bits < 32; bits *= 2) inverse = Math.imul(inverse, 2 - Math.imul(factor, inverse));
  return inverse;
}

/** Several times the probes after which the table gives up. */
export const colliding: readonly string[] = collidingSymbols(500);
const collidingAt = (index: number): string => colliding[index % colliding.length] ?? "A";

/** Frames of a server or client of stocks that grow in one way, mostly one in which frames of a correct peer stay small. */
export const growingFrames: Readonly<Record<string, Grow>> = {
  "records, JSON": json("[", '{"T":"t","S":"A","p":1,"t":"2025-06-02T14:00:00Z"}', ",", "]"),
  "records, msgpack": msgpack("", "dd", constant("84 a154a174 a153a141 a17001 a174d6ff683dae60"), ""),
  "records with their type last, JSON": json("[", '{"S":"A","p":1,"t":"2025-06-02T14:00:00Z","T":"t"}', ",", "]"),
  "unreadable messages, JSON": json("[", "0", ",", "]"),
  "unreadable messages, msgpack": msgpack("", "dd", constant("00"), ""),
  "records without a price": json("[", '{"T":"t","S":"A","t":"2025-06-02T14:00:00Z"}', ",", "]"),
  "an unknown type behind many keys": json("[{", (index) => `"k${index}":1`, ",", ',"T":"o"}]'),
  "records of colliding symbols": json(
    "[",
    (index) => `{"T":"t","S":"${collidingAt(index)}","p":1,"t":"2025-06-02T14:00:00Z"}`,
    ",",
    "]",
  ),
  "records of new symbols only": json(
    "[",
    (index) => `{"T":"t","S":"${index.toString(36)}","p":1,"t":"2025-06-02T14:00:00Z"}`,
    ",",
    "]",
  ),
  "nested arrays, JSON": (byteLength) =>
    Buffer.from(`${RECORD}"y":${"[".repeat(byteLength / 2)}${"]".repeat(byteLength / 2)}}]`),
  "nested arrays, msgpack": (byteLength) =>
    Buffer.concat([hex("91 82 a154a16f a179"), Buffer.alloc(byteLength, 0x91), hex("c0")]),
  "nested arrays in a control message": (byteLength) =>
    Buffer.from(`${CONTROL}"y":${"[".repeat(byteLength / 2)}${"]".repeat(byteLength / 2)}}]`),
  "empty arrays in a control message": msgpack("91 82 a154 a773756363657373 a179", "dd", constant("90"), ""),
  "one long string": json(`${CONTROL}"y":"`, "a", "", '"}]'),
  "a long string of escapes": json(`${CONTROL}"y":"`, "\\n", "", '"}]'),
  "a long string of escaped letters": json(`${CONTROL}"y":"`, "\\u00e9", "", '"}]'),
  "many strings with escapes": json(`${CONTROL}"y":[`, '"\\n"', ",", "]}]"),
  "a long string without an end": json(`${CONTROL}"y":"`, "a", "", ""),
  "one long key": json(`${CONTROL}"`, "k", "", '":1}]'),
  "white space": json("[", " ", "", "]"),
  "white space and nothing else": json("", " ", "", ""),
  "digits of an integer": json(`${RECORD}"i":`, "7", "", "}]"),
  "digits of a price": json('[{"T":"t","S":"A","t":"2025-06-02T14:00:00Z","p":0.', "7", "", "}]"),
  "digits of an exponent": json('[{"T":"t","S":"A","t":"2025-06-02T14:00:00Z","p":1e-', "7", "", "}]"),
  "zeros of a fraction of time": json('[{"T":"t","S":"A","p":1,"t":"2025-06-02T14:00:00.', "0", "", 'Z"}]'),
  "digits of a skipped number": json(`${RECORD}"y":`, "7", "", "}]"),
  "integers of nineteen digits": json(`${CONTROL}"y":[`, "9007199254740993999", ",", "]}]"),
  "conditions of one letter": json(`${RECORD}"c":[`, '"@"', ",", "]}]"),
  "conditions, all different": json(`${RECORD}"c":[`, (index) => `"${index.toString(36)}"`, ",", "]}]"),
  "arrays of conditions, all different": json(
    "[",
    (index) => `{"T":"t","S":"A","p":1,"t":"2025-06-02T14:00:00Z","c":["${index.toString(36)}"]}`,
    ",",
    "]",
  ),
  "conditions, msgpack": msgpack("91 85 a154a174 a153a141 a17001 a174d6ff683dae60 a163", "dd", constant("a140"), ""),
  "keys, all different": json(CONTROL, (index) => `"k${index}":1`, ",", "}]"),
  "keys that are numbers": json(CONTROL, (index) => `"${index}":1`, ",", "}]"),
  "keys that are numbers far apart": json(CONTROL, (index) => `"${(index * 16_777_216) % 4_294_967_291}":1`, ",", "}]"),
  // V8 uses the value of such a string, cut to 24 bits, as its hash.
  "keys that are numbers of one hash": json(CONTROL, (index) => `"${1_000_000_007 + index * 16_777_216}":1`, ",", "}]"),
  "keys, in descending order": json(CONTROL, (index) => `"${4_000_000_000 - index}":1`, ",", "}]"),
  "one key repeated": json(CONTROL, '"k":1', ",", "}]"),
  "keys, all different, msgpack": msgpack("91", "df", (index) => Buffer.concat([text(`k${index}`), hex("01")]), ""),
  acknowledgements: json("[", '{"T":"subscription","trades":["A"]}', ",", "]"),
  "symbols of an acknowledgement": json('[{"T":"subscription","trades":[', (index) => `"S${index}"`, ",", "]}]"),
  "symbols of a request": json(`${REQUEST}"trades":[`, (index) => `"S${index}"`, ",", "]}"),
  "one symbol of a request repeated": json(`${REQUEST}"trades":[`, '"A"', ",", "]}"),
  "colliding symbols of a request": json(`${REQUEST}"trades":[`, (index) => `"${collidingAt(index)}"`, ",", "]}"),
  "symbols that are numbers": json(
    `${REQUEST}"trades":[`,
    (index) => `"${1_000_000_007 + index * 16_777_216}"`,
    ",",
    "]}",
  ),
  "unknown channels of a request": json(REQUEST, (index) => `"c${index}":[]`, ",", "}"),
  requests: json("[", '{"action":"subscribe","trades":["A"]}', ",", "]"),
  "requests for new symbols only": json("[", (index) => `{"action":"subscribe","trades":["S${index}"]}`, ",", "]"),
};

const ORDER_BOOK = '[{"T":"o","S":"A","t":"2025-06-02T14:00:00Z",';

/** Frames of a server of crypto that grow in one way. */
export const growingCryptoFrames: Readonly<Record<string, Grow>> = {
  "levels of an order book": json(`${ORDER_BOOK}"b":[`, '{"p":1,"s":1}', ",", "]}]"),
  "levels of an order book, msgpack": msgpack(
    "91 84 a154a16f a153a141 a174d6ff683dae60 a162",
    "dd",
    constant("82 a17001 a17301"),
    "",
  ),
  "levels that are none": json(`${ORDER_BOOK}"b":[`, "{}", ",", "]}]"),
  "keys of a level": json(`${ORDER_BOOK}"b":[{`, (index) => `"k${index}":1`, ",", "}]}]"),
  "order books": json("[", '{"T":"o","S":"A","t":"2025-06-02T14:00:00Z","b":[],"a":[]}', ",", "]"),
};
