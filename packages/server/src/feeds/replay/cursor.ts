import type { MarketRecord } from "@tickerplant/client/wire";
import type { FeedGap } from "../feed.ts";
import type { BadLine, ReplayNotice } from "./notices.ts";

/** Listeners of a cursor. */
export interface CursorEvents {
  badLine(problem: BadLine): void;
  notice(notice: ReplayNotice): void;
  /** `count` bytes of the file, as it is stored, were read. */
  bytes(count: number): void;
  /** Records may be missing in front of the present one. */
  gap(gap: FeedGap): void;
}

/** A cursor over the records of one file or recording, with the position of each in the common order of all of them. */
export interface ReplayCursor {
  /** The path, as passed to `replay`. */
  readonly file: string;
  /** Index of the file, which orders records of the same time. */
  readonly order: number;
  /** The present record; undefined before {@link load} and after the last record. */
  readonly record: MarketRecord | undefined;
  /** Position of the present record among those of other files: whole seconds since the Unix epoch. */
  readonly seconds: number;
  /** Nanoseconds of that second. */
  readonly nanos: number;
  /** When the present record is due, in milliseconds of recorded time; undefined: together with the one before it. */
  readonly dueMs: number | undefined;
  /** Whether the pace starts again with the present record, because times go back. */
  readonly restartsPace: boolean;
  /** Whether the time of the present record shows how far the replay is. */
  readonly showsTime: boolean;
  /** Share of the records of a recording that are behind the cursor, from 0 to 1; undefined for text, and until it is known. */
  readonly share: number | undefined;
  /** Number of records and unreadable lines so far. */
  readonly itemCount: number;
  /** Number of unreadable lines so far. */
  readonly badCount: number;
  /** Describes a file without records, as the predicate of a sentence. */
  readonly description: string;
  /** Moves to the next record. Returns false if more of the file must be read first, with {@link load}. */
  advance(): boolean;
  /**
   * Reads until the next record, or to the end of the file.
   *
   * @throws Error that names the file, when it cannot be read or has another format.
   */
  load(): Promise<void>;
  /** Closes the file; a read in progress fails. */
  close(): void;
}
