import * as WIRE_LIMITS from "./limits.ts";

/**
 * One string per symbol, exchange, tape or condition, and one frozen array per set of conditions:
 * found by bytes, so that no string is built twice. The tables are caches that every reader shares;
 * they have limits, and hold nothing but strings that came over the wire.
 */

// A string is what the server sent: without this, one that begins with U+FEFF would lose it.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

/** The 128 ASCII characters as strings: exchanges, tapes and most conditions are one of them. */
const ASCII: readonly string[] = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));

/** Bytes of a string that is joined character by character. V8 joins up to 12 into one piece of memory. */
const MAX_JOINED_BYTES = 12;

/** Bytes that fit two integers. The symbols of nearly all stocks do. */
const MAX_KEY_BYTES = 8;
/** Bytes of the longest string that has a number. `SUSHI/USDC` has ten. */
const MAX_NUMBERED_BYTES = 16;

/** What begins an escape in a string of JSON. */
const BACKSLASH = 0x5c;

/** Returns a string that is not interned: messages, names of keys. Bytes that are not UTF-8 become U+FFFD. */
export function decodeText(bytes: Uint8Array, start: number, length: number): string {
  return joinedText(bytes, start, length) ?? decoder.decode(bytes.subarray(start, start + length));
}

/** A short string of ASCII, joined by character: a call of the platform's decoder costs more. */
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

/** The strings by their numbers, from 1. */
const numbered: string[] = [""];

/*
 * The numbers of strings by their bytes: open addressing with linear probing, no object per entry. A
 * string of up to eight bytes has its bytes as its key, two big-endian integers with zeros behind the
 * last byte, and its length. A longer one has a hash, zero and its length.
 */

/** Integers of a slot, which is in one cache line: the key's two, the length, and the number. */
const SLOT = 4;
/** Small at first, so that a few thousand symbols stay in the processor's cache. */
let slots = new Int32Array(1024 * SLOT);
let mask = 1024 - 1;
const MAX_SLOTS = 65_536;
/**
 * Limit of slots that are probed for one string. A table three quarters full needs a handful; more
 * means strings chosen to collide, and those are built for each record instead.
 */
const MAX_PROBES = 128;

/**
 * The bits that a string has in the second integer of its key, by its length, and four places further on those in
 * the first. A table, because lengths vary too much for the processor to predict a branch.
 */
const BITS = Int32Array.of(0, 0, 0, 0, 0, 0xff000000, 0xffff0000, 0xffffff00, -1, -1, -1, -1, -1);

/** Returns where the slot is that has a key or is free for it; negative after too many probes. */
function slotOf(low: number, high: number, length: number): number {
  const mixed = Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b);
  let slot = mixed ^ (mixed >>> 15);
  for (let probe = 0; probe < MAX_PROBES; probe++) {
    const at = (slot++ & mask) * SLOT;
    const isSame = slots[at] === low && slots[at + 1] === high && slots[at + 2] === length;
    if (isSame || slots[at + 3] === 0) return at;
  }
  return -SLOT;
}

/** Returns the number of a key; 0 without one. */
function numberOf(low: number, high: number, length: number): number {
  return slots[slotOf(low, high, length) + 3] ?? 0;
}

/** Adds a string under its key and returns its number; 0 if there is no place for it. */
function add(low: number, high: number, text: string): number {
  const at = slotOf(low, high, text.length);
  // A number at the place is that of another string with the same hash.
  if (at < 0 || slots[at + 3] !== 0 || numbered.length > WIRE_LIMITS.maxInternedSymbols) return 0;
  const number = numbered.push(text) - 1;
  slots.set([low, high, text.length, number], at);
  if (number * 2 > mask && mask < MAX_SLOTS - 1) grow();
  return number;
}

function grow(): void {
  const old = slots;
  slots = new Int32Array(old.length * 2);
  mask = mask * 2 + 1;
  for (let at = 0; at < old.length; at += SLOT) {
    const [low = 0, high = 0, length = 0, number] = old.subarray(at, at + SLOT);
    if (number !== 0) slots.set(old.subarray(at, at + SLOT), slotOf(low, high, length));
  }
}

/**
 * Returns the number of a string that has one, with 8 bytes to fetch from `at`: 0 for any other, and nothing
 * is added. It is an index for tables of other layers, and stays the same for the life of the process.
 */
export function knownSymbol(view: DataView, at: number, length: number): number {
  if (length < 0 || length > MAX_KEY_BYTES) return knownLongSymbol(view, at, length);
  const low = view.getInt32(at) & (BITS[length + 4] ?? 0);
  const high = view.getInt32(at + 4) & (BITS[length] ?? 0);
  return numberOf(low, high, length);
}

function knownLongSymbol(view: DataView, at: number, length: number): number {
  if (length < 0 || length > MAX_NUMBERED_BYTES) return 0;
  const number = numberOf(hashOf(view, at, length), 0, length);
  return isText(number, view, at, length) ? number : 0;
}

/** A hash of more than eight bytes: 32-bit FNV-1a. */
function hashOf(view: DataView, start: number, length: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let at = start; at < start + length; at++) hash = Math.imul(hash ^ view.getUint8(at), 0x01000193);
  return hash;
}

/** Whether a number is that of the ASCII string of `length` bytes at `at`: two strings may have the same hash. */
function isText(number: number, view: DataView, at: number, length: number): boolean {
  const text = numberedText(number);
  if (text.length !== length) return false;
  for (let index = 0; index < length; index++) {
    if (text.charCodeAt(index) !== view.getUint8(at + index)) return false;
  }
  return true;
}

/** The bytes of one string, zeros behind them, so that all of them can be fetched. */
const padded = new DataView(new ArrayBuffer(MAX_NUMBERED_BYTES));

/**
 * Returns the number of a short string that repeats, and adds the string if it has none; see {@link knownSymbol}.
 * 0 for a string that is too long or is not ASCII, and when no more are numbered.
 *
 * A string with a backslash has no number either: in the bytes of JSON it begins an escape, and the number
 * would be found by the bytes of another string.
 */
export function internSymbol(bytes: Uint8Array, start: number, length: number): number {
  if (length === 0 || length > MAX_NUMBERED_BYTES) return 0;
  padded.setFloat64(0, 0);
  padded.setFloat64(8, 0);
  for (let at = 0; at < length; at++) {
    const byte = bytes[start + at] ?? 0;
    if (byte === 0 || byte >= 128 || byte === BACKSLASH) return 0;
    padded.setUint8(at, byte);
  }
  const number = knownSymbol(padded, 0, length);
  if (number !== 0) return number;
  const isLong = length > MAX_KEY_BYTES;
  const low = isLong ? hashOf(padded, 0, length) : padded.getInt32(0);
  return add(low, isLong ? 0 : padded.getInt32(4), decodeText(bytes, start, length));
}

/** As {@link internSymbol}, for a string. */
export function symbolNumberOf(symbol: string): number {
  const bytes = encoder.encode(symbol);
  return internSymbol(bytes, 0, bytes.length);
}

/** The string of a number that is not 0. */
export function numberedText(number: number): string {
  return numbered[number] ?? "";
}

/** Returns a short string that repeats: a symbol, an exchange, a tape, a condition. */
export function internText(bytes: Uint8Array, start: number, length: number): string {
  if (length === 1) return ASCII[bytes[start] ?? 0] ?? decodeText(bytes, start, 1);
  const number = internSymbol(bytes, start, length);
  return number === 0 ? decodeText(bytes, start, length) : numberedText(number);
}

/** The array without conditions. */
export const NO_CONDITIONS: readonly string[] = Object.freeze([]);

const listsByText = new Map<string, readonly string[]>();

/** The key of an empty array of one-letter conditions; each condition is mixed in by {@link mixCondition}. */
export const EMPTY_CONDITIONS_KEY = 1;

/** Conditions that fit one key: the leading 1 and four times 7 bits stay a small integer. */
const MAX_KEY_CONDITIONS = 4;

/** The key with one more one-letter ASCII condition; -1 when it no longer fits an integer. */
export function mixCondition(key: number, letter: number): number {
  if (key < 0 || letter >= 128 || key >= 128 ** MAX_KEY_CONDITIONS) return -1;
  return key * 128 + letter;
}

/** The arrays used last, by the low bits of their keys: a handful make up nearly the whole tape. */
const RECENT = 1024;
const recentKeys = new Int32Array(RECENT);
const recentLists: (readonly string[])[] = new Array<readonly string[]>(RECENT).fill(NO_CONDITIONS);

/** A new array for a key made by {@link mixCondition}; undefined for -1. */
export function ownConditions(key: number): string[] | undefined {
  if (key < 128) return key < 0 ? undefined : [];
  if (key < 128 ** 2) return [asciiText(key & 127)];
  return [...(ownConditions(key >>> 7) ?? []), asciiText(key & 127)];
}

/** The frozen array for a key if it was used lately; undefined otherwise, and nothing is added. */
export function knownConditions(key: number): readonly string[] | undefined {
  const recent = recentOf(key);
  return recentKeys[recent] === key ? recentLists[recent] : undefined;
}

function recentOf(key: number): number {
  return (key ^ (key >>> 7)) & (RECENT - 1);
}

/** The frozen array equal to `conditions`; a string stands for an array of one, an empty string for none. */
export function internConditions(conditions: string | readonly string[]): readonly string[] {
  if (typeof conditions === "string") return internConditions(conditions === "" ? [] : [conditions]);
  let key = EMPTY_CONDITIONS_KEY;
  for (const condition of conditions) {
    key = condition.length === 1 ? mixCondition(key, condition.charCodeAt(0)) : -1;
  }
  const known = knownConditions(key);
  if (known !== undefined) return known;
  const frozen = conditions.length === 0 ? NO_CONDITIONS : internList(conditions);
  if (key >= 0) {
    recentKeys[recentOf(key)] = key;
    recentLists[recentOf(key)] = frozen;
  }
  return frozen;
}

function internList(list: readonly string[]): readonly string[] {
  const text = JSON.stringify(list);
  const known = listsByText.get(text);
  if (known !== undefined) return known;
  const frozen = Object.freeze([...list]);
  if (listsByText.size < WIRE_LIMITS.maxInternedConditions && text.length <= WIRE_LIMITS.maxInternedConditionsLength) {
    listsByText.set(text, frozen);
  }
  return frozen;
}
