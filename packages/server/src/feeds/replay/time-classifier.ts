import { CRYPTO_SCHEMA, STOCK_SCHEMA } from "@tickerplant/client";
import type { ChannelTraits, MarketRecord } from "@tickerplant/client/wire";
import { REPLAY_LIMITS } from "./limits.ts";

/** How the time of a record relates to those of its neighbours in the file. */
export const TimeKind = {
  /** In time order, or as late as late trades are. */
  ORDERED: "ordered",
  /** A revision of an earlier bar: its time does not show when it was sent. */
  UNTIMED: "untimed",
  /** Far from the records before it, and the records after it return. */
  OUTLIER: "outlier",
  /** Earlier than the records before it, and so are the records after it: the file is not in time order. */
  BACK: "back",
  /** The first time that shows when records were sent. */
  RESTART: "restart",
} as const;

/** One of the values of {@link TimeKind}. */
export type TimeKind = (typeof TimeKind)[keyof typeof TimeKind];

const { toleranceMs, lateMs, minReversedMs, farMs, fewNeighbours, neighbours } = REPLAY_LIMITS;

/** Channels of the same name have the same periods in every asset class. */
const TRAITS: Readonly<Record<string, ChannelTraits>> = { ...CRYPTO_SCHEMA.traits, ...STOCK_SCHEMA.traits };

/** Returns a record's time in milliseconds since the Unix epoch. */
export function timeMs({ seconds, nanos }: MarketRecord): number {
  return seconds * 1000 + nanos / 1e6;
}

/** Returns the length of the period that a record sums up, in milliseconds; 0 for a moment. */
export function lengthMs(record: MarketRecord): number {
  return TRAITS[record.channel]?.lengthMs ?? 0;
}

/** Classifies the times of one file's records, in their order. Ignores outliers when classifying later records. */
export class TimeClassifier {
  #lastMs: number | undefined;
  #firstMs = Number.NaN;
  #previousMs = Number.NaN;
  #stepsBack = 0;
  #stepsForward = 0;
  /** Whether the file has records whose time shows when they were sent; undefined until that is needed. */
  #isTimed: boolean | undefined;
  #isRestart = false;

  /** The latest time that is not an outlier, in milliseconds since the Unix epoch. */
  get lastMs(): number | undefined {
    return this.#lastMs;
  }

  /** Whether the file is in reverse order, even if each step is within the tolerance. */
  get isReversed(): boolean {
    return this.#stepsBack > this.#stepsForward && this.spanMs < -minReversedMs;
  }

  /** The newest accepted time, in milliseconds since the Unix epoch; ignores outliers. */
  get previousMs(): number {
    return this.#previousMs;
  }

  /** From the first accepted time to the newest, in milliseconds; negative for a file in reverse order. */
  get spanMs(): number {
    return this.#previousMs - this.#firstMs;
  }

  /**
   * Classifies the record at an index. Returns undefined if its time stands out and fewer than `needed`
   * records follow it.
   */
  classify(records: readonly MarketRecord[], at: number, needed: number): TimeKind | undefined {
    const record = records[at] as MarketRecord; // the caller's index
    if (isRevision(record)) {
      this.#isTimed ??= records.slice(at).some((later) => !isRevision(later));
      if (this.#isTimed) return TimeKind.UNTIMED;
    } else if (this.#isTimed !== true) this.#foundTimed();

    const ms = this.#effectiveMs(record);
    const last = this.#lastMs;
    if (last !== undefined && Math.abs(ms - last) <= toleranceMs) {
      this.#accept(ms, Math.max(last, ms));
      return TimeKind.ORDERED;
    }
    if (at + needed >= records.length) return undefined;
    if (this.#isOutlier(records, at, ms)) {
      const isLate = last !== undefined && ms < last && ms >= last - lateMs;
      return isLate ? TimeKind.ORDERED : TimeKind.OUTLIER;
    }
    this.#accept(ms, ms);
    if (last !== undefined && ms < last) return TimeKind.BACK;
    const timeKind = this.#isRestart ? TimeKind.RESTART : TimeKind.ORDERED;
    this.#isRestart = false;
    return timeKind;
  }

  #accept(ms: number, lastMs: number): void {
    if (ms < this.#previousMs) this.#stepsBack++;
    else if (ms > this.#previousMs) this.#stepsForward++;
    else if (this.#lastMs === undefined) this.#firstMs = ms;
    this.#previousMs = ms;
    this.#lastMs = lastMs;
  }

  #foundTimed(): void {
    this.#isRestart = this.#isTimed === false;
    this.#isTimed = true;
    if (this.#isRestart) this.#lastMs = undefined;
  }

  /** Returns the time to compare a record by: a bar may arrive at any time between its start and its end. */
  #effectiveMs(record: MarketRecord): number {
    const ms = timeMs(record);
    const last = this.#lastMs;
    return last === undefined || ms >= last ? ms : Math.min(last, ms + lengthMs(record));
  }

  #isOutlier(records: readonly MarketRecord[], at: number, ms: number): boolean {
    const last = this.#lastMs;
    const after = this.#lookAhead(records, at, ms);
    const half = after.count / 2;
    // A time over a month ahead is accepted if several records share it.
    if (last === undefined && after.far > half) return true;
    if (last !== undefined && ms > last + farMs && after.count - after.earlier < fewNeighbours) return true;
    if (last !== undefined && ms < last) return after.count > 0 && after.earlierThanLast <= half;
    // A time followed only by one earlier time may also be the start of a file in reverse order.
    if (after.isDescending || after.count <= (last === undefined ? 1 : 0)) return false;
    // In a quiet file most of the next few records return; after several outliers in a row, most of many.
    return after.returningSoon > Math.min(half, fewNeighbours / 2) || after.returning > half;
  }

  #lookAhead(records: readonly MarketRecord[], at: number, ms: number): Neighbours {
    const lastMs = this.#lastMs ?? Number.NEGATIVE_INFINITY;
    const after = {
      count: 0,
      earlier: 0,
      earlierThanLast: 0,
      returning: 0,
      returningSoon: 0,
      far: 0,
      isDescending: false,
    };
    let stepsForward = 0;
    let firstMs = Number.NaN;
    let previousMs = Number.NaN;
    for (let next = at + 1; next <= at + neighbours; next++) {
      const record = records[next];
      if (record === undefined) break;
      if (this.#isTimed && isRevision(record)) continue;
      const startMs = timeMs(record);
      const endMs = startMs + lengthMs(record);
      after.count++;
      if (endMs < ms - toleranceMs) after.earlier++;
      if (endMs < lastMs - toleranceMs) after.earlierThanLast++;
      else if (endMs < ms - toleranceMs) {
        after.returning++;
        if (after.count <= fewNeighbours) after.returningSoon++;
      }
      if (startMs > ms + farMs) after.far++;
      if (after.count === 1) firstMs = startMs;
      else if (startMs !== previousMs) stepsForward += startMs > previousMs ? 1 : -1;
      previousMs = startMs;
    }
    after.isDescending = stepsForward < -after.count / 2 && firstMs - previousMs > toleranceMs;
    return after;
  }
}

/** Counts of the records after a record, by their times. */
interface Neighbours {
  count: number;
  /** Earlier than the record. */
  earlier: number;
  /** Earlier than the latest accepted time. */
  earlierThanLast: number;
  /** Between the two: back to the times of the records before it. */
  returning: number;
  /** Those of them among the first few. */
  returningSoon: number;
  /** So much later that one of the two times is wrong. */
  far: number;
  /** Whether they are in reverse order, by more than jitter. */
  isDescending: boolean;
}

function isRevision(record: MarketRecord): boolean {
  return TRAITS[record.channel]?.isPrompt === false;
}
