import { CHANNELS, type FeedHistory, type Kind } from "../feed-history.ts";
import type { RangeQuery } from "../range-query.ts";
import type { RecordSource } from "../store/channel-history.ts";
import { type DayOf, type Interval, intervalOf, isWithinDay, type Timeframe } from "../timeframe.ts";
import { TimeframeBars } from "../timeframe-bars.ts";
import { RECORDED_LIMITS } from "./limits.ts";
import { ALL_TIMES, type NsRange, toNs, toParts } from "./nanoseconds.ts";
import { RankedPlaces } from "./ranked-places.ts";

/** The stores of a history, by name. */
export type StoreName = Kind | "dailyBars";

/** The channels whose records each store has. */
export const STORE_CHANNELS: Readonly<Record<StoreName, readonly string[]>> = { ...CHANNELS, dailyBars: ["dailyBars"] };

/** What an answer is made of: records, or bars of a timeframe. */
export interface Wanted {
  readonly kind: Kind;
  /** Undefined for records as they are. */
  readonly timeframe: Timeframe | undefined;
}

/** Records, or bars, of a range of time. */
export interface WantedRange extends Wanted {
  /** In the order of the answer; undefined for all. */
  readonly symbols: readonly string[] | undefined;
  readonly range: RangeQuery;
}

/** The stores that an answer is made of, the one with most records first. */
export function storesOf({ kind, timeframe }: Wanted): readonly StoreName[] {
  return timeframe === undefined || isWithinDay(timeframe) ? [kind] : ["bars", "dailyBars"];
}

/** What an answer is read from. */
export function sourceOf({ kind, timeframe }: Wanted, history: FeedHistory): RecordSource {
  return new RankedPlaces(timeframe === undefined ? history[kind] : new TimeframeBars(history, timeframe));
}

/** How many records a bar of a timeframe is made of, at most; infinite for those that are read as a whole. */
export function recordsPerItem({ timeframe }: Wanted): number {
  if (timeframe === undefined) return 1;
  const { count, unit } = timeframe;
  const minutes = { Min: count, Hour: count * 60, Day: RECORDED_LIMITS.dayMinutes };
  return unit === "Week" || unit === "Month" ? Number.POSITIVE_INFINITY : minutes[unit];
}

/** Returns a range with the whole intervals of a timeframe that it touches. */
export function wholeIntervals({ timeframe }: Wanted, { fromNs, toNs: lastNs }: NsRange, dayOf: DayOf): NsRange {
  if (timeframe === undefined) return { fromNs, toNs: lastNs };
  const around = (ns: bigint): Interval => intervalOf(toParts(ns).seconds, timeframe, dayOf);
  return {
    fromNs: fromNs === ALL_TIMES.fromNs ? fromNs : toNs({ seconds: around(fromNs).start, nanos: 0 }),
    toNs: lastNs === ALL_TIMES.toNs ? lastNs : toNs({ seconds: around(lastNs).end, nanos: 0 }) - 1n,
  };
}
