/**
 * Time on the wire is Unix time in whole seconds and nanoseconds of the second, kept as two plain
 * integers: exact, and free of allocation until a `Date` or a `bigint` is read.
 */

const SECONDS_PER_DAY = 86_400;
const MS_PER_DAY = 86_400_000;

const POWERS_OF_TEN = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9] as const;

/** Characters of the shortest time, `2025-11-14T14:30`. */
const MINUTE_LENGTH = 16;
/** Characters of a zone that is read: an offset and the longest name, `[America/Argentina/ComodRivadavia]`. */
const MAX_ZONE_LENGTH = 48;

/** The first and last second that RFC 3339 can write: the years 0000 to 9999. */
export const FIRST_SECOND = -62_167_219_200;
export const LAST_SECOND = 253_402_300_799;

/** A time in the two parts that the wire has. */
export interface TimestampParts {
  /** Whole seconds since 1970-01-01T00:00:00Z; negative before it. */
  readonly seconds: number;
  /** Nanoseconds of that second, 0 to 999,999,999. */
  readonly nanos: number;
}

/**
 * Reads RFC 3339 times from bytes, and the spellings of other encoders that have one meaning: a blank
 * instead of `T` (Python), no seconds (Java), a comma before the fraction (ISO 8601), other spellings of
 * the zone ({@link ZONE}), and no zone, which is UTC as everywhere on the wire. Fractions may have 0 to
 * 9 digits; further digits must be zeros, because dropping them would lose time. Keeps the last date,
 * which repeats all day.
 */
export class TimestampParser implements TimestampParts {
  seconds = 0;
  nanos = 0;
  #lastDate = -1;
  #lastDay = 0;

  /** Parses `bytes[start..end)` into `seconds` and `nanos`; false when it is no time of the years 0 to 9999 in UTC. */
  parse(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < MINUTE_LENGTH) return false;
    const year = digits(bytes, start, 4);
    const month = digits(bytes, start + 5, 2);
    const day = digits(bytes, start + 8, 2);
    const hour = digits(bytes, start + 11, 2);
    const minute = digits(bytes, start + 14, 2);
    let at = start + MINUTE_LENGTH;
    let second = 0;
    let nanos = 0;
    const hasSeconds = at < end && bytes[at] === 0x3a;
    if (hasSeconds) {
      second = digits(bytes, at + 1, 2);
      at += 3;
    }
    if ((year | month | day | hour | minute | second) < 0) return false;
    if (bytes[start + 4] !== 0x2d || bytes[start + 7] !== 0x2d) return false;
    const separator = bytes[start + 10] ?? 0;
    if ((separator | 0x20) !== 0x74 && separator !== 0x20) return false;
    if (bytes[start + 13] !== 0x3a) return false;
    if (hour > 23 || minute > 59 || second > 60) return false;

    const date = (year * 100 + month) * 100 + day;
    if (date !== this.#lastDate) {
      const time = new Date(0).setUTCFullYear(year, month - 1, day);
      // What is no day of that month has become one of another.
      if (new Date(time).getUTCMonth() !== month - 1) return false;
      this.#lastDate = date;
      this.#lastDay = time / MS_PER_DAY;
    }

    if (hasSeconds && at < end && (bytes[at] === 0x2e || bytes[at] === 0x2c)) {
      at++;
      const first = at;
      for (; at < end; at++) {
        const digit = (bytes[at] ?? 0) - 0x30;
        if (digit < 0 || digit > 9) break;
        if (at - first < 9) nanos = nanos * 10 + digit;
        else if (digit !== 0) return false;
      }
      const count = at - first;
      if (count === 0) return false;
      if (count < 9) nanos *= POWERS_OF_TEN[9 - count] ?? 1;
    }

    const offset = zoneOffset(bytes, at, end);
    if (offset === undefined) return false;
    const seconds = this.#lastDay * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second - offset;
    // A leap second ends a day of UTC. Unix time has none: it is the next day's first second.
    if (second === 60 && seconds % SECONDS_PER_DAY !== 0) return false;
    if (seconds < FIRST_SECOND || seconds > LAST_SECOND) return false; // an offset may lead out of the years
    this.seconds = seconds;
    this.nanos = nanos;
    return true;
  }
}

/** `count` decimal digits as a number, or -1. */
function digits(bytes: Uint8Array, start: number, count: number): number {
  let value = 0;
  for (let at = start; at < start + count; at++) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/**
 * A zone in other spellings than `Z`: an offset, or the name of UTC; a blank before it (Ruby); behind
 * it another name (Go, RFC 9557), which adds nothing to an offset.
 */
const ZONE = /^ ?(?:z|utc|gmt|([+-])(\d\d)(?::?(\d\d))?)(?: [a-z]{1,5}|\[[^\]]*\])?$/i;

/** Seconds east of UTC for what stands at `at`, which must be all that is left; else undefined. */
function zoneOffset(bytes: Uint8Array, at: number, end: number): number | undefined {
  if (at === end || (at + 1 === end && bytes[at] === 0x5a)) return 0;
  const zone = ZONE.exec(String.fromCharCode(...bytes.subarray(at, Math.min(end, at + MAX_ZONE_LENGTH + 1))));
  if (zone === null || end - at > MAX_ZONE_LENGTH) return undefined;
  const [, sign, hours = "00", minutes = "00"] = zone;
  if (hours > "23" || minutes > "59") return undefined;
  const offset = Number(hours) * 3600 + Number(minutes) * 60;
  return sign === "-" ? -offset : offset;
}

const encoder = new TextEncoder();
/** Room for the times of the wire: raw records come with one each. */
const shortText = new Uint8Array(64);
const textParser = new TimestampParser();

/** Reads one time from a string, in any spelling that the wire allows (PROTOCOL.md); undefined when it is none. */
export function parseTimestamp(text: string): TimestampParts | undefined {
  let bytes = shortText;
  let { length } = text;
  if (length > bytes.length) {
    bytes = encoder.encode(text);
    length = bytes.length;
  } else {
    // A character beyond Latin-1 is cut to a byte that may look like a digit.
    for (let at = 0; at < length; at++) {
      const code = text.charCodeAt(at);
      if (code > 0x7f) return undefined;
      bytes[at] = code;
    }
  }
  if (!textParser.parse(bytes, 0, length)) return undefined;
  return { seconds: textParser.seconds, nanos: textParser.nanos };
}

let lastSecond = Number.NaN;
let lastSecondText = "";

/** `2025-11-14T14:30:00`, from whole seconds. The last one is kept: times come in order. */
function secondText(seconds: number): string {
  if (seconds !== lastSecond) {
    lastSecondText = new Date(seconds * 1000).toISOString().slice(0, -5);
    lastSecond = seconds;
  }
  return lastSecondText;
}

/** Three digits for each number below 1,000: joined, they cost less than the digits of a larger number. */
const THREE_DIGITS: readonly string[] = Array.from({ length: 1000 }, (_, value) => String(value).padStart(3, "0"));

/** The nine digits of a fraction in nanoseconds. */
export function nineDigits(nanos: number): string {
  const micros = (nanos / 1000) | 0;
  const millis = (micros / 1000) | 0;
  return `${THREE_DIGITS[millis]}${THREE_DIGITS[micros - millis * 1000]}${THREE_DIGITS[nanos - micros * 1000]}`;
}

/** RFC 3339 in UTC as the wire writes it: trailing zeros of the fraction cut, no point without one. */
export function formatTimestamp(seconds: number, nanos: number): string {
  if (nanos === 0) return `${secondText(seconds)}Z`;
  let end = 9;
  for (let rest = nanos; rest % 10 === 0; rest /= 10) end--;
  const digits = nineDigits(nanos);
  return `${secondText(seconds)}.${end === 9 ? digits : digits.slice(0, end)}Z`;
}

/** RFC 3339 in UTC with nine digits, always: for people, who compare lines by eye. */
export function formatNanoseconds(seconds: number, nanos: number): string {
  return `${secondText(seconds)}.${nineDigits(nanos)}Z`;
}

/** Nanoseconds since the Unix epoch. */
export function toNanoseconds(seconds: number, nanos: number): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
}

/** Seconds and nanoseconds of a time in nanoseconds since the Unix epoch. */
export function fromNanoseconds(timestampNs: bigint): TimestampParts {
  const nanos = ((timestampNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  return { seconds: Number((timestampNs - nanos) / 1_000_000_000n), nanos: Number(nanos) };
}
