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

/** Symbols of six letters that share a slot of the interning table: their hashes are equal. */
function collidingSymbols(count: number): string[] {
  const found: string[] = [];
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (let number = 0; found.length < count && number < 40_000_000; number++) {
    let rest = number;
    let symbol = "";
    for (let index = 0; index < 6; index++) {
      symbol += letters[rest % 26];
      rest = Math.floor(rest / 26);
    }
    if (slotOf(symbol) === 0) found.push(symbol);
  }
  return found;
}

/** The slot of a symbol, as `interning.ts` computes it. */
function slotOf(symbol: string): number {
  let low = 0;
  let high = 0;
  for (let at = 0; at < symbol.length; at++) {
    if (at < 4) low = (low << 8) | symbol.charCodeAt(at);
    else high = (high << 8) | symbol.charCodeAt(at);
  }
  const slot = (Math.imul(low, 0x9e3779b1) ^ Math.imul(high + symbol.length, 0x85ebca6b)) >>> 0;
  return (slot ^ (slot >>> 15)) & 0xffff;
}

const colliding = collidingSymbols(500);
const collidingAt = (index: number): string => colliding[index % colliding.length] ?? "A";

/** Frames that grow in one way, mostly one in which frames of a correct peer stay small. */
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
