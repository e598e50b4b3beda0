import {
  asciiText,
  decodeText,
  EMPTY_CONDITIONS_KEY,
  knownConditions,
  mixCondition,
  ownConditions,
} from "../interning.ts";
import type { Id } from "../market-record.ts";
import { nineDigits, parseSecond, type TimestampParts } from "../timestamp.ts";
import { EXACT_DIGITS, EXACT_POWERS, exactInteger } from "./exact-numbers.ts";

/*
 * The values of the fast path of JSON. A value that is read by a function has two: one finds its end,
 * the other reads it. A pair in one result would be an object for each value. A time, which has two parts,
 * leaves them in one object.
 */

const QUOTE = 0x22;
const COMMA = 0x2c;
const POINT = 0x2e;
const ZERO = 0x30;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const Z_QUOTE = 0x5a22;

/** Bytes that are searched for the end of a value, itself included. */
const SEARCHED_BYTES = 20;

/** Decimal digits that always fit an integer of 32 bits. */
const SHORT_DIGITS = 9;
/** Digits of every integer below 10^19, which is below 2^64. */
const LONG_DIGITS = 19;

/** Returns where the quote stands that ends a string; 0 for a string of 20 bytes or more. */
export function textEnd(view: DataView, at: number): number {
  return indexOf(view, at, QUOTE);
}

/** Returns where the comma stands behind a number; 0 if there is none within 20 bytes. */
export function numberEnd(view: DataView, at: number): number {
  return indexOf(view, at, COMMA);
}

/** Returns the first place of a byte; 0 if it is not found. Four bytes at once are not faster, as with digits. */
function indexOf(view: DataView, start: number, byte: number): number {
  for (let at = start; at < start + SEARCHED_BYTES; at = (at + 1) | 0) if (view.getUint8(at) === byte) return at;
  return 0;
}

/** The one-letter strings that JSON has without an escape, by their bytes; "" for others. */
const LETTERS: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte === QUOTE || byte === BACKSLASH ? "" : asciiText(byte),
);

/** Returns the string of one ASCII letter; "" for a letter that JSON escapes, and for no ASCII. */
export function letterText(byte: number): string {
  return LETTERS[byte] ?? "";
}

/** Returns digits without their point as the number that they are, by how many of them stand behind the point. */
export function scaled(mantissa: number, fraction: number): number {
  return mantissa / (EXACT_POWERS[fraction] ?? 1);
}

/** Whether `digits` digits may stand in front of a point: at least one, and no 0 before others. */
function isWhole(view: DataView, start: number, digits: number): boolean {
  return digits === 1 || (digits > 1 && view.getUint8(start) !== ZERO);
}

/** Returns a decimal number of up to 15 digits without sign and exponent; -1 for any other. */
export function amountBetween(view: DataView, start: number, end: number): number {
  let mantissa = 0;
  let point = end;
  for (let at = start; at < end; at++) {
    const digit = view.getUint8(at) - ZERO;
    if (digit >= 0 && digit <= 9) mantissa = mantissa * 10 + digit;
    else if (digit === POINT - ZERO && point === end) point = at;
    else return -1;
  }
  const fraction = end - point - 1; // -1 without a point
  const digits = fraction < 0 ? end - start : end - start - 1;
  if (digits > EXACT_DIGITS || fraction === 0 || !isWhole(view, start, point - start)) return -1;
  return fraction < 0 ? mantissa : scaled(mantissa, fraction);
}

/** Returns a whole number of up to 19 digits without a sign; -1 for any other. */
export function idBetween(view: DataView, start: number, end: number): Id {
  const digits = end - start;
  if (!isWhole(view, start, digits)) return -1;
  const split = Math.max(start, end - SHORT_DIGITS);
  const high = digitsBetween(view, start, split);
  const low = digitsBetween(view, split, end);
  if (digits > LONG_DIGITS || high < 0 || low < 0) return -1;
  if (digits <= EXACT_DIGITS) return high * 1e9 + low;
  return exactInteger(`${high}${String(low).padStart(SHORT_DIGITS, "0")}`);
}

/** Returns the value of up to fifteen digits; -1 for anything else. */
function digitsBetween(view: DataView, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = view.getUint8(at) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** The most conditions that are looked up by a key. */
const MAX_CONDITIONS = 4;

/**
 * Returns up to four one-letter conditions, from behind the bracket on: the shared array, or one of their
 * own for a raw record. Undefined for any others.
 */
export function conditionsAt(view: DataView, at: number, raw: boolean): readonly string[] | undefined {
  const key = conditionsKey(view, at);
  return raw ? ownConditions(key) : knownConditions(key);
}

function conditionsKey(view: DataView, at: number): number {
  let key = EMPTY_CONDITIONS_KEY;
  if (view.getUint8(at) === CLOSE_LIST) return key;
  for (let index = 0; index < MAX_CONDITIONS; index++) {
    const condition = view.getUint32(at + 4 * index); // such as `"@",` and `"@"]`
    const letter = (condition >>> 16) & 0xff;
    if (((condition & 0xff00ff00) | 0) !== 0x22002200 || letter === QUOTE || letter === BACKSLASH) return -1;
    key = mixCondition(key, letter);
    const next = condition & 0xff;
    if (next === CLOSE_LIST) return key;
    if (next !== COMMA) return -1;
  }
  return -1;
}

/** Returns where such conditions end, behind the closing bracket. */
export function conditionsEnd(view: DataView, at: number): number {
  if (view.getUint8(at) === CLOSE_LIST) return at + 1;
  let end = at + 3;
  while (view.getUint8(end) !== CLOSE_LIST && end < at + 4 * MAX_CONDITIONS) end += 4;
  return end + 1;
}

/** Bytes of a time up to its fraction: `2025-11-14T14:30:00`. */
const SECOND_BYTES = 19;
/** Bytes of a time with nine digits: `2025-11-14T14:30:00.123456789Z`. */
const FULL_BYTES = 30;
/** Bytes that {@link readTime} fetches: those of a time with nine digits, and a quote. */
export const TIME_BYTES: number = FULL_BYTES + 1;

/** The time that {@link readTime} read last. The next one mostly has the same second. */
export const lastTime = { seconds: 0, nanos: 0 };
const lastBytes = new Uint8Array(SECOND_BYTES);
const last = new DataView(lastBytes.buffer);
let lastText = "";
let isLastValid = false;

/** Reads a time as servers write it into {@link lastTime}. Returns where its quote stands; 0 for a time in another form. */
export function readTime(view: DataView, at: number): number {
  if (!isLastSecond(view, at)) readSecond(view, at);
  if (!isLastValid) return 0;
  let end = (at + SECOND_BYTES) | 0;
  let nanos = 0;
  if (view.getUint8(end) === POINT) {
    const start = ++end;
    for (; end < start + SHORT_DIGITS; end++) {
      const digit = view.getUint8(end) ^ ZERO; // 10 or more for anything else
      if (digit > 9) break;
      nanos = (Math.imul(nanos, 10) + digit) | 0;
    }
    if (end === start) return 0;
    nanos = Math.imul(nanos, EXACT_POWERS[start + SHORT_DIGITS - end] ?? 1);
  }
  lastTime.nanos = nanos;
  return view.getUint16(end) === Z_QUOTE ? (end + 1) | 0 : 0;
}

const encoder = new TextEncoder();
const ownBytes = new Uint8Array(TIME_BYTES);
const own = new DataView(ownBytes.buffer);

/** Reads a time as {@link readTime} does, from a string: the regular expression of all notations takes several times as long. */
export function plainTime(text: string): TimestampParts | undefined {
  const { written } = encoder.encodeInto(`${text}"`, ownBytes);
  const end = readTime(own, 0);
  // Bytes behind those that were written are of another string.
  return end > 0 && end === text.length && end < written ? { ...lastTime } : undefined;
}

function isLastSecond(view: DataView, at: number): boolean {
  // Eight bytes at once, as a double: no time has the bytes of NaN or 0, the ones that compare differently.
  return (
    view.getFloat64(at) === last.getFloat64(0) &&
    view.getFloat64(at + 8) === last.getFloat64(8) &&
    view.getInt32(at + 15) === last.getInt32(15)
  );
}

function readSecond(view: DataView, at: number): void {
  for (let index = 0; index < SECOND_BYTES; index++) lastBytes[index] = view.getUint8(at + index);
  lastText = decodeText(lastBytes, 0, SECOND_BYTES);
  const seconds = parseSecond(lastText);
  isLastValid = seconds !== undefined;
  lastTime.seconds = seconds ?? 0;
}

/** Returns the string of the time that {@link readTime} has just read, from its length. */
export function timeText(bytes: number): string {
  const text = `${lastText}.${nineDigits(lastTime.nanos)}`;
  return bytes === FULL_BYTES ? `${text}Z` : `${text.slice(0, Math.max(bytes - 1, SECOND_BYTES))}Z`;
}
