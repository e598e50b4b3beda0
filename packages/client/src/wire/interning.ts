import { WIRE_LIMITS } from "./limits.ts";

/**
 * One string per symbol, exchange, tape or condition, and one frozen list per set of conditions:
 * found by bytes, so that no string is built twice. The tables are caches shared by every reader;
 * they are bounded and hold nothing but text that came over the wire.
 */

// A text is what the server sent: without this, one that begins with U+FEFF would lose it.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The 128 ASCII characters as strings: exchanges, tapes and most conditions are one of them. */
const ASCII: readonly string[] = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));

/** Bytes that fit the table's two-integer key. Nearly every symbol does. */
const MAX_KEY_BYTES = 8;

/**
 * Slots looked at for one text. At three quarters full a handful is usual; more is somebody who
 * chooses texts that fall together, and those are built anew each time instead.
 */
const MAX_PROBES = 128;

const SLOTS = 65_536;
const SLOT_MASK = SLOTS - 1;

/** Open addressing with linear probing: two integers and a length per entry, no object. */
class TextTable {
  readonly #low = new Int32Array(SLOTS);
  readonly #high = new Int32Array(SLOTS);
  readonly #lengths = new Uint8Array(SLOTS);
  #texts: string[] = new Array<string>(SLOTS).fill("");
  #size = 0;

  /** The string of `length` bytes from `start`; `length` is 2 to 8. */
  find(bytes: Uint8Array, start: number, length: number): string {
    let low = 0;
    let high = 0;
    for (let at = 0; at < length; at++) {
      const byte = bytes[start + at] ?? 0;
      if (at < 4) low = (low << 8) | byte;
      else high = (high << 8) | byte;
    }
    let slot = (Math.imul(low, 0x9e3779b1) ^ Math.imul(high + length, 0x85ebca6b)) >>> 0;
    slot = (slot ^ (slot >>> 15)) & SLOT_MASK;
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const known = this.#lengths[slot];
      if (known === 0) return this.#add(slot, low, high, bytes, start, length);
      if (known === length && this.#low[slot] === low && this.#high[slot] === high) return this.#texts[slot] ?? "";
      slot = (slot + 1) & SLOT_MASK;
    }
    return decodeText(bytes, start, length);
  }

  #add(slot: number, low: number, high: number, bytes: Uint8Array, start: number, length: number): string {
    const text = decodeText(bytes, start, length);
    if (this.#size >= WIRE_LIMITS.maxInternedSymbols) {
      // Only a hostile server names this many: start afresh, the next reads fill it again.
      this.#lengths.fill(0);
      this.#texts = new Array<string>(SLOTS).fill("");
      this.#size = 0;
      return text;
    }
    this.#low[slot] = low;
    this.#high[slot] = high;
    this.#lengths[slot] = length;
    this.#texts[slot] = text;
    this.#size++;
    return text;
  }
}

const texts = new TextTable();

/** Text that is not kept: messages, names of keys. Bytes that are no UTF-8 become U+FFFD. */
export function decodeText(bytes: Uint8Array, start: number, length: number): string {
  return decoder.decode(bytes.subarray(start, start + length));
}

/** Short text that comes again and again: symbols, exchanges, tapes, conditions. */
export function internText(bytes: Uint8Array, start: number, length: number): string {
  if (length === 1) {
    const byte = bytes[start] ?? 0;
    if (byte < 128) return ASCII[byte] ?? "";
  }
  if (length === 0) return "";
  return length <= MAX_KEY_BYTES ? texts.find(bytes, start, length) : decodeText(bytes, start, length);
}

/** The list without conditions. */
export const NO_CONDITIONS: readonly string[] = Object.freeze([]);

const listsByKey = new Map<number, readonly string[]>();
const listsByText = new Map<string, readonly string[]>();

/** The key of an empty list of one-letter conditions; each condition is mixed in by {@link mixCondition}. */
export const EMPTY_CONDITIONS_KEY = 1;

/** Conditions that fit one key: the leading 1 and four times 7 bits stay a small integer. */
const MAX_KEY_CONDITIONS = 4;

/** The key with one more one-letter ASCII condition; -1 when it no longer fits an integer. */
export function mixCondition(key: number, letter: number): number {
  if (key < 0 || letter >= 128 || key >= 128 ** MAX_KEY_CONDITIONS) return -1;
  return key * 128 + letter;
}

/** The frozen list for a key made by {@link mixCondition}. */
export function internConditionsByKey(key: number): readonly string[] {
  return listsByKey.get(key) ?? addByKey(key);
}

function addByKey(key: number): readonly string[] {
  const list: string[] = [];
  for (let rest = key; rest >= 128; rest = Math.floor(rest / 128)) list.unshift(ASCII[rest % 128] ?? "");
  const frozen = internConditions(list);
  if (listsByKey.size < WIRE_LIMITS.maxInternedConditions) listsByKey.set(key, frozen);
  return frozen;
}

/** The frozen list equal to `list`. */
export function internConditions(list: readonly string[]): readonly string[] {
  if (list.length === 0) return NO_CONDITIONS;
  const text = JSON.stringify(list);
  const known = listsByText.get(text);
  if (known !== undefined) return known;
  const frozen = Object.freeze([...list]);
  if (listsByText.size < WIRE_LIMITS.maxInternedConditions && text.length <= WIRE_LIMITS.maxInternedConditionsLength) {
    listsByText.set(text, frozen);
  }
  return frozen;
}
