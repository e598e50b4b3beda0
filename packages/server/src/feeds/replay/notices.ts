import type { StreamError } from "@tickerplant/client/wire";

/** A line, or a part of one, that is no record. */
export interface BadLine {
  readonly file: string;
  /** Its number in the file, from 1. */
  readonly line: number;
  readonly error: StreamError;
}

/** Where a time stands in a file. */
interface NoticeLine {
  readonly file: string;
  /** The record's line in the file, from 1. */
  readonly line: number;
  /** The record's time in the file. */
  readonly timestamp: Date;
}

/** What a replay reports of files and times. */
export type ReplayNotice =
  /**
   * A time that the records before and after it do not share. The record is published at once and
   * does not change the pace. `offsetMs` is how much later than theirs it is, negative if earlier.
   */
  | ({ readonly type: "outlier"; readonly offsetMs: number } & NoticeLine)
  /** Times go back, and stay there: the file is not in time order. The replay goes on from there. */
  | ({ readonly type: "back"; readonly byMs: number } & NoticeLine)
  /** A file beside others holds no record. `description` says what it is, such as `is empty`. */
  | { readonly type: "empty"; readonly file: string; readonly description: string }
  /** Nothing is due for some time: a night, a weekend. `durationMs` is by the clock, `until` in the file's time. */
  | { readonly type: "pause"; readonly until: Date; readonly durationMs: number };
