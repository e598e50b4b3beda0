import { Codec } from "@tickerplant/client/wire";
import type { Random } from "../shared/random.ts";
import type { HotMessage } from "./hot-fields.ts";
import { JSON_SPELLINGS } from "./json-spellings.ts";
import { MSGPACK_SPELLINGS } from "./msgpack-spellings.ts";

const SPELLINGS = { [Codec.JSON]: JSON_SPELLINGS, [Codec.MSGPACK]: MSGPACK_SPELLINGS };

/** One key with its value, as bytes. */
type Entry = readonly [key: string, value: Uint8Array];

/** Probability that a field has an odd value. */
const ODD_FIELD = 0.03;
/** Probability that all values are the longest of their kinds: a fast path may fetch that many bytes unchecked. */
const LONGEST_VALUES = 0.03;
/** Probability that the keys are not those of the documentation, or not in its order. */
const ODD_KEYS = 0.08;

/** Returns a message in about the documented form, each value at a border of its kind. */
export function makeHotMessage(codec: Codec, messages: readonly HotMessage[], random: Random): Uint8Array {
  const { type, fields } = random.pick(messages);
  const isLongest = random.chance(LONGEST_VALUES);
  const entries = fields.map(([key, kind]): Entry => {
    const { documented, odd } = SPELLINGS[codec][kind];
    if (isLongest) return [key, longestOf(documented)];
    return [key, random.pick(random.chance(ODD_FIELD) ? odd : documented)];
  });
  // Servers write the tape of stocks behind the time, or before it.
  const time = entries.findIndex(([key]) => key === "t");
  if (entries[time + 1]?.[0] === "z" && random.chance(0.5)) entries.push(...entries.splice(time, 1));
  if (random.chance(ODD_KEYS)) disturbKeys(entries, random);
  return codec === Codec.JSON ? jsonMessage(type, entries, random) : msgpackMessage(type, entries, random);
}

function longestOf(values: readonly Uint8Array[]): Uint8Array {
  return values.reduce((longest, value) => (value.length > longest.length ? value : longest));
}

/** Swaps two entries, or leaves one out, repeats one, or adds an unknown one. */
function disturbKeys(entries: Entry[], random: Random): void {
  const at = random.below(entries.length);
  const [entry] = entries.splice(at, 1);
  if (entry === undefined) return;
  const kind = random.below(4);
  if (kind === 0) entries.splice(random.below(entries.length + 1), 0, entry);
  else if (kind === 1) entries.splice(at, 0, entry, entry);
  else if (kind === 2) entries.splice(at, 0, [random.pick(["y", "bb", "tkz", "cond"]), entry[1]], entry);
}

function jsonMessage(type: string, entries: readonly Entry[], random: Random): Uint8Array {
  const parts: Uint8Array[] = [Buffer.from(`{"T":"${type}"`)];
  for (const [key, value] of entries) parts.push(Buffer.from(`,"${key}":`), value);
  parts.push(Buffer.from(random.chance(0.01) ? " }" : "}"));
  return Buffer.concat(parts);
}

function msgpackMessage(type: string, entries: readonly Entry[], random: Random): Uint8Array {
  const count = entries.length + 1;
  const header = random.chance(0.01) ? [0xde, 0, count] : [0x80 | count];
  const parts: Uint8Array[] = [Uint8Array.of(...header, 0xa1, 0x54, 0xa1, type.charCodeAt(0))];
  for (const [key, value] of entries) parts.push(Uint8Array.of(0xa0 | key.length), Buffer.from(key), value);
  return Buffer.concat(parts);
}
