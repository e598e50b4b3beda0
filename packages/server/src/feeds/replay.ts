import { stat } from "node:fs/promises";
import { type Runtime, systemRuntime } from "@tickerplant/client";
import {
  type AnyRecord,
  FrameDecoder,
  type FrameSink,
  type RawRecord,
  type StreamError,
} from "@tickerplant/client/wire";
import { checkOptions, type ExpectedOptions, kindOf } from "../option-checks.ts";
import type { Feed, FeedSink } from "./feed.ts";
import { readLines } from "./line-reader.ts";

/** Options of {@link replay}. */
export interface ReplayOptions {
  /** 1 keeps the original pace, N is N times as fast, `max` as fast as the readers take. Default 1. */
  readonly speed?: number | "max";
  /**
   * `original` keeps the times of the file; `shifted` moves them all by whole seconds, so that the
   * first is now. Default `original`.
   */
  readonly timestamps?: "original" | "shifted";
  /** Begin again after the last record, until stopped. Default false. */
  readonly loop?: boolean;
  /** Called with how far it has come, several times per megabyte. Default: nobody is told. */
  readonly onProgress?: (progress: ReplayProgress) => void;
  /** Called with whatever is no record; it is passed over. Default: nobody is told. */
  readonly onBadLine?: (problem: BadLine) => void;
  /** Time; for tests. Default: the platform's. */
  readonly runtime?: Runtime;
}

/** How far a replay has come. */
export interface ReplayProgress {
  /** Share of the files' bytes read in this round, 0 to 1. */
  readonly share: number;
  /** Records published since the run began. */
  readonly recordCount: number;
  /** The last record's time in the file. */
  readonly timestamp: Date;
}

/** A line, or a part of one, that is no record. */
export interface BadLine {
  readonly file: string;
  /** Its number in the file, from 1. */
  readonly line: number;
  readonly error: StreamError;
}

/** Records that a feed without a clock publishes before it asks for room. */
const BATCH_RECORDS = 512;

const OPTIONS: ExpectedOptions<ReplayOptions> = {
  speed: "checked",
  timestamps: ["original", "shifted"],
  loop: "boolean",
  onProgress: "function",
  onBadLine: "function",
  runtime: "object",
};

/**
 * A feed of recorded records: JSON lines in the wire's names, in time order, plain or gzip. A line
 * has one record, or an array of them, as a frame has. Control messages, and types and keys that
 * are not known, are passed over. Several files follow one another.
 *
 * `run` rejects with an error that names the file when one cannot be read to its end.
 */
export function replay(files: readonly string[], options: ReplayOptions = {}): Feed {
  checkFiles(files);
  checkOptions("replay", options, OPTIONS);
  const { speed = 1, loop = false } = options;
  if (speed !== "max" && !(speed > 0 && Number.isFinite(speed))) {
    throw new RangeError(`speed must be a number above 0 or "max", got ${speed}`);
  }
  return {
    paced: speed !== "max",
    run: async (sink, signal) => {
      const player = new Player(sink, signal, speed, options);
      do await player.play(files);
      while (loop && !signal.aborted && player.recordCount > 0);
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
  recordCount = 0;
  readonly #sink: FeedSink;
  readonly #signal: AbortSignal;
  readonly #speed: number | "max";
  readonly #options: ReplayOptions;
  readonly #runtime: Runtime;
  readonly #decoder = new FrameDecoder();
  /** Where the decoder puts what a line holds; emptied line by line. */
  readonly #line = new LineSink();
  /** Where the file's time and the clock met: at the first record of the round. */
  #origin: { readonly fileMs: number; readonly clockMs: number } | undefined;
  #shiftSeconds = 0;

  constructor(sink: FeedSink, signal: AbortSignal, speed: number | "max", options: ReplayOptions) {
    this.#sink = sink;
    this.#signal = signal;
    this.#speed = speed;
    this.#options = options;
    this.#runtime = options.runtime ?? systemRuntime;
  }

  /** Plays all files once. */
  async play(files: readonly string[]): Promise<void> {
    this.#origin = undefined;
    let totalBytes = 0;
    let readBytes = 0;
    for (const file of files) totalBytes += await sizeOf(file);
    for (const file of files) {
      let lineNumber = 0;
      for await (const lines of readLines(file, (count) => (readBytes += count))) {
        let last: AnyRecord | undefined;
        for (const line of lines) {
          this.#decode(line, file, ++lineNumber);
          for (const record of this.#line.records) {
            // Awaited only where there is something to wait for: records that are due together leave together.
            const wait = this.#waitFor(record);
            if (wait !== undefined) await wait;
            if (this.#signal.aborted) return;
            last = record;
            this.#publish(record);
          }
        }
        if (last !== undefined) this.#progress(last, readBytes / totalBytes);
      }
    }
  }

  #decode(line: Uint8Array, file: string, number: number): void {
    const { records, errors } = this.#line;
    records.length = 0;
    if (isBlank(line)) return;
    this.#decoder.decode(line, this.#line);
    if (errors.length === 0) return;
    for (const error of errors) this.#options.onBadLine?.({ file, line: number, error });
    errors.length = 0;
  }

  #publish(record: AnyRecord): void {
    this.recordCount++;
    this.#sink.publish(this.#shiftSeconds === 0 ? record : shifted(record, this.#shiftSeconds));
  }

  /** Until the record is due; without a clock, until there is room. Undefined: go on. */
  #waitFor(record: AnyRecord): Promise<void> | undefined {
    const fileMs = record.seconds * 1000 + record.nanos / 1e6;
    if (this.#origin === undefined) {
      this.#origin = { fileMs, clockMs: this.#runtime.monotonic() };
      if (this.#options.timestamps === "shifted")
        this.#shiftSeconds = Math.round((this.#runtime.now() - fileMs) / 1000);
    }
    if (this.#speed === "max") return this.recordCount % BATCH_RECORDS === 0 ? this.#sink.room() : undefined;
    const dueMs = this.#origin.clockMs + (fileMs - this.#origin.fileMs) / this.#speed;
    const delayMs = dueMs - this.#runtime.monotonic();
    return delayMs > 0 ? this.#sleep(delayMs) : undefined;
  }

  /** Waits, at most until aborted. */
  #sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#runtime.setTimer(() => done(), delayMs);
      const done = (): void => {
        this.#runtime.clearTimer(timer);
        this.#signal.removeEventListener("abort", done);
        resolve();
      };
      this.#signal.addEventListener("abort", done, { once: true });
      if (this.#signal.aborted) done();
    });
  }

  #progress({ timestamp }: AnyRecord, share: number): void {
    this.#options.onProgress?.({ share: Math.min(1, share), recordCount: this.recordCount, timestamp });
  }
}

/** What one line holds. */
class LineSink implements FrameSink {
  readonly records: AnyRecord[] = [];
  readonly errors: StreamError[] = [];

  record(record: AnyRecord | RawRecord): void {
    this.records.push(record as AnyRecord); // the decoder is not asked for raw ones
  }

  control(): void {}

  fault(error: StreamError): void {
    this.errors.push(error);
  }
}

function isBlank(line: Uint8Array): boolean {
  // Blanks alone are rare: the first byte decides for every line that has something.
  return line.length === 0 || ((line[0] ?? 0) <= 0x20 && line.every((byte) => byte === 0x20 || byte === 0x09));
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    throw new Error(`cannot read ${file}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

/** Moves a record in time, in place: it was made here a moment ago and nobody else has seen it. */
function shifted(record: AnyRecord, seconds: number): AnyRecord {
  const times = record as { seconds: number; receivedNs?: bigint | undefined }; // read-only for everybody else
  times.seconds += seconds;
  if (times.receivedNs !== undefined) times.receivedNs += BigInt(seconds) * 1_000_000_000n;
  return record;
}
