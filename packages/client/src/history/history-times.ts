import { shownValue } from "../checks/shown-value.ts";
import { formatTimestamp, fromNanoseconds, parseTimestamp, toNanoseconds } from "../wire/index.ts";

/**
 * A time: a `Date`; RFC 3339 with a zone and up to nine digits, such as `2025-11-14T09:30:00-05:00`; a day such
 * as `2025-11-14`, which the server reads; or nanoseconds since the Unix epoch.
 */
export type HistoryTime = Date | string | bigint;

const DAY = /^\d{4}-\d\d-\d\d$/;
const ZONED = /(?:z|[+-]\d\d:?\d\d)$/i;

/** First and last time of {@link HistoryTime} in nanoseconds: the years 0 to 9999. */
const FIRST_NS = -62_167_219_200_000_000_000n;
const LAST_NS = 253_402_300_799_999_999_999n;

/**
 * A time as a request has it.
 *
 * @throws TypeError for a value that is no time, and for a time without its zone.
 */
export function requestTime(name: string, time: HistoryTime): string {
  if (typeof time === "bigint") return nanosecondsText(name, time);
  if (time instanceof Date) {
    if (Number.isNaN(time.getTime())) throw new TypeError(`${name} is an invalid Date`);
    return nanosecondsText(name, BigInt(time.getTime()) * 1_000_000n);
  }
  if (typeof time !== "string") throw new TypeError(`${expected(name)}, got ${shownValue(time)}${advice(time)}`);
  const parts = parseTimestamp(DAY.test(time) ? `${time}T00:00Z` : time);
  if (parts === undefined) throw new TypeError(`${expected(name)}, got ${shownValue(time)}`);
  if (DAY.test(time)) return time;
  if (!ZONED.test(time))
    throw new TypeError(`${name} needs its zone, got ${shownValue(time)}: add Z, or an offset such as -05:00`);
  return formatTimestamp(parts.seconds, parts.nanos);
}

/**
 * A time in nanoseconds since the Unix epoch; a day begins at midnight in UTC.
 *
 * @throws TypeError as {@link requestTime}.
 */
export function timeNs(name: string, time: HistoryTime): bigint {
  if (typeof time === "bigint") return time;
  const text = requestTime(name, time);
  const { seconds, nanos } = parseTimestamp(DAY.test(text) ? `${text}T00:00Z` : text) ?? { seconds: 0, nanos: 0 };
  return toNanoseconds(seconds, nanos); // requestTime has parsed it
}

/** A time in nanoseconds as a request has it. */
export function nanosecondsText(name: string, timestampNs: bigint): string {
  if (timestampNs < FIRST_NS || timestampNs > LAST_NS)
    throw new TypeError(`${name} must be nanoseconds of the years 0 to 9999, got ${timestampNs}`);
  const { seconds, nanos } = fromNanoseconds(timestampNs);
  return formatTimestamp(seconds, nanos);
}

function expected(name: string): string {
  return `${name} must be a Date, a time such as "2025-11-14T14:30:00Z", or nanoseconds as a bigint`;
}

function advice(time: unknown): string {
  return typeof time === "number" ? ": for milliseconds write new Date(…)" : "";
}
