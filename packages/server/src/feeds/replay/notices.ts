import type { StreamError } from "@tickerplant/client/wire";

/** A line, or a part of a line, that is not a record. */
export interface BadLine {
  /** Path of the file, as passed to `replay`. */
  readonly file: string;
  /** Number of the line in the file, from 1; of the row, for a Parquet file. */
  readonly line: number;
  /** What is wrong with it. */
  readonly error: StreamError;
}

/** The record that a notice is about. */
interface NoticeLine {
  /** Path of the file, as passed to `replay`. */
  readonly file: string;
  /** Number of the record's line in the file, from 1; undefined for a recording. */
  readonly line?: number;
  /** Time of the record in the file. */
  readonly timestamp: Date;
}

/** A report of a replay about a file or a time. */
export type ReplayNotice =
  /**
   * A time far from those of the records before and after it. The record is published at once and does not
   * change the pace. `offsetMs` is how much later than its neighbours it is, negative if earlier.
   */
  | ({ readonly type: "outlier"; readonly offsetMs: number } & NoticeLine)
  /** Times go back by `byMs` and stay there: the file is not in time order. The pace continues from there. */
  | ({ readonly type: "back"; readonly byMs: number } & NoticeLine)
  /** One of several files has no record. `description` is a predicate such as `is empty`. */
  | { readonly type: "empty"; readonly file: string; readonly description: string }
  /** Values of a file are not exact, as `message` says. */
  | { readonly type: "inexact"; readonly file: string; readonly message: string }
  /** The next record is due after a pause, such as a night. `durationMs` is by the clock, `until` in the file's time. */
  | { readonly type: "pause"; readonly until: Date; readonly durationMs: number };
