import * as WIRE_LIMITS from "./limits.ts";

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

/** Small at first, so that the usual few thousand symbols stay in the processor's cache. */
const FIRST_SLOTS = 1024;
const MAX_SLOTS = 65_536;

/** Integers of a slot: the first four bytes, the next four, the length, and the text's number; 0 for an empty one. */
const SLOT_INTEGERS = 4;

/** Open addressing with linear probing: no object per entry, and all of it side by side. */
class TextTable {
  /** The texts by their numbers, from 1. */
  readonly #texts: string[] = [""];
  #slots = new Int32Array(FIRST_SLOTS * SLOT_INTEGERS);
  #mask = FIRST_SLOTS - 1;

  /**
   * The number of the text of `length` bytes from `start`, 1 to 8 of them; 0 when the table is full.
   * `low` and `high` are the same bytes as two big-endian integers, zeros behind the last.
   */
  find(low: number, high: number, bytes: Uint8Array, start: number, length: number): number {
    let slot = this.#home(low, high);
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const at = slot * SLOT_INTEGERS;
      if (this.#slots[at] === low && this.#slots[at + 1] === high && this.#slots[at + 2] === length) {
        return this.#slots[at + 3] ?? 0;
      }
      if (this.#slots[at + 3] === 0) return this.#add(slot, low, high, bytes, start, length);
      slot = (slot + 1) & this.#mask;
    }
    return 0;
  }

  /** The text of a number. */
  text(number: number): string {
    return this.#texts[number] ?? "";
  }

  #home(low: number, high: number): number {
    const mixed = Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b);
    return (mixed ^ (mixed >>> 15)) & this.#mask;
  }

  #add(slot: number, low: number, high: number, bytes: Uint8Array, start: number, length: number): number {
    const number = this.#texts.length;
    if (number > WIRE_LIMITS.maxInternedSymbols) return 0;
    this.#texts.push(decodeText(bytes, start, length));
    this.#slots.set([low, high, length, number], slot * SLOT_INTEGERS);
    if (number * 2 > this.#mask && this.#mask < MAX_SLOTS - 1) this.#grow();
    return number;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    this.#mask = this.#mask * 2 + 1;
    for (let at = 0; at < old.length; at += SLOT_INTEGERS) {
      const [low = 0, high = 0, , number = 0] = old.subarray(at, at + SLOT_INTEGERS);
      if (number === 0) continue;
      let slot = this.#home(low, high);
      while (this.#slots[slot * SLOT_INTEGERS + 3] !== 0) slot = (slot + 1) & this.#mask;
      this.#slots.set(old.subarray(at, at + SLOT_INTEGERS), slot * SLOT_INTEGERS);
    }
  }
}

const texts = new TextTable();

/** Text that is not kept: messages, names of keys. Bytes that are no UTF-8 become U+FFFD. */
export function decodeText(bytes: Uint8Array, start: number, length: number): string {
  return decoder.decode(bytes.subarray(start, start + length));
}

/** The one-character string of an ASCII byte, "" for any other. */
export function asciiText(byte: number): string {
  return ASCII[byte] ?? "";
}

/**
 * The number of a short text that comes again and again, by which whoever has to do with it finds
 * its own: the same for all of a process's life. 0 for one that has none, being long, or one of too many.
 */
export function internNumber(bytes: Uint8Array, start: number, length: number): number {
  if (length === 0 || length > MAX_KEY_BYTES) return 0;
  let low = 0;
  let high = 0;
  for (let at = 0; at < length; at++) {
    const byte = bytes[start + at] ?? 0;
    if (at < 4) low |= byte << (24 - 8 * at);
    else high |= byte << (56 - 8 * at);
  }
  return texts.find(low, high, bytes, start, length);
}

/** The text of a number that is not 0. */
export function numberedText(number: number): string {
  return texts.text(number);
}

/** Short text that comes again and again: symbols, exchanges, tapes, conditions. */
export function internText(bytes: Uint8Array, start: number, length: number): string {
  if (length === 1) {
    const byte = bytes[start] ?? 0;
    if (byte < 128) return ASCII[byte] ?? "";
  }
  if (length === 0) return "";
  const number = internNumber(bytes, start, length);
  return number === 0 ? decodeText(bytes, start, length) : texts.text(number);
}

/** Of `length` bytes in two integers, the bits of each that belong to them. */
const LOW_BITS = Int32Array.of(0, -1 << 24, -1 << 16, -1 << 8, -1, -1, -1, -1, -1);
const HIGH_BITS = Int32Array.of(0, 0, 0, 0, 0, -1 << 24, -1 << 16, -1 << 8, -1);

/**
 * As {@link internNumber}, for 1 to 8 bytes of which `low` and `high` are the first eight as two
 * big-endian integers, whatever follows the text: fetched at once rather than byte by byte.
 */
export function internWords(low: number, high: number, bytes: Uint8Array, start: number, length: number): number {
  return texts.find(low & (LOW_BITS[length] ?? 0), high & (HIGH_BITS[length] ?? 0), bytes, start, length);
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

/** The lists used last, by the low bits of their keys: a handful make up nearly the whole tape. */
const RECENT = 1024;
const recentKeys = new Int32Array(RECENT);
const recentLists: (readonly string[])[] = new Array<readonly string[]>(RECENT).fill(NO_CONDITIONS);

/** The frozen list for a key made by {@link mixCondition}. */
export function internConditionsByKey(key: number): readonly string[] {
  const recent = (key ^ (key >>> 7)) & (RECENT - 1);
  if (recentKeys[recent] === key) return recentLists[recent] ?? NO_CONDITIONS;
  const list = listsByKey.get(key) ?? addByKey(key);
  recentKeys[recent] = key;
  recentLists[recent] = list;
  return list;
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
