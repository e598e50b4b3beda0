import { type AnyRecord, type Clock, systemClock } from "@tickerplant/client";
import { checkOptions, type ExpectedOptions, kindOf } from "../../option-checks.ts";
import type { Feed, FeedSink } from "../feed.ts";
import { REPLAY_LIMITS } from "./limits.ts";
import { Merge } from "./merge.ts";
import type { BadLine, ReplayNotice } from "./notices.ts";
import { Pace } from "./pace.ts";
import type { Recording } from "./recording.ts";
import { isStandardInput, nameOf } from "./source.ts";
import { TimeKind, timeMs } from "./time-classifier.ts";
import { TimeShift } from "./time-shift.ts";

/** Options of {@link replay}. */
export interface ReplayOptions {
  /** 1 keeps the original pace, N is N times as fast, `max` as fast as the readers take. Default 1. */
  readonly speed?: number | "max";
  /**
   * `original` keeps the times of the file; `shifted` moves them all by the same whole minutes, so
   * that the first is now; daily bars move by days, from midnight to midnight in New York. Default
   * `original`.
   */
  readonly timestamps?: "original" | "shifted";
  /** Begin again after the last record, until stopped. Default false. */
  readonly loop?: boolean;
  /** Called with how far the replay has come, several times per megabyte and before each wait. Default: not reported. */
  readonly onProgress?: (progress: ReplayProgress) => void;
  /** Called with each line, or part of one, that is no record; it is passed over. Default: not reported. */
  readonly onBadLine?: (problem: BadLine) => void;
  /** Called with files without a record, times out of order, and pauses when they begin. Default: not reported. */
  readonly onNotice?: (notice: ReplayNotice) => void;
  /** Time; for tests. Default: the platform's. */
  readonly clock?: Clock;
}

/** How far a replay has come. */
export interface ReplayProgress {
  /** Share of the files' bytes read in this round, 0 to 1; undefined when a pipe is among them. */
  readonly share: number | undefined;
  /** Records published since the run began. */
  readonly recordCount: number;
  /** The last record's time in the file. */
  readonly timestamp: Date;
}

/** Records that a feed without a clock publishes before it asks for room. */
const BATCH_RECORDS = 512;

const OPTIONS: ExpectedOptions<ReplayOptions> = {
  speed: "checked",
  timestamps: ["original", "shifted"],
  loop: "boolean",
  onProgress: "function",
  onBadLine: "function",
  onNotice: "function",
  clock: "object",
};

/**
 * A feed of recorded records: JSON lines in the wire's names, or CSV as `tickerplant stream` writes
 * it, plain or gzip, in UTF-8 or UTF-16. A line of JSON has one record, or an array of them, as a
 * frame has. Control messages, and types and keys that are not known, are passed over. Several
 * files are merged by time. The file `-` is standard input; it and named pipes can be read once.
 *
 * `run` rejects with an error that names the file when one cannot be read to its end or is of
 * another kind, when there is no record at all, and when over a tenth of the lines is unreadable.
 *
 * @throws TypeError or RangeError for options that make no sense.
 */
export function replay(files: readonly string[], options: ReplayOptions = {}): Feed {
  checkFiles(files);
  checkOptions("replay", options, OPTIONS);
  const { speed = 1, loop = false } = options;
  if (speed !== "max" && !(speed > 0 && Number.isFinite(speed))) {
    throw new RangeError(`speed must be a number above 0 or "max", got ${JSON.stringify(speed)}`);
  }
  const standardInputs = files.filter(isStandardInput).length;
  if (standardInputs > 1) throw new TypeError("standard input can be replayed only once");
  if (standardInputs > 0 && loop) throw new TypeError("standard input can be read only once: replay it without loop");
  return {
    paced: speed !== "max",
    run: async (sink, signal) => {
      const player = new Player(sink, signal, speed, options);
      do await player.play(files);
      while (loop && !signal.aborted);
    },
  };
}

/** A string is iterable, too: each of its letters would be a file. */
function checkFiles(files: unknown): void {
  if (!Array.isArray(files))
    throw new TypeError(
      `replay takes an array of files, such as ["day.jsonl.gz"], got ${typeof files === "string" ? JSON.stringify(files) : kindOf(files)}`,
    );
  if (files.length === 0) throw new TypeError("replay needs at least one file");
  const wrong = files.findIndex((file) => typeof file !== "string" || file === "");
  if (wrong >= 0)
    throw new TypeError(
      `replay takes the names of files: entry ${wrong + 1} is ${files[wrong] === "" ? "empty" : kindOf(files[wrong])}`,
    );
}

class Player {
  #recordCount = 0;
  readonly #sink: FeedSink;
  readonly #signal: AbortSignal;
  readonly #options: ReplayOptions;
  readonly #clock: Clock;
  /** Undefined at full speed. */
  readonly #pace: Pace | undefined;
  #shift: TimeShift | undefined;
  /** Records that came before the first time that can be shifted to now. */
  #unshifted: AnyRecord[] = [];
  #readBytes = 0;
  /** The record whose time the progress shows: the newest that is no outlier. */
  #shown: AnyRecord | undefined;

  constructor(sink: FeedSink, signal: AbortSignal, speed: number | "max", options: ReplayOptions) {
    this.#sink = sink;
    this.#signal = signal;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    if (speed !== "max") this.#pace = new Pace(speed, this.#clock, signal, (notice) => options.onNotice?.(notice));
  }

  /** Plays all files once. */
  async play(files: readonly string[]): Promise<void> {
    const merge = new Merge(files, {
      badLine: (problem) => this.#options.onBadLine?.(problem),
      notice: (notice) => this.#options.onNotice?.(notice),
      bytes: (count) => {
        this.#readBytes += count;
      },
    });
    const close = (): void => merge.close();
    this.#signal.addEventListener("abort", close, { once: true });
    try {
      if (!this.#signal.aborted) await this.#playMerged(merge);
    } catch (error) {
      if (!this.#signal.aborted) throw error; // an abort makes the reading fail
    } finally {
      this.#signal.removeEventListener("abort", close);
      merge.close();
      this.#progress(merge);
    }
  }

  async #playMerged(merge: Merge): Promise<void> {
    const countBefore = this.#recordCount;
    this.#readBytes = 0;
    this.#pace?.restart();
    this.#shift = undefined;
    await merge.start();
    for (let head = merge.head; head !== undefined; head = merge.head) {
      // Awaited only where there is something to wait for: records that are due together leave together.
      const due = this.#waitFor(head);
      if (due !== undefined) {
        if (this.#pace !== undefined) this.#progress(merge);
        await due;
      }
      if (this.#signal.aborted) return;
      this.#publishHead(head);
      const loaded = merge.advance();
      if (loaded === undefined) continue;
      this.#progress(merge);
      await loaded;
      if (this.#signal.aborted) return;
    }
    for (const record of this.#unshifted.splice(0)) this.#publish(record);
    checkReadable(merge.opened, this.#recordCount - countBefore);
  }

  /** Until the record is due; without a clock, until there is room. Undefined: go on. */
  #waitFor({ record, timeKind }: Recording): Promise<void> | undefined {
    const pace = this.#pace;
    if (pace === undefined) return this.#recordCount % BATCH_RECORDS === 0 ? this.#sink.room() : undefined;
    if (record === undefined || timeKind === TimeKind.OUTLIER || timeKind === TimeKind.UNTIMED) return undefined;
    if (timeKind === TimeKind.BACK || timeKind === TimeKind.RESTART) pace.restart();
    return pace.wait(timeMs(record));
  }

  #publishHead({ record, timeKind }: Recording): void {
    if (record === undefined) return;
    const saysTime = timeKind !== TimeKind.OUTLIER && timeKind !== TimeKind.UNTIMED;
    if (saysTime || this.#shown === undefined) this.#shown = record;
    if (this.#options.timestamps !== "shifted") return this.#publish(record);
    if (this.#shift === undefined && !saysTime) return void this.#unshifted.push(record);
    this.#shift ??= new TimeShift(record.seconds, this.#clock.now() / 1000);
    for (const earlier of this.#unshifted.splice(0)) this.#publish(this.#shift.apply(earlier));
    this.#publish(this.#shift.apply(record));
  }

  #publish(record: AnyRecord): void {
    this.#recordCount++;
    this.#sink.publish(record);
  }

  #progress({ totalBytes }: Merge): void {
    if (this.#shown === undefined) return;
    const share = totalBytes === undefined ? undefined : Math.min(1, this.#readBytes / totalBytes);
    this.#options.onProgress?.({ share, recordCount: this.#recordCount, timestamp: this.#shown.timestamp });
  }
}

/** Files that a message names. */
const MAX_NAMED = 3;

/** Fails a replay that read nothing, or too little of what there was. */
function checkReadable(recordings: readonly Recording[], recordCount: number): void {
  if (recordCount === 0) {
    const named = recordings.slice(0, MAX_NAMED).map(({ file, description }) => `${nameOf(file)} ${description}`);
    const more = recordings.length > MAX_NAMED ? `; and ${recordings.length - MAX_NAMED} files more` : "";
    throw new Error(`no record to replay: ${named.join("; ")}${more}`);
  }
  let itemCount = 0;
  let badCount = 0;
  let worst: Recording | undefined;
  for (const recording of recordings) {
    itemCount += recording.itemCount;
    badCount += recording.badCount;
    if (recording.badCount > (worst?.badCount ?? 0)) worst = recording;
  }
  if (worst === undefined || badCount <= itemCount * REPLAY_LIMITS.maxBadShare) return;
  throw new Error(
    `${badCount} of ${itemCount} lines hold no record, most of them in ${nameOf(worst.file)}, which ${worst.description}`,
  );
}
