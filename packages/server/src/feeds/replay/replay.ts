import { type AnyRecord, type Clock, systemClock } from "@tickerplant/client";
import { checkOptions, type ExpectedOptions, kindOf } from "../../option-checks.ts";
import type { Feed, FeedSink } from "../feed.ts";
import { REPLAY_LIMITS } from "./limits.ts";
import { Merge } from "./merge.ts";
import type { BadLine, ReplayNotice } from "./notices.ts";
import { Pace } from "./pace.ts";
import { isStandardInput, nameOf } from "./source.ts";
import type { TextCursor } from "./text-cursor.ts";
import { TimeKind, timeMs } from "./time-classifier.ts";
import { TimeShift } from "./time-shift.ts";

/** Options of {@link replay}. */
export interface ReplayOptions {
  /**
   * Speed relative to the recording: 1 keeps its pace, 10 is ten times as fast, `"max"` is as fast as the
   * clients read.
   *
   * @defaultValue 1
   */
  readonly speed?: number | "max";
  /**
   * `original` keeps the times of the files. `shifted` shifts all times by the same number of whole minutes,
   * so that the first record is now, and daily bars by days, from midnight to midnight in New York.
   *
   * @defaultValue "original"
   */
  readonly timestamps?: "original" | "shifted";
  /**
   * Whether to start again after the last record, until stopped.
   *
   * @defaultValue false
   */
  readonly loop?: boolean;
  /** Called with the progress, several times per megabyte and before each wait. */
  readonly onProgress?: (progress: ReplayProgress) => void;
  /** Called for each line, or part of a line, that is not a record and is skipped. */
  readonly onBadLine?: (problem: BadLine) => void;
  /** Called for files without a record, for times out of order, and at the start of a pause. */
  readonly onNotice?: (notice: ReplayNotice) => void;
  /**
   * Clock and timers, for tests in virtual time.
   *
   * @defaultValue the system's clock
   */
  readonly clock?: Clock;
}

/** Progress of a replay. */
export interface ReplayProgress {
  /** Share of the files' bytes read in this round, from 0 to 1; undefined if one of them is a pipe. */
  readonly share: number | undefined;
  /** Records published since the start of the run. */
  readonly recordCount: number;
  /** Time of the last record in its file. */
  readonly timestamp: Date;
}

/** Records that a feed without a clock publishes between two checks for room. */
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
 * Makes a feed that replays recorded files, merged by time.
 *
 * A file has JSON lines with the field names of the wire, or CSV of `tickerplant stream`; plain or gzip, in
 * UTF-8 or UTF-16. A JSON line has one record, or an array of records like a frame. Control messages, unknown
 * types and unknown keys are ignored. The file `-` is standard input, which can be read only once, like a
 * named pipe.
 *
 * `run` rejects with an error that names the file when a file cannot be read to its end or has another format,
 * when there is no record at all, and when more than a tenth of the lines is unreadable.
 *
 * @throws TypeError for an unknown option or a value of the wrong type.
 * @throws RangeError for a speed that is not above 0.
 *
 * @example
 * ```ts
 * const feed = replay(["monday.jsonl.gz", "tuesday.jsonl.gz"], { speed: 10, timestamps: "shifted" });
 * const gateway = createGateway({ feeds: { sip: feed } });
 * ```
 */
export function replay(files: readonly string[], options: ReplayOptions = {}): Feed {
  checkFiles(files);
  checkOptions("replay", options, OPTIONS);
  const { speed = 1, loop = false } = options;
  if (speed !== "max" && !(speed > 0 && Number.isFinite(speed))) {
    throw new RangeError(`replay: speed must be a number above 0 or "max", got ${JSON.stringify(speed)}`);
  }
  const standardInputs = files.filter(isStandardInput).length;
  if (standardInputs > 1) throw new TypeError("replay: standard input can be read only once; name it once");
  if (standardInputs > 0 && loop)
    throw new TypeError("replay: standard input can be read only once; replay it without loop");
  return {
    paced: speed !== "max",
    run: async (sink, signal) => {
      const player = new Player(sink, signal, speed, options);
      do await player.play(files);
      while (loop && !signal.aborted);
    },
  };
}

/** Checks for an array, because a string is iterable, too: each of its letters would be a file. */
function checkFiles(files: unknown): void {
  if (!Array.isArray(files))
    throw new TypeError(
      `replay takes an array of files, such as ["day.jsonl.gz"], got ${typeof files === "string" ? JSON.stringify(files) : kindOf(files)}`,
    );
  if (files.length === 0) throw new TypeError("replay needs at least one file");
  const wrong = files.findIndex((file) => typeof file !== "string" || file === "");
  if (wrong >= 0)
    throw new TypeError(
      `replay takes the names of files as strings: entry ${wrong + 1} is ${files[wrong] === "" ? "empty" : kindOf(files[wrong])}`,
    );
}

class Player {
  #recordCount = 0;
  readonly #sink: FeedSink;
  readonly #signal: AbortSignal;
  readonly #options: ReplayOptions;
  readonly #clock: Clock;
  /** Undefined for speed `"max"`. */
  readonly #pace: Pace | undefined;
  #shift: TimeShift | undefined;
  /** Records before the first time that can be shifted to now. */
  #unshifted: AnyRecord[] = [];
  #readBytes = 0;
  /** The record whose time the progress shows: the newest that is not an outlier. */
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
      if (!this.#signal.aborted) throw error; // an abort closes the files, and reads fail
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
      // Awaits only if there is something to wait for, so that records that are due together leave together.
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

  /** Resolves when the record is due; without a clock, when there is room. Returns undefined if there is no wait. */
  #waitFor({ record, timeKind }: TextCursor): Promise<void> | undefined {
    const pace = this.#pace;
    if (pace === undefined) return this.#recordCount % BATCH_RECORDS === 0 ? this.#sink.room() : undefined;
    if (record === undefined || timeKind === TimeKind.OUTLIER || timeKind === TimeKind.UNTIMED) return undefined;
    if (timeKind === TimeKind.BACK || timeKind === TimeKind.RESTART) pace.restart();
    return pace.wait(timeMs(record));
  }

  #publishHead({ record, timeKind }: TextCursor): void {
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

/** Most files that a message names. */
const MAX_NAMED = 3;

/** @throws Error when a replay has read no record, or too few of the lines. */
function checkReadable(recordings: readonly TextCursor[], recordCount: number): void {
  if (recordCount === 0) {
    const named = recordings.slice(0, MAX_NAMED).map(({ file, description }) => `${nameOf(file)} ${description}`);
    const more = recordings.length > MAX_NAMED ? `; and ${recordings.length - MAX_NAMED} more files` : "";
    throw new Error(`no record to replay: ${named.join("; ")}${more}`);
  }
  let itemCount = 0;
  let badCount = 0;
  let worst: TextCursor | undefined;
  for (const recording of recordings) {
    itemCount += recording.itemCount;
    badCount += recording.badCount;
    if (recording.badCount > (worst?.badCount ?? 0)) worst = recording;
  }
  if (worst === undefined || badCount <= itemCount * REPLAY_LIMITS.maxBadShare) return;
  throw new Error(
    `${badCount} of ${itemCount} lines are not records, most of them in ${nameOf(worst.file)}, which ${worst.description}`,
  );
}
