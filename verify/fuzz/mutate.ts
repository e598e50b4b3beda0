import type { Random } from "../shared/random.ts";

/** The longest frame that mutation returns; `growth.ts` has longer ones. */
const MAX_BYTES = 8192;

const INTERESTING_BYTES = [
  0, 1, 0x20, 0x22, 0x2c, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d, 0x7f, 0x80, 0x81, 0x8f, 0x90, 0x91, 0x9f, 0xa0, 0xa1, 0xbf,
  0xc0, 0xc1, 0xc2, 0xc4, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcc, 0xcf, 0xd0, 0xd3, 0xd4, 0xd6, 0xd7, 0xd8, 0xd9, 0xdb,
  0xdc, 0xdd, 0xde, 0xdf, 0xe0, 0xff,
] as const;

/** Tokens with a meaning in one of the codecs. */
const TOKENS: readonly Uint8Array[] = [
  ...[
    '"T":"t",',
    '"S":"A",',
    '"t":"2025-06-02T14:00:00Z"',
    "null",
    "true",
    "[]",
    "{}",
    "1e308",
    "-0",
    "0.1",
    '"\\u0000"',
    '"\\ud800"',
    "18446744073709551615",
    "9007199254740993",
    "123456789012345678901234567890",
    '"__proto__":',
    '{"toString":1}',
    '"":',
    ",",
    ":",
    '"*"',
  ].map((text) => Buffer.from(text)),
  ...[
    "a154a174",
    "a153a141",
    "a174d6ff683dae60",
    "a174d7ff0000000000000000",
    "a174c70cff00000000ffffffffffffffff",
    "cfffffffffffffffff",
    "d38000000000000000",
    "cb7ff0000000000000",
    "ca7fc00000",
    "dfffffffff",
    "ddffffffff",
    "dbffffffff",
    "c9ffffffffff",
    "a95f5f70726f746f5f5f",
    "91",
    "81",
    "c0",
    "a0",
  ].map((text) => Buffer.from(text, "hex")),
];

type Mutation = (bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

const replace = (bytes: Uint8Array, at: number, removed: number, inserted: Uint8Array): Uint8Array =>
  Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + removed)]);

const NOTHING = new Uint8Array(0);

const MUTATIONS: readonly Mutation[] = [
  // flip a bit
  (bytes, random) => {
    const copy = Uint8Array.from(bytes);
    const at = random.below(copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
    return copy;
  },
  // change a byte, to any or to one with a meaning
  (bytes, random) => {
    const copy = Uint8Array.from(bytes);
    copy[random.below(copy.length)] = random.chance(0.5) ? random.below(256) : random.pick(INTERESTING_BYTES);
    return copy;
  },
  // truncate
  (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  // remove a piece
  (bytes, random) => replace(bytes, random.below(bytes.length), 1 + random.below(8), NOTHING),
  // repeat a piece
  (bytes, random) => {
    const at = random.below(bytes.length);
    const piece = bytes.subarray(at, at + 1 + random.below(24));
    const times = 1 + random.below(random.chance(0.05) ? 200 : 4);
    return replace(bytes, at, 0, Buffer.concat(Array.from({ length: times }, () => piece)));
  },
  // insert a byte
  (bytes, random) => replace(bytes, random.below(bytes.length + 1), 0, Uint8Array.of(random.pick(INTERESTING_BYTES))),
  // insert a token, or replace bytes by it
  (bytes, random) => {
    const token = random.pick(TOKENS);
    return replace(bytes, random.below(bytes.length + 1), random.chance(0.5) ? token.length : 0, token);
  },
  // insert a piece of another frame
  (bytes, random, other) => {
    const from = random.below(other.length);
    const piece = other.subarray(from, from + 1 + random.below(40));
    return replace(bytes, random.below(bytes.length + 1), random.chance(0.3) ? piece.length : 0, piece);
  },
  // continue with another frame
  (bytes, random, other) =>
    Buffer.concat([bytes.subarray(0, random.below(bytes.length + 1)), other.subarray(random.below(other.length + 1))]),
  // change a 32-bit integer slightly, or to an edge value
  (bytes, random) => {
    if (bytes.length < 4) return bytes;
    const copy = Uint8Array.from(bytes);
    const view = new DataView(copy.buffer);
    const at = random.below(copy.length - 3);
    const edges = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, copy.length, view.getUint32(at) + random.below(17) - 8];
    view.setUint32(at, random.pick(edges));
    return copy;
  },
];

/** Applies one to five mutations to a frame; pieces come from `other`. */
export function mutate(frame: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  let bytes = frame;
  for (let left = 1 + random.below(random.chance(0.5) ? 2 : 5); left > 0; left--) {
    if (bytes.length === 0) bytes = random.pick(TOKENS);
    bytes = random.pick(MUTATIONS)(bytes, random, other.length === 0 ? NOTHING : other);
  }
  return bytes.length > MAX_BYTES ? bytes.subarray(0, MAX_BYTES) : bytes;
}
