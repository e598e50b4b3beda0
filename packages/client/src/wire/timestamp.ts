/**
 * Time on the wire is Unix time in whole seconds and nanoseconds of the second, stored as two plain
 * integers: exact, and without allocation until a `Date` or a `bigint` is read.
 */

const SECONDS_PER_DAY = 86_400;

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
 * RFC 3339, and the notations of other encoders that have one meaning: a space instead of `T` (Python), no
 * seconds (Java), a comma before the fraction (ISO 8601). A zone is `Z`, an offset, or the name of UTC; a
 * space before it (Ruby); behind it another name (Go, RFC 9557), which adds nothing to an offset. No zone
 * is UTC, as everywhere on the wire.
 */
const TIME =
  /^(\d{4}-\d\d-\d\d)[t ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d+))?)?( ?(?:z|utc|gmt|([+-])(\d\d)(?::?(\d\d))?)(?: [a-z]{1,5}|\[[^\]]*\])?)?$/i;

/**
 * Reads one time from a string, in any notation that the wire allows (PROTOCOL.md); undefined for anything
 * else. Of a fraction, digits behind the ninth must be zeros: dropping them would lose time.
 */
export function parseTimestamp(text: string): TimestampParts | undefined {
  const parts = TIME.exec(text);
  if (parts === null) return undefined;
  const [, date, minute, second = "00", fraction = "", zone = "", sign, zoneHours = "00", zoneMinutes = "00"] = parts;
  const isLeap = second === "60";
  const local = parseSecond(`${date}T${minute}:${isLeap ? "59" : second}`);
  if (local === undefined || zoneHours > "23" || zoneMinutes > "59") return undefined;
  if (zone.length > MAX_ZONE_LENGTH || /[1-9]/.test(fraction.slice(9))) return undefined;
  const offset = Number(zoneHours) * 3600 + Number(zoneMinutes) * 60;
  const seconds = local + Number(isLeap) - (sign === "-" ? -offset : offset);
  // A leap second ends a day of UTC. Unix time has none: it is the next day's first second.
  if (isLeap && seconds % SECONDS_PER_DAY !== 0) return undefined;
  if (seconds < FIRST_SECOND || seconds > LAST_SECOND) return undefined; // an offset may lead out of the years
  return { seconds, nanos: Number(fraction.slice(0, 9).padEnd(9, "0")) };
}

const SECOND = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/;

/** Reads a time in UTC as `2025-11-14T14:30:00`, in whole seconds; undefined for anything else. */
export function parseSecond(text: string): number | undefined {
  const time = new Date(`${text}Z`);
  // An hour of 24, or a day that the month does not have, has become another day.
  const isDay = time.getUTCDate() === Number(text.slice(8, 10));
  return isDay && SECOND.test(text) ? asInteger(time.getTime() / 1000) : undefined;
}

/** The same number as an integer if it has 32 bits: V8 would keep the result of a division in an object, for each record. */
function asInteger(value: number): number {
  return value === (value | 0) ? value | 0 : value;
}

let lastSecond = Number.NaN;
let lastSecondText = "";

/** `2025-11-14T14:30:00`, from whole seconds. The last one is stored: times come in order. */
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

/** RFC 3339 in UTC with nine digits, always: lines of a log are easier to compare. */
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
