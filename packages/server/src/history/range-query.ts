import { parseTimestamp, type TimestampParts } from "@tickerplant/client/wire";
import { HISTORY_LIMITS } from "./limits.ts";
import { RestError } from "./rest-error.ts";
import type { DayOf } from "./timeframe.ts";

/** What every request for a range of time has. */
export interface RangeQuery {
  /** The first time, inclusive. */
  readonly from: TimestampParts;
  /** The last time, inclusive. */
  readonly to: TimestampParts;
  /** Records of the page. */
  readonly limit: number;
  readonly isDescending: boolean;
}

const LAST_NANO = 999_999_999;

/**
 * Reads a range of time. `lastSeconds` is the end where the request has none. A date is a whole day: its
 * beginning as `start`, its end as `end`.
 *
 * @throws RestError 400 for parameters that make no sense.
 */
export function rangeQuery(query: URLSearchParams, nowSeconds: number, lastSeconds: number, dayOf: DayOf): RangeQuery {
  const from = readTime(query, "start", dayOf) ?? wholeSeconds(dayOf(nowSeconds).start);
  const to = readTime(query, "end", dayOf) ?? wholeSeconds(lastSeconds);
  if (to.seconds < from.seconds || (to.seconds === from.seconds && to.nanos < from.nanos))
    throw new RestError(400, "end should not be before start");
  return { from, to, limit: readLimit(query.get("limit")), isDescending: readSort(query.get("sort")) };
}

/** Checks the parameters that concern money: amounts are in dollars, as they were published. */
export function checkCurrency(query: URLSearchParams): void {
  const currency = query.get("currency") ?? "USD";
  if (currency !== "USD") throw new RestError(400, `invalid currency: ${shown(currency)}`);
}

const ADJUSTMENTS = ["raw", "split", "dividend", "spin-off", "all"];

/** Checks the adjustment. All are answered alike: the gateway knows of no corporate actions. */
export function checkAdjustment(query: URLSearchParams): void {
  const adjustment = query.get("adjustment") ?? "raw";
  if (!adjustment.split(",").every((name) => ADJUSTMENTS.includes(name)))
    throw new RestError(400, `invalid adjustment: ${shown(adjustment)}`);
}

/** Returns a parameter as an error shows it: not whole, where it is long. */
export function shown(value: string): string {
  return value.slice(0, 64);
}

/**
 * Reads one end of a range; undefined if the request has none.
 *
 * @throws RestError 400 for anything that is no time.
 */
export function readTime(query: URLSearchParams, name: "start" | "end", dayOf: DayOf): TimestampParts | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  const noon = /^\d{4}-\d\d-\d\d$/.test(text) ? parseTimestamp(`${text}T12:00:00Z`) : undefined;
  if (noon !== undefined) {
    const day = dayOf(noon.seconds);
    return name === "start" ? wholeSeconds(day.start) : { seconds: day.end - 1, nanos: LAST_NANO };
  }
  const time = parseTimestamp(text);
  if (time !== undefined) return time;
  throw new RestError(
    400,
    `Invalid format for parameter ${name}: error parsing '${shown(text)}' as RFC3339 or 2006-01-02 time: cannot parse '${shown(text)}'`,
  );
}

function wholeSeconds(seconds: number): TimestampParts {
  return { seconds: Math.floor(seconds), nanos: seconds % 1 === 0 ? 0 : LAST_NANO };
}

function readLimit(text: string | null): number {
  if (text === null || text === "") return HISTORY_LIMITS.defaultPageRecords;
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit >= 1 && limit <= HISTORY_LIMITS.maxPageRecords) return limit;
  throw new RestError(400, `invalid limit: ${shown(text)}; it must be between 1 and ${HISTORY_LIMITS.maxPageRecords}`);
}

function readSort(text: string | null): boolean {
  if (text === null || text === "" || text === "asc") return false;
  if (text === "desc") return true;
  throw new RestError(400, `invalid sort: ${shown(text)}`);
}
