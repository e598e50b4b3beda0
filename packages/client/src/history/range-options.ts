import { ABORT_SIGNAL, type Check, type OptionChecks, oneOf, POSITIVE_INTEGER } from "../checks/option-checks.ts";
import { type HistoryTime, requestTime } from "./history-times.ts";

/** The order of a symbol's records. */
export const Sort = { ASC: "asc", DESC: "desc" } as const;

/** One of the values of {@link Sort}. */
export type Sort = (typeof Sort)[keyof typeof Sort];

/** Options of every request. */
export interface RequestOptions {
  /** Ends the request; what waits for it throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of a request for a range of time. */
export interface RangeOptions extends RequestOptions {
  /**
   * First time; inclusive.
   *
   * @defaultValue the server's: the beginning of the current day
   */
  readonly start?: HistoryTime | undefined;
  /**
   * Last time; inclusive.
   *
   * @defaultValue the server's: now, or 15 minutes ago, by plan
   */
  readonly end?: HistoryTime | undefined;
  /**
   * Records at most, over all symbols.
   *
   * @defaultValue all
   */
  readonly limit?: number | undefined;
  /**
   * The order of each symbol's records by time; symbols come one after the other.
   *
   * @defaultValue `asc`, the oldest first
   */
  readonly sort?: Sort | undefined;
}

const TIME: Check = {
  expected: 'a Date, a time such as "2025-11-14T14:30:00Z", or nanoseconds as a bigint',
  accepts: () => true, // requestTime checks it, with advice
};

/** What each of {@link RequestOptions} must be. */
export const REQUEST_OPTIONS: OptionChecks<RequestOptions> = { signal: ABORT_SIGNAL };

/** What each of {@link RangeOptions} must be. */
export const RANGE_OPTIONS: OptionChecks<RangeOptions> = {
  ...REQUEST_OPTIONS,
  start: TIME,
  end: TIME,
  limit: POSITIVE_INTEGER,
  sort: oneOf(Object.values(Sort)),
};

/**
 * The parameters of a request for a range of time, without its symbols, its feed and its page.
 *
 * @throws TypeError for values that are no times.
 */
export function rangeQuery({ start, end, sort }: RangeOptions): Record<string, string | undefined> {
  return {
    start: start === undefined ? undefined : requestTime("start", start),
    end: end === undefined ? undefined : requestTime("end", end),
    sort,
  };
}
