import { statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { DiskUsage, Fsync, ParquetFile, Recorder, RecorderOptions } from "@tickerplant/recorder";
import type { FeedName } from "../../create-gateway.ts";
import { loadRecorder } from "../input/optional-packages.ts";
import { failure } from "../output/exit.ts";
import type { Log } from "../output/log.ts";
import { counted, showBytes, showCount } from "../output/numbers.ts";

/** Where to record, and how: options of the command line. */
export interface RecordingOptions {
  readonly dir: string;
  readonly fsync?: Fsync;
  /** Trading days. */
  readonly keep?: number;
}

/** What is recorded. */
export interface RecordedSource extends Pick<RecorderOptions, "codec" | "subscription" | "isContinued"> {
  readonly feed: FeedName;
  readonly address: string;
}

/** The Parquet files that were made since the start. Their rows do not include those that say what is missing. */
export interface KeptFiles {
  fileCount: number;
  rowCount: number;
  byteLength: number;
}

/** Interval between two measurements of the disk, in milliseconds. */
const WATCH_MS = 1_000;

/** Least time between two log lines about dropped frames, in milliseconds. */
const DROP_LOG_MS = 10_000;

/** Tables of a recording that are no channels. */
const GAPS = "gaps";

/** A recorder, and what the command line reports of it. */
export class Recording {
  readonly feed: FeedName;
  /** The folder of the feed. */
  readonly folder: string;
  readonly recorder: Recorder;
  readonly kept: KeptFiles;
  readonly #isContinued: boolean;
  readonly #log: Log;
  readonly #timer: NodeJS.Timeout;
  #usage: DiskUsage | undefined;
  #isMeasuring = false;
  #hadProblem = false;
  #loggedDrops = 0;
  #dropsLoggedMs = Number.NEGATIVE_INFINITY;

  private constructor(
    { feed, isContinued = false }: RecordedSource,
    folder: string,
    recorder: Recorder,
    kept: KeptFiles,
    log: Log,
  ) {
    this.feed = feed;
    this.#isContinued = isContinued;
    this.folder = folder;
    this.recorder = recorder;
    this.kept = kept;
    this.#log = log;
    this.#timer = setInterval(() => void this.#watch(), WATCH_MS);
  }

  /**
   * Begins to record a feed, and logs what the recorder reports.
   *
   * @throws CommandError without the package of the recorder, and for a folder that cannot be recorded into.
   */
  static async open(source: RecordedSource, { dir, fsync, keep }: RecordingOptions, log: Log): Promise<Recording> {
    const { Recorder, RecorderError } = await loadRecorder();
    const { feed } = source;
    const name = recordedName(feed);
    const kept: KeptFiles = { fileCount: 0, rowCount: 0, byteLength: 0 };
    try {
      const recorder = await Recorder.open({
        ...source,
        dir,
        feed: name,
        assetClass: feed === name ? "stocks" : "crypto",
        ...(fsync && { fsync }),
        ...(keep && { keepDays: keep }),
        onError: ({ code, message }) => log.warn(`${feed}: ${message}`, { type: "recordingFailed", feed, code }),
        onEvent: ({ kind, from, to }) => {
          if (kind === "clock" && from && to) logClock(log, feed, from, to);
        },
        onPromoted: (files) => addFiles(kept, files, feed, log),
        onDeleted: (days) =>
          log.info(`${feed}: deleted ${counted(days.length, "old day")}: ${days.join(", ")}`, {
            type: "recordingDeleted",
            feed,
            days,
          }),
      });
      return new Recording(source, join(dir, `feed=${name}`), recorder, kept, log);
    } catch (error) {
      if (error instanceof RecorderError) throw failure(error.message, error);
      throw error;
    }
  }

  /** What the log has, and what the disk has left; undefined before the first measurement. */
  get usage(): DiskUsage | undefined {
    return this.#usage;
  }

  /**
   * Seals the log and makes Parquet files of it. Returns what is wrong with the recording, as a sentence; undefined if
   * all that was received is in files.
   */
  async close(): Promise<string | undefined> {
    const { recorder } = this;
    try {
      await recorder.close();
      await this.#measure();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const lost = showBytes(recorder.metrics.waitingBytes);
      const fate = this.#isContinued ? "read again at the next start" : "lost";
      return `${reason}. ${lost} that waited for it are ${fate}; the log stays, and becomes Parquet files at the next start`;
    } finally {
      clearInterval(this.#timer);
    }
    const { droppedFrames } = recorder.metrics;
    if (droppedFrames > 0)
      return `${counted(droppedFrames, "frame")} of ${this.feed} are missing in the recording, because the disk did not accept them in time`;
    const waiting = this.#usage?.waitingSegments ?? 0;
    if (waiting === 0) return undefined;
    return `${counted(waiting, "segment")} of ${join(this.folder, "log")} did not become Parquet files, and wait for the next start`;
  }

  /** Logs what was kept, and where. */
  summary(): void {
    const { feed, folder, kept } = this;
    const { fileCount, rowCount, byteLength } = kept;
    const files = `${counted(fileCount, "Parquet file")} (${showBytes(byteLength)})`;
    const message =
      fileCount === 0
        ? `no Parquet file was made below ${folder}`
        : `kept ${counted(rowCount, "record")} of ${feed} in ${files} below ${folder}`;
    this.#log.info(message, { type: "recorded", feed, folder, ...kept });
  }

  async #watch(): Promise<void> {
    this.#logDisk();
    if (this.#isMeasuring) return;
    this.#isMeasuring = true;
    try {
      await this.#measure();
    } catch {
      // the recorder reports a folder that it cannot use; this only measures
    }
    this.#isMeasuring = false;
  }

  async #measure(): Promise<void> {
    this.#usage = await this.recorder.diskUsage();
  }

  /** Logs frames that were dropped, and that the disk accepts the log again; the recorder has reported its failure. */
  #logDisk(): void {
    const { feed } = this;
    const { droppedFrames } = this.recorder.metrics;
    const isOver = this.#hadProblem && this.recorder.problem === undefined;
    this.#hadProblem = this.recorder.problem !== undefined;
    if (isOver) this.#log.info(`${feed}: the disk accepts the recording again`, { type: "recordingContinues", feed });
    const dropped = droppedFrames - this.#loggedDrops;
    const nowMs = performance.now();
    if (dropped === 0 || nowMs - this.#dropsLoggedMs < DROP_LOG_MS) return;
    this.#loggedDrops = droppedFrames;
    this.#dropsLoggedMs = nowMs;
    const message = `${feed}: ${showCount(dropped)} frames were dropped, because the disk did not accept them in time`;
    this.#log.warn(message, { type: "recordingDropped", feed, dropped });
  }
}

/** The name of a feed in a recording: without `crypto/`, because it becomes the name of a folder. */
function recordedName(feed: FeedName): string {
  return feed.replace(/^crypto\//, "");
}

function logClock(log: Log, feed: string, from: Date, to: Date): void {
  const [before, after] = [from.toISOString(), to.toISOString()];
  const message = `${feed}: the clock of this machine was set from ${before} to ${after}; receive times continue from there`;
  log.warn(message, { type: "recordingClock", feed, from: before, to: after });
}

function addFiles(kept: KeptFiles, files: readonly ParquetFile[], feed: string, log: Log): void {
  if (files.length === 0) return; // a segment without a record
  const ofRecords = files.filter(({ path }) => tableOf(path) !== GAPS);
  const rowCount = ofRecords.reduce((sum, { rowCount: rows }) => sum + rows, 0);
  kept.fileCount += files.length;
  kept.rowCount += rowCount;
  const days = [...new Set(ofRecords.map(({ path }) => basename(dirname(dirname(path))).replace("date=", "")))];
  const what = days.length === 0 ? "no record" : `${counted(rowCount, "record")} of ${days.join(", ")}`;
  log.info(`${feed}: ${what} in ${counted(files.length, "new Parquet file")}`, {
    type: "promoted",
    feed,
    rowCount,
    days,
  });
  for (const { path } of files) kept.byteLength += sizeOf(path);
}

function tableOf(path: string): string {
  return basename(dirname(path));
}

/** The size of a file; 0 for one that was merged or deleted meanwhile. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
