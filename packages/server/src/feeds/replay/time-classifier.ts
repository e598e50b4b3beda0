import { type AnyRecord, Bar } from "@tickerplant/client";
import { REPLAY_LIMITS } from "./limits.ts";

/** What a record's time is, judged against its neighbours in the file. */
export const TimeKind = {
  /** In time order, or late as trades are. */
  ORDERED: "ordered",
  /** A bar that revises an earlier one: its time says nothing about when it was sent. */
  UNTIMED: "untimed",
  /** Far from the records before it, and the records after it do not follow. */
  OUTLIER: "outlier",
  /** Earlier than the records before it, and the records after it follow: the file is not in time order. */
  BACK: "back",
  /** The first time that says when records were sent. */
  RESTART: "restart",
} as const;

/** One of {@link TimeKind}. */
export type TimeKind = (typeof TimeKind)[keyof typeof TimeKind];

const { toleranceMs, lateMs, minReversedMs, farMs, fewNeighbours, neighbours } = REPLAY_LIMITS;

/** How long a bar goes on after its time, which is its left edge. */
const BAR_MS = { bars: 60_000, updatedBars: 60_000, dailyBars: 86_400_000 } as const;

/** A record's time in milliseconds since the Unix epoch. */
export function timeMs({ seconds, nanos }: AnyRecord): number {
  return seconds * 1000 + nanos / 1e6;
}

/** How long after its time a record can be sent at the earliest. */
export function lengthMs(record: AnyRecord): number {
  return record instanceof Bar ? BAR_MS[record.channel] : 0;
}

/**
 * Judges the times of one file's records, in their order. An outlier moves nothing: the records
 * after it are judged as if it were not there.
 */
export class TimeClassifier {
  /** The newest time that is believed. */
  #lastMs: number | undefined;
  #firstMs = Number.NaN;
  #previousMs = Number.NaN;
  #stepsBack = 0;
  #stepsForward = 0;
  /** Whether the file has records whose time says when they were sent; undefined until that matters. */
  #isTimed: boolean | undefined;
  #isRestart = false;

  /** The newest time that is believed, in milliseconds since the Unix epoch. */
  get lastMs(): number | undefined {
    return this.#lastMs;
  }

  /** Whether the file runs from new to old, even in steps that are within the tolerance. */
  get isReversed(): boolean {
    return this.#stepsBack > this.#stepsForward && this.spanMs < -minReversedMs;
  }

  /** The time before the present one, in milliseconds since the Unix epoch; outliers left out. */
  get previousMs(): number {
    return this.#previousMs;
  }

  /** From the first time to the last, in milliseconds; negative where the file runs from new to old. */
  get spanMs(): number {
    return this.#previousMs - this.#firstMs;
  }

  /**
   * Judges the record at an index. Undefined when that needs more records after it than there are;
   * `needed` is how many have to be there where its time stands out.
   */
  classify(records: readonly AnyRecord[], at: number, needed: number): TimeKind | undefined {
    const record = records[at] as AnyRecord; // the caller's index
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

  /** The time as which a record counts: a bar may come at any time from its left edge to its end. */
  #effectiveMs(record: AnyRecord): number {
    const ms = timeMs(record);
    const last = this.#lastMs;
    return last === undefined || ms >= last ? ms : Math.min(last, ms + lengthMs(record));
  }

  #isOutlier(records: readonly AnyRecord[], at: number, ms: number): boolean {
    const last = this.#lastMs;
    const after = this.#lookAhead(records, at, ms);
    const half = after.count / 2;
    // A time of another month is believed if several records share it.
    if (last === undefined && after.far > half) return true;
    if (last !== undefined && ms > last + farMs && after.count - after.earlier < fewNeighbours) return true;
    if (last !== undefined && ms < last) return after.count > 0 && after.earlierThanLast <= half;
    // One that is followed by an earlier one alone may as well start a file that runs from new to old.
    if (after.isDescending || after.count <= (last === undefined ? 1 : 0)) return false;
    // Most of the next few return in a quiet file, most of many after several outliers in a row.
    return after.returningSoon > Math.min(half, fewNeighbours / 2) || after.returning > half;
  }

  #lookAhead(records: readonly AnyRecord[], at: number, ms: number): Neighbours {
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

/** The records after one, counted by their times. */
interface Neighbours {
  count: number;
  /** Earlier than the record. */
  earlier: number;
  /** Earlier than the newest time that is believed. */
  earlierThanLast: number;
  /** Between both: back to where the records before it were. */
  returning: number;
  /** Those of them that are among the first few. */
  returningSoon: number;
  /** Later by so much that one of both is wrong. */
  far: number;
  /** Whether they run from new to old, by more than jitter does. */
  isDescending: boolean;
}

function isRevision(record: AnyRecord): boolean {
  return record instanceof Bar && record.channel !== "bars";
}
