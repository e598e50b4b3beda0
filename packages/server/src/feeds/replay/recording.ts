import type { Readable } from "node:stream";
import { type AnyRecord, Bar } from "@tickerplant/client";
import { WrongFormatError } from "./file-description.ts";
import { REPLAY_LIMITS } from "./limits.ts";
import type { BadLine, ReplayNotice } from "./notices.ts";
import { readText } from "./read-text.ts";
import { type RecordBatch, RecordReader } from "./record-reader.ts";
import { nameOf, openSource } from "./source.ts";
import { lengthMs, TimeClassifier, TimeKind, timeMs } from "./time-classifier.ts";

/** What a recording reports while it is read. */
export interface RecordingEvents {
  badLine(problem: BadLine): void;
  notice(notice: ReplayNotice): void;
  /** Bytes of the file itself were read. */
  bytes(count: number): void;
}

/** How a file is read. */
export interface RecordingOptions {
  readonly chunkBytes: number;
  /** Whether the file's end can be read ahead of time; a pipe may be silent for hours. */
  readonly isRereadable: boolean;
}

/** One file of a replay: a cursor over its records, with the place in time at which each belongs. */
export class Recording {
  /** The present record; undefined before {@link load} and after the last. */
  record: AnyRecord | undefined;
  /** What its time is. */
  timeKind: TimeKind = TimeKind.ORDERED;
  /** Where it belongs among the records of other files: whole seconds since the Unix epoch. */
  seconds: number = Number.NEGATIVE_INFINITY;
  /** Nanoseconds of that second. */
  nanos = 0;
  readonly file: string;
  /** Its place among the files: records of one time go by it. */
  readonly order: number;
  readonly #options: RecordingOptions;
  readonly #events: RecordingEvents;
  readonly #reader: RecordReader;
  readonly #times = new TimeClassifier();
  #stream: Readable | undefined;
  #batches: AsyncGenerator<RecordBatch> | undefined;
  #records: AnyRecord[] = [];
  #lines: number[] = [];
  #at = 0;
  #isComplete = false;
  #isClosed = false;
  /** Whether the file has had records other than bars; those of a file of bars are due at their end. */
  #hasTicks = false;
  #hasReportedBack = false;

  constructor(file: string, order: number, options: RecordingOptions, events: RecordingEvents) {
    this.file = file;
    this.order = order;
    this.#options = options;
    this.#events = events;
    this.#reader = new RecordReader((line, error) => events.badLine({ file, line, error }));
  }

  /** Lines, or parts of lines, that were read so far. */
  get itemCount(): number {
    return this.#reader.itemCount;
  }

  /** Those that were no records. */
  get badCount(): number {
    return this.#reader.badCount;
  }

  /** What the file looks like, where it has no records. */
  get description(): string {
    return this.#reader.description;
  }

  /** Moves to the next record. False when more of the file has to be read for that: see {@link load}. */
  advance(): boolean {
    this.#at++;
    return this.#settle();
  }

  /**
   * Reads on until there is a record, or the file has ended.
   *
   * @throws Error that names the file, when it cannot be read or is of another kind.
   */
  async load(): Promise<void> {
    try {
      do await this.#more();
      while (!this.#settle());
    } catch (error) {
      this.close();
      const reason = error instanceof Error ? error.message : String(error);
      const verb = error instanceof WrongFormatError ? "replay" : "read";
      throw new Error(`cannot ${verb} ${nameOf(this.file)}: ${reason}`, { cause: error });
    }
  }

  /** Reads on until it is known where the first record belongs, past those whose time does not say so. */
  async loadPosition(): Promise<void> {
    await this.load();
    while (this.record !== undefined && this.seconds === Number.NEGATIVE_INFINITY) {
      if (!this.advance()) await this.load();
    }
  }

  /** Closes the file; what is being read of it fails. */
  close(): void {
    this.#isClosed = true;
    this.#stream?.destroy();
  }

  async #more(): Promise<void> {
    this.#batches ??= this.#reader.read(await this.#open());
    const { value: batch, done } = await this.#batches.next();
    if (done) {
      this.#isComplete = true;
      return this.close();
    }
    const isUsedUp = this.#at >= this.#records.length;
    this.#records = isUsedUp ? batch.records : [...this.#records.slice(this.#at), ...batch.records];
    this.#lines = isUsedUp ? batch.lines : [...this.#lines.slice(this.#at), ...batch.lines];
    this.#at = 0;
  }

  async #open(): Promise<AsyncIterable<Buffer>> {
    const { chunkBytes } = this.#options;
    this.#stream = await openSource(this.file, chunkBytes);
    if (this.#isClosed) this.#stream.destroy();
    return readText(this.#counted(this.#stream), chunkBytes);
  }

  async *#counted(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      this.#events.bytes(chunk.length);
      yield chunk;
    }
  }

  /** Judges the record at the cursor; false when the records read so far do not suffice. */
  #settle(): boolean {
    const record = this.#records[this.#at];
    if (record === undefined) {
      this.record = undefined;
      if (this.#isComplete) this.#reportReversed();
      return this.#isComplete;
    }
    const lastMs = this.#times.lastMs;
    const timeKind = this.#times.classify(this.#records, this.#at, this.#neededNeighbours);
    if (timeKind === undefined) return false;
    this.record = record;
    this.timeKind = timeKind;
    if (timeKind === TimeKind.OUTLIER || timeKind === TimeKind.BACK) this.#reportTime(record, timeKind, lastMs);
    else if (timeKind === TimeKind.UNTIMED) return true;
    if (timeKind !== TimeKind.OUTLIER) this.#moveTo(record, timeKind);
    return true;
  }

  /** Records that have to follow one before a time that stands out is judged. */
  get #neededNeighbours(): number {
    if (this.#isComplete) return 0;
    if (this.#options.isRereadable) return REPLAY_LIMITS.neighbours;
    // What a pipe has not brought yet may take hours. Only the first time, which nothing came before, waits for a second.
    return this.#times.lastMs === undefined ? 1 : 0;
  }

  #moveTo(record: AnyRecord, timeKind: TimeKind): void {
    let { seconds } = record;
    const { nanos } = record;
    if (!this.#hasTicks) {
      if (record instanceof Bar) seconds += lengthMs(record) / 1000;
      else this.#hasTicks = true;
    }
    const isEarlier = seconds < this.seconds || (seconds === this.seconds && nanos < this.nanos);
    if (isEarlier && timeKind === TimeKind.ORDERED) return; // late by seconds: it stays where it is in the file
    this.seconds = seconds;
    this.nanos = nanos;
  }

  #reportTime(record: AnyRecord, timeKind: "outlier" | "back", lastMs: number | undefined): void {
    const place = { file: this.file, line: this.#lines[this.#at] ?? 0, timestamp: record.timestamp };
    if (timeKind === TimeKind.BACK) {
      this.#hasReportedBack = true;
      return this.#events.notice({ type: "back", ...place, byMs: (lastMs ?? 0) - timeMs(record) });
    }
    const besideMs = lastMs ?? timeMs(this.#records[this.#at + 1] ?? record);
    this.#events.notice({ type: "outlier", ...place, offsetMs: timeMs(record) - besideMs });
  }

  /** A small file from new to old has no step beyond the tolerance. */
  #reportReversed(): void {
    if (this.#hasReportedBack || !this.#times.isReversed) return;
    const { previousMs, spanMs } = this.#times;
    const line = this.#lines.at(-1) ?? 0;
    this.#events.notice({ type: "back", file: this.file, line, timestamp: new Date(previousMs), byMs: -spanMs });
  }
}
