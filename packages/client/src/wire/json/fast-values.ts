import { asciiText, decodeText, EMPTY_CONDITIONS_KEY, mixCondition } from "../interning.ts";
import type { Id } from "../market-record.ts";
import { nineDigits, parseSecond } from "../timestamp.ts";
import { EXACT_DIGITS, EXACT_POWERS, exactInteger } from "./exact-numbers.ts";

/*
 * The values of the fast path of JSON. A value that is read by a function has two: one finds its end,
 * the other reads it. A pair in one result would be an object for each value.
 */

const QUOTE = 0x22;
const COMMA = 0x2c;
const POINT = 0x2e;
const ZERO = 0x30;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const Z_QUOTE = 0x5a22;

/** Four times a byte. */
const QUOTES = 0x22222222;
const COMMAS = 0x2c2c2c2c;
const ZEROS = 0x30303030;

/** Bytes that are searched for the end of a value, itself included. */
const SEARCHED_BYTES = 20;

/** Decimal digits that always fit an integer of 32 bits. */
const SHORT_DIGITS = 9;
/** Digits of every integer below 10^19, which is below 2^64. */
const LONG_DIGITS = 19;

/** Returns where the quote stands that ends a string; 0 for a string of 20 bytes or more. */
export function textEnd(view: DataView, at: number): number {
  return indexOf(view, at, QUOTES);
}

/** Returns where the comma stands behind a number; 0 if there is none within 20 bytes. */
export function numberEnd(view: DataView, at: number): number {
  return indexOf(view, at, COMMAS);
}

/** Returns the first place of a byte, given four times; 0 if it is not found. */
function indexOf(view: DataView, start: number, bytes: number): number {
  for (let at = start; at < start + SEARCHED_BYTES; at += 4) {
    const rest = view.getInt32(at, true) ^ bytes; // 0 where the byte is
    const found = (rest - 0x01010101) & ~rest & 0x80808080; // exact for the first one
    if (found !== 0) return (at + ((31 - Math.clz32(found & -found)) >>> 3)) | 0;
  }
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

/** Whether a number may start here: with a digit, and no 0 in front of another one. */
export function startsNumber(view: DataView, at: number): boolean {
  const first = view.getUint16(at); // two characters: 0x3030 is `00`
  return first >= 0x3000 && first < 0x3a00 && (first < 0x3030 || first > 0x3039);
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

/** Returns the key of one-letter conditions from behind the bracket on; -1 for any others. */
export function conditionsKey(view: DataView, at: number): number {
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

/** Returns where conditions end, behind the closing bracket, by their key. */
export function conditionsEnd(at: number, key: number): number {
  return key === EMPTY_CONDITIONS_KEY ? at + 1 : at + 4 * (((31 - Math.clz32(key)) / 7) | 0);
}

/** Bytes of a time up to its fraction: `2025-11-14T14:30:00`. */
export const SECOND_BYTES = 19;
/** Bytes of a time with nine digits: `2025-11-14T14:30:00.123456789Z`. */
const FULL_BYTES = 30;

/** The second that was read last: times come in order, so it is the next one's, too. */
const lastBytes = new Uint8Array(SECOND_BYTES);
const last = new DataView(lastBytes.buffer);
let lastSecond: number | undefined;
let lastText = "";

/** Returns the seconds of a time; undefined if they cannot be read. */
export function secondsAt(view: DataView, at: number): number | undefined {
  if (
    view.getInt32(at) === last.getInt32(0) &&
    view.getInt32(at + 4) === last.getInt32(4) &&
    view.getInt32(at + 8) === last.getInt32(8) &&
    view.getInt32(at + 12) === last.getInt32(12) &&
    view.getInt32(at + 15) === last.getInt32(15)
  ) {
    return lastSecond;
  }
  for (let index = 0; index < SECOND_BYTES; index++) lastBytes[index] = view.getUint8(at + index);
  lastText = decodeText(lastBytes, 0, SECOND_BYTES);
  lastSecond = parseSecond(lastText);
  return lastSecond;
}

/** Returns where the quote stands that ends a time, behind its `Z`; 0 for a time in another form. */
export function timeEnd(view: DataView, at: number): number {
  if (view.getUint16(at + 29) === Z_QUOTE) return at + 30; // nine digits, nearly always
  for (let zone = at + SECOND_BYTES; zone < at + 29; zone++) if (view.getUint16(zone) === Z_QUOTE) return zone + 1;
  return 0;
}

/** Returns the nanoseconds from the fraction's point up to `end`, the quote behind `Z`; -1 if they cannot be read. */
export function nanosBetween(view: DataView, point: number, end: number): number {
  const digits = end - point - 2;
  if (view.getUint8(point) !== POINT) return digits === -1 ? 0 : -1;
  if (digits !== 9) {
    const value = digits > 0 && digits < 9 ? digitsBetween(view, point + 1, end - 1) : -1;
    return value * (EXACT_POWERS[9 - digits] ?? 1);
  }
  const high = fourDigits(view.getInt32(point + 1, true));
  const middle = fourDigits(view.getInt32(point + 5, true));
  const low = view.getUint8(point + 9) - ZERO;
  return high < 0 || middle < 0 || low < 0 || low > 9 ? -1 : high * 100_000 + middle * 10 + low;
}

/** Returns the number of four digits, the first in the low byte; -1 if one is none. */
function fourDigits(word: number): number {
  const digits = (word - ZEROS) | 0;
  if ((((digits + 0x76767676) | digits) & 0x80808080) !== 0) return -1;
  const high = (digits & 0xff) * 10 + ((digits >>> 8) & 0xff);
  const low = ((digits >>> 16) & 0xff) * 10 + (digits >>> 24);
  return high * 100 + low;
}

/** Returns the string of the time that {@link secondsAt} has just read, with its nanoseconds, from its length. */
export function timeText(bytes: number, nanos: number): string {
  const text = `${lastText}.${nineDigits(nanos)}`;
  return bytes === FULL_BYTES ? `${text}Z` : `${text.slice(0, Math.max(bytes - 1, SECOND_BYTES))}Z`;
}
