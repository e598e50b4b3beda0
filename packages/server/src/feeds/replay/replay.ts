import { CHANNELS, type Clock, CRYPTO_CHANNELS, systemClock } from "@tickerplant/client";
import { isSymbol, type MarketRecord } from "@tickerplant/client/wire";
import { checkList, checkOptions, type ExpectedOptions, kindOf } from "../../option-checks.ts";
import { type Feed, type FeedGap, type FeedSink, FeedSource } from "../feed.ts";
import type { ReplayCursor } from "./cursor.ts";
import { REPLAY_LIMITS } from "./limits.ts";
import { Merge } from "./merge.ts";
import type { BadLine, ReplayNotice } from "./notices.ts";
import { Pace } from "./pace.ts";
import type { RecordFilter } from "./record-filter.ts";
import type { RecordedOrder } from "./recorded-gaps.ts";
import { isStandardInput, nameOf } from "./source.ts";
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
  /**
   * How the records of a recording are ordered, over all channels: `received` as the recorder received them, `time` by
   * their own times, bars at the end of their period. Files of text keep their order.
   *
   * @defaultValue "received"
   */
  readonly order?: RecordedOrder;
  /** The feed to replay of a folder that has recordings of several, such as `sip`. */
  readonly feed?: string;
  /**
   * The channels to replay.
   *
   * @defaultValue all
   */
  readonly channels?: readonly string[];
  /**
   * The symbols to replay.
   *
   * @defaultValue all
   */
  readonly symbols?: readonly string[];
  /** Leaves out records with an earlier time; a `bigint` is nanoseconds since the Unix epoch. */
  readonly from?: Date | bigint;
  /** Leaves out records with a later time. */
  readonly to?: Date | bigint;
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
  /**
   * Share of the files' bytes that were read in this round, from 0 to 1; of a single recording, the share of its selected
   * records. Undefined for a pipe, for several files of which one is a pipe or a recording, and while records are counted.
   */
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
  order: ["received", "time"],
  feed: "string",
  channels: "checked",
  symbols: "checked",
  from: "checked",
  to: "checked",
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
 * named pipe. A folder, a segment (`.tplog`) or a Parquet file (`.parquet`) is a recording, as {@link recording}
 * describes it.
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
  checkFilter(options);
  const standardInputs = files.filter(isStandardInput).length;
  if (standardInputs > 1) throw new TypeError("replay: standard input can be read only once; name it once");
  if (standardInputs > 0 && loop)
    throw new TypeError("replay: standard input can be read only once; replay it without loop");
  return {
    source: FeedSource.REPLAY,
    paced: speed !== "max",
    run: async (sink, signal) => {
      const player = new Player(sink, signal, speed, options);
      do await player.play(files);
      while (loop && !signal.aborted);
    },
  };
}

/**
 * Makes a feed that replays a recording of `@tickerplant/recorder`, which has to be installed: a folder with what is
 * still in its log, the folder of one feed (`feed=…`), a segment, or a Parquet file, of another program too. It reads
 * what is there when it starts, and reports what the recording lacks as gaps.
 *
 * A Parquet file of another program needs the columns `symbol`, `t` (a timestamp in UTC), and those that a record of
 * its channel must have, such as `price`; other columns have the names of the records' properties.
 *
 * @throws TypeError or RangeError for an option that makes no sense.
 *
 * @example
 * ```ts
 * const feed = recording("tape", { feed: "sip", symbols: ["AAPL"], speed: "max" });
 * ```
 */
export function recording(path: string, options: ReplayOptions = {}): Feed {
  return replay([path], options);
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

function checkFilter({ channels, symbols, from, to }: ReplayOptions): void {
  if (channels !== undefined) checkList("channels", channels, [...new Set([...CHANNELS, ...CRYPTO_CHANNELS])]);
  if (symbols !== undefined && !(Array.isArray(symbols) && symbols.length > 0 && symbols.every(isSymbol)))
    throw new TypeError(`replay: symbols must be an array of symbols, such as ["AAPL"], got ${kindOf(symbols)}`);
  for (const [name, time] of Object.entries({ from, to }))
    if (time !== undefined && typeof time !== "bigint" && !(time instanceof Date && !Number.isNaN(time.getTime())))
      throw new TypeError(`replay: ${name} must be a valid Date, or nanoseconds as a bigint, got ${kindOf(time)}`);
  const { fromNs, toNs } = filterOf({ ...(from && { from }), ...(to && { to }) });
  if (fromNs !== undefined && toNs !== undefined && fromNs > toNs)
    throw new RangeError("replay: from must not be later than to");
}

function filterOf({ channels, symbols, from, to }: ReplayOptions): RecordFilter {
  return {
    isOpen: [channels, symbols, from, to].every((value) => value === undefined),
    channels: channels && new Set(channels),
    symbols: symbols && new Set(symbols),
    fromNs: toNanoseconds(from),
    toNs: toNanoseconds(to),
  };
}

function toNanoseconds(time: Date | bigint | undefined): bigint | undefined {
  return time instanceof Date ? BigInt(time.getTime()) * 1_000_000n : time;
}

class Player {
  #recordCount = 0;
  readonly #sink: FeedSink;
  readonly #signal: AbortSignal;
  readonly #options: ReplayOptions;
  readonly #clock: Clock;
  readonly #filter: RecordFilter;
  /** Undefined for speed `"max"`. */
  readonly #pace: Pace | undefined;
  #shift: TimeShift | undefined;
  /** Records before the first time that can be shifted to now. */
  #unshifted: MarketRecord[] = [];
  #unshiftedGaps: FeedGap[] = [];
  #readBytes = 0;
  /** The record whose time the progress shows: the newest that is not an outlier. */
  #shown: MarketRecord | undefined;

  constructor(sink: FeedSink, signal: AbortSignal, speed: number | "max", options: ReplayOptions) {
    this.#sink = sink;
    this.#signal = signal;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#filter = filterOf(options);
    if (speed !== "max") this.#pace = new Pace(speed, this.#clock, signal, (notice) => options.onNotice?.(notice));
  }

  /** Plays all files once. */
  async play(files: readonly string[]): Promise<void> {
    const { order = "received", feed } = this.#options;
    const merge = new Merge(
      files,
      {
        order,
        feed,
        filter: this.#filter,
        countsRecords: files.length === 1 && this.#options.onProgress !== undefined,
      },
      {
        badLine: (problem) => this.#options.onBadLine?.(problem),
        notice: (notice) => this.#options.onNotice?.(notice),
        bytes: (count) => {
          this.#readBytes += count;
        },
        gap: (gap) => this.#gap(gap),
      },
    );
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
  #waitFor({ dueMs, restartsPace }: ReplayCursor): Promise<void> | undefined {
    const pace = this.#pace;
    if (pace === undefined) return this.#recordCount % BATCH_RECORDS === 0 ? this.#sink.room() : undefined;
    if (dueMs === undefined) return undefined;
    if (restartsPace) pace.restart();
    return pace.wait(dueMs);
  }

  #publishHead({ record, showsTime }: ReplayCursor): void {
    if (record === undefined) return;
    if (showsTime || this.#shown === undefined) this.#shown = record;
    if (this.#options.timestamps !== "shifted") return this.#publish(record);
    if (this.#shift === undefined && !showsTime) return void this.#unshifted.push(record);
    this.#shift ??= new TimeShift(record.seconds, this.#clock.now() / 1000);
    for (const gap of this.#unshiftedGaps.splice(0)) this.#gap(gap);
    for (const earlier of this.#unshifted.splice(0)) this.#publish(this.#shift.apply(earlier));
    this.#publish(this.#shift.apply(record));
  }

  /** Reports a gap of a recording. */
  #gap(gap: FeedGap): void {
    if (this.#options.timestamps !== "shifted") this.#sink.gap?.(gap);
    else if (this.#shift === undefined) this.#unshiftedGaps.push(gap);
    else this.#sink.gap?.(this.#shift.applyToGap(gap));
  }

  #publish(record: MarketRecord): void {
    this.#recordCount++;
    this.#sink.publish(record);
  }

  #progress({ totalBytes, opened }: Merge): void {
    if (this.#shown === undefined) return;
    const onlyShare = opened.length === 1 ? opened[0]?.share : undefined;
    const share = totalBytes === undefined ? onlyShare : Math.min(1, this.#readBytes / totalBytes);
    this.#options.onProgress?.({ share, recordCount: this.#recordCount, timestamp: this.#shown.timestamp });
  }
}

/** Most files that a message names. */
const MAX_NAMED = 3;

/** @throws Error when a replay has read no record, or too few of the lines. */
function checkReadable(recordings: readonly ReplayCursor[], recordCount: number): void {
  if (recordCount === 0) {
    const named = recordings.slice(0, MAX_NAMED).map(({ file, description }) => `${nameOf(file)} ${description}`);
    const more = recordings.length > MAX_NAMED ? `; and ${recordings.length - MAX_NAMED} more files` : "";
    throw new Error(`no record to replay: ${named.join("; ")}${more}`);
  }
  let itemCount = 0;
  let badCount = 0;
  let worst: ReplayCursor | undefined;
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
