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

/** Bytes of a text that is put together character by character. V8 joins up to 12 into one piece of memory. */
const MAX_JOINED_BYTES = 12;

/** Bytes that fit a number's two integers. Nearly every symbol of a stock does. */
const MAX_KEY_BYTES = 8;
/** Bytes of the longest symbol that has a number. `SUSHI/USDC` has ten. */
const MAX_SYMBOL_BYTES = 16;

/**
 * Limit of slots that are probed for one string. A table three quarters full needs a handful; more
 * means strings chosen to collide, and those are built for each record instead.
 */
const MAX_PROBES = 128;

/** Small at first, so that the usual few thousand symbols stay in the processor's cache. */
const FIRST_SLOTS = 1024;
const MAX_SLOTS = 65_536;

/** The texts by their numbers, from 1. */
const numbered: string[] = [""];
/** Bytes five to eight of each numbered text, as one integer. */
const highByNumber: number[] = [0];

/**
 * The numbers of texts by their bytes: open addressing with linear probing, no object per entry. A
 * slot is two integers, the first four bytes and the number: one look at memory for most symbols.
 */
class TextTable {
  #slots = new Int32Array(FIRST_SLOTS * 2);
  #mask = FIRST_SLOTS - 1;
  #size = 0;

  /**
   * The number of the text of `length` bytes from `start`; 0 when no more are numbered. `low` and
   * `high` are the same bytes as two big-endian integers, zeros behind the last.
   */
  find(low: number, high: number, bytes: Uint8Array, start: number, length: number): number {
    const slot = this.#slotOf(low, high);
    if (slot < 0) return 0;
    const number = this.#slots[2 * slot + 1] ?? 0;
    return number === 0 ? this.#add(slot, low, high, decodeText(bytes, start, length)) : number;
  }

  /** The number of a text that was added; 0 for any other. */
  known(low: number, high: number): number {
    const slot = this.#slotOf(low, high);
    return slot < 0 ? 0 : (this.#slots[2 * slot + 1] ?? 0);
  }

  /** The slot that holds a text or is free for it; -1 after too many probes. */
  #slotOf(low: number, high: number): number {
    let slot = this.#home(low, high);
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const number = this.#slots[2 * slot + 1] ?? 0;
      if (number === 0) return slot;
      if (this.#slots[2 * slot] === low && (high === 0 || highByNumber[number] === high)) return slot;
      slot = (slot + 1) & this.#mask;
    }
    return -1;
  }

  #home(low: number, high: number): number {
    const mixed = Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b);
    return (mixed ^ (mixed >>> 15)) & this.#mask;
  }

  #add(slot: number, low: number, high: number, text: string): number {
    const number = numbered.length;
    // Several byte sequences that are no UTF-8 give one text, which must not have several numbers.
    if (number > WIRE_LIMITS.maxInternedSymbols || text.includes("\uFFFD")) return 0;
    numbered.push(text);
    highByNumber.push(high);
    this.#slots[2 * slot] = low;
    this.#slots[2 * slot + 1] = number;
    this.#size++;
    if (this.#size * 2 > this.#mask && this.#mask < MAX_SLOTS - 1) this.#grow();
    return number;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    this.#mask = this.#mask * 2 + 1;
    for (let at = 0; at < old.length; at += 2) {
      const low = old[at] ?? 0;
      const number = old[at + 1] ?? 0;
      if (number === 0) continue;
      let slot = this.#home(low, highByNumber[number] ?? 0);
      while (this.#slots[2 * slot + 1] !== 0) slot = (slot + 1) & this.#mask;
      this.#slots[2 * slot] = low;
      this.#slots[2 * slot + 1] = number;
    }
  }
}

/** Texts of up to four bytes, and of five to eight. */
const shortTexts = new TextTable();
const longTexts = new TextTable();
/** Symbols of more bytes, by a hash of them in place of the first four, and {@link HASHED} plus their number. */
const hashedTexts = new TextTable();
const HASHED = 0x100;

/** Text that is not kept: messages, names of keys. Bytes that are no UTF-8 become U+FFFD. */
export function decodeText(bytes: Uint8Array, start: number, length: number): string {
  return joinedText(bytes, start, length) ?? decoder.decode(bytes.subarray(start, start + length));
}

/** A short text of ASCII, put together by character: a call of the platform's decoder costs more. */
function joinedText(bytes: Uint8Array, start: number, length: number): string | undefined {
  if (length > MAX_JOINED_BYTES) return undefined;
  let text = "";
  for (let at = start; at < start + length; at++) {
    const letter = ASCII[bytes[at] ?? 0];
    if (letter === undefined) return undefined;
    text += letter;
  }
  return text;
}

/** The one-character string of an ASCII byte, "" for any other. */
export function asciiText(byte: number): string {
  return ASCII[byte] ?? "";
}

/** What JSON escapes in a string, apart from the quote, which ends it. */
const BACKSLASH = 0x5c;

/**
 * Returns the number of a short string that repeats. It is an index for tables of other layers, and
 * stays the same for the life of the process. 0 for a string that is too long or has a backslash, and
 * when no more are numbered.
 *
 * In the bytes of JSON a backslash begins an escape: a number for it would be found by the bytes of
 * another string.
 */
export function internNumber(bytes: Uint8Array, start: number, length: number): number {
  if (length === 0 || length > MAX_KEY_BYTES) return 0;
  let low = 0;
  let high = 0;
  for (let at = 0; at < length; at++) {
    const byte = bytes[start + at] ?? 0;
    if (byte === BACKSLASH) return 0;
    if (at < 4) low |= byte << (24 - 8 * at);
    else high |= byte << (56 - 8 * at);
  }
  // A text that ends with a zero would look like the one without it, and be of no use besides.
  if (bytes[start + length - 1] === 0) return 0;
  return (length <= 4 ? shortTexts : longTexts).find(low, high, bytes, start, length);
}

/** As {@link internNumber}, for symbols, which may have up to {@link MAX_SYMBOL_BYTES}. */
export function internSymbol(bytes: Uint8Array, start: number, length: number): number {
  if (length <= MAX_KEY_BYTES) return internNumber(bytes, start, length);
  if (length > MAX_SYMBOL_BYTES) return 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, length);
  for (let at = 0; at < length; at++) {
    const byte = view.getUint8(at);
    if (byte >= 128 || byte === BACKSLASH) return 0;
  }
  const number = hashedTexts.find(hashOf(view, 0, length), HASHED + length, bytes, start, length);
  return isText(number, view, 0, length) ? number : 0;
}

const encoder = new TextEncoder();

/** As {@link internSymbol}, for a string. */
export function symbolNumberOf(symbol: string): number {
  const bytes = encoder.encode(symbol);
  const number = internSymbol(bytes, 0, bytes.length);
  return numberedText(number) === symbol ? number : 0; // half surrogates have no bytes of their own
}

/** As {@link internSymbol}, for a symbol that has a number already: 0 for any other, and nothing is added. */
export function knownSymbol(view: DataView, at: number, length: number): number {
  const low = view.getInt32(at);
  if (length <= 4) {
    const own = low & (-1 << (32 - 8 * length));
    return (own >>> (32 - 8 * length)) & 0xff ? shortTexts.known(own, 0) : 0;
  }
  if (length > MAX_KEY_BYTES) return knownLongSymbol(view, at, length);
  const own = view.getInt32(at + 4) & (-1 << (64 - 8 * length));
  return (own >>> (64 - 8 * length)) & 0xff ? longTexts.known(low, own) : 0;
}

function knownLongSymbol(view: DataView, at: number, length: number): number {
  if (length > MAX_SYMBOL_BYTES) return 0;
  const number = hashedTexts.known(hashOf(view, at, length), HASHED + length);
  return isText(number, view, at, length) ? number : 0;
}

/** A hash of more than eight bytes: 32-bit FNV-1a. */
function hashOf(view: DataView, start: number, length: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let at = start; at < start + length; at++) hash = Math.imul(hash ^ view.getUint8(at), 0x01000193);
  return hash;
}

/** Whether a number is that of the ASCII text of `length` bytes at `at`: two texts may have the same hash. */
function isText(number: number, view: DataView, at: number, length: number): boolean {
  const text = numberedText(number);
  if (text.length !== length) return false;
  for (let index = 0; index < length; index++) {
    if (text.charCodeAt(index) !== view.getUint8(at + index)) return false;
  }
  return true;
}

/** The text of a number that is not 0. */
export function numberedText(number: number): string {
  return numbered[number] ?? "";
}

/** Short text that comes again and again: symbols, exchanges, tapes, conditions. */
export function internText(bytes: Uint8Array, start: number, length: number): string {
  if (length === 1) {
    const byte = bytes[start] ?? 0;
    if (byte < 128) return ASCII[byte] ?? "";
  }
  if (length === 0) return "";
  const number = internNumber(bytes, start, length);
  return number === 0 ? decodeText(bytes, start, length) : numberedText(number);
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

/** A new array for a key made by {@link mixCondition}; undefined for -1. */
export function ownConditions(key: number): string[] | undefined {
  if (key < 128) return key < 0 ? undefined : [];
  if (key < 128 ** 2) return [asciiText(key & 127)];
  return [...(ownConditions(key >>> 7) ?? []), asciiText(key & 127)];
}

/** The frozen list for a key made by {@link mixCondition}. */
export function internConditionsByKey(key: number): readonly string[] {
  const recent = (key ^ (key >>> 7)) & (RECENT - 1);
  if (recentKeys[recent] === key) return recentLists[recent] ?? NO_CONDITIONS;
  const list = listsByKey.get(key) ?? addByKey(key);
  recentKeys[recent] = key;
  recentLists[recent] = list;
  return list;
}

/** The list for a key if it was used lately; undefined otherwise, and nothing is added. */
export function knownConditions(key: number): readonly string[] | undefined {
  const recent = (key ^ (key >>> 7)) & (RECENT - 1);
  return recentKeys[recent] === key ? recentLists[recent] : undefined;
}

function addByKey(key: number): readonly string[] {
  const frozen = internConditions(ownConditions(key) ?? []);
  if (listsByKey.size < WIRE_LIMITS.maxInternedConditions) listsByKey.set(key, frozen);
  return frozen;
}

/** The frozen list equal to `conditions`; a text stands for a list of one, an empty text for none. */
export function internConditions(conditions: string | readonly string[]): readonly string[] {
  if (conditions.length === 0) return NO_CONDITIONS;
  const list = typeof conditions === "string" ? [conditions] : conditions;
  const text = JSON.stringify(list);
  const known = listsByText.get(text);
  if (known !== undefined) return known;
  const frozen = Object.freeze([...list]);
  if (listsByText.size < WIRE_LIMITS.maxInternedConditions && text.length <= WIRE_LIMITS.maxInternedConditionsLength) {
    listsByText.set(text, frozen);
  }
  return frozen;
}
