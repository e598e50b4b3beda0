import { existsSync } from "node:fs";
import { rename } from "node:fs/promises";
import type { Clock, Timer } from "@tickerplant/client";
import { compactionError, filesToMerge, Merge } from "../compaction/compact-feed.ts";
import { removeLeftovers } from "../folder/leftovers.ts";
import { logFolderOf, segmentName, segmentsIn } from "../folder/recording-files.ts";
import * as LIMITS from "../limits.ts";
import { segmentTimeMs } from "../log/segment-name.ts";
import type { ParquetFile } from "../parquet/parquet-file.ts";
import { promotionError } from "../promotion/promotion-error.ts";
import { fileError, RecorderError, readError } from "../recorder-error.ts";
import { deleteOldDays, type Retention } from "../retention.ts";
import { dayName, newYorkDay } from "../trading-day.ts";
import { type RunningTask, startTask } from "./start-task.ts";

/** Options of an {@link Upkeep}. */
export interface UpkeepOptions {
  /** The folder of the feed. */
  readonly folder: string;
  readonly clock: Clock;
  /** Which days are kept; all without it. */
  readonly retention?: Omit<Retention, "nowMs">;
  /** Returns the paths of the segments that are being written, the oldest first. */
  readonly openSegments: () => readonly string[];
  /** Returns whether the newest of them has entries. */
  readonly hasEntries: () => boolean;
  readonly onPromoted: (files: readonly ParquetFile[]) => void;
  readonly onDeleted: (days: readonly string[]) => void;
  readonly onError: (error: RecorderError) => void;
}

/**
 * Works on the files of a feed while it is recorded: makes Parquet files of the segments that are complete; deletes days
 * that are too old and merges the files of those that are over, at the start and after each midnight of New York.
 * Promotions and merges can run at the same time.
 */
export class Upkeep {
  readonly #options: UpkeepOptions;
  /** The promotions, one after the other. */
  #promotion: Promise<void> = Promise.resolve();
  #compaction: Promise<void> = Promise.resolve();
  #compactionTask: RunningTask | undefined;
  /** The day before which files were merged last. */
  #compactedDay: number | undefined;
  #timer: Timer | undefined;
  #isClosing = false;

  constructor(options: UpkeepOptions) {
    this.#options = options;
    this.promoteSoon();
    this.#compactDaily();
  }

  /** Makes Parquet files of the segments that are complete, behind the promotion that is running. */
  promoteSoon(): void {
    this.#promotion = this.#promotion.then(() => this.#promoteAll());
  }

  /** Stops a compaction, which the next recorder repeats, and waits for the promotions. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#options.clock.clearTimer(this.#timer);
    this.#compactionTask?.stop();
    await this.#promotion;
    await this.#compaction;
  }

  async #promoteAll(): Promise<void> {
    const logFolder = logFolderOf(this.#options.folder);
    try {
      for (const path of await segmentsIn(logFolder))
        if (!this.#options.openSegments().includes(path)) await this.#promote(path);
    } catch (error) {
      this.#options.onError(readError(logFolder, error));
    }
  }

  async #promote(segment: string): Promise<void> {
    const { folder, onPromoted, onError } = this.#options;
    const { files, errors } = await resultOf(startTask({ type: "promote", folder, segment }), (error) =>
      promotionError(segment, error),
    );
    if (files.length > 0) onPromoted(files);
    for (const error of errors) {
      if (!existsSync(segment)) continue; // the process of a recorder that was killed has just promoted it
      if (error.code === "not_a_segment") await setAside(segment);
      onError(error);
    }
  }

  /** Deletes and merges files when a day is over, and no segment of it is being written: the night is quiet. */
  #compactDaily(): void {
    const { clock } = this.#options;
    const today = newYorkDay(clock.now() / 1000);
    if (today !== this.#compactedDay && this.#hasBegun(today)) {
      this.#compactedDay = today;
      this.#compaction = Promise.all([this.#promotion, this.#compaction])
        .then(() => this.#deleteOldDays())
        .then(() => this.#compact(dayName(today)));
    }
    this.#timer = clock.setTimer(() => this.#compactDaily(), LIMITS.compactionCheckMs);
    (this.#timer as Partial<NodeJS.Timeout>).unref?.(); // Node's, or a test's; a recorder alone keeps no program running
  }

  /** Whether a day has begun for the log too: all segments that are being written, and have entries, were begun in it. */
  #hasBegun(day: number): boolean {
    const { openSegments, hasEntries } = this.#options;
    const paths = hasEntries() ? openSegments() : openSegments().slice(0, -1);
    return paths.every((path) => newYorkDay((segmentTimeMs(segmentName(path)) ?? 0) / 1000) >= day);
  }

  async #deleteOldDays(): Promise<void> {
    const { folder, retention, clock, onDeleted, onError } = this.#options;
    if (retention === undefined) return;
    try {
      const days = await deleteOldDays(folder, { ...retention, nowMs: clock.now() });
      if (days.length > 0) onDeleted(days);
    } catch (error) {
      onError(fileError("could not delete old days in", folder, error));
    }
  }

  async #compact(today: string): Promise<void> {
    const { folder, onError } = this.#options;
    try {
      const parts = await filesToMerge(folder, today, Merge.WORTHWHILE);
      if (this.#isClosing || parts.length === 0) return;
    } catch (error) {
      onError(readError(folder, error));
      return;
    }
    this.#compactionTask = startTask({ type: "compact", folder, today });
    const { errors } = await resultOf(this.#compactionTask, (error) => compactionError(folder, error));
    if (this.#isClosing) await removeLeftovers(folder);
    else for (const error of errors) onError(error);
  }
}

/** What a task did; its own failure is one of the errors. */
async function resultOf(
  task: RunningTask,
  failure: (error: unknown) => RecorderError,
): Promise<{ readonly files: readonly ParquetFile[]; readonly errors: readonly RecorderError[] }> {
  try {
    const { files, errors } = await task.result;
    return { files, errors: errors.map(({ code, message }) => new RecorderError(code, message)) };
  } catch (error) {
    return { files: [], errors: [failure(error)] };
  }
}

/** Keeps a file that cannot be read out of the next promotions. */
async function setAside(path: string): Promise<void> {
  await rename(path, `${path}.damaged`);
}
