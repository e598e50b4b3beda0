import type { Readable } from "node:stream";
import type { AnyRecord } from "@tickerplant/client";
import { WrongFormatError } from "./file-description.ts";
import { REPLAY_LIMITS } from "./limits.ts";
import type { BadLine, ReplayNotice } from "./notices.ts";
import { readText } from "./read-text.ts";
import { type RecordBatch, RecordReader } from "./record-reader.ts";
import { nameOf, openSource } from "./source.ts";
import { lengthMs, TimeClassifier, TimeKind, timeMs } from "./time-classifier.ts";

/** Listeners of a recording. */
export interface CursorEvents {
  badLine(problem: BadLine): void;
  notice(notice: ReplayNotice): void;
  /** `count` bytes of the file, as it is stored, were read. */
  bytes(count: number): void;
}

/** How to read a file. */
export interface TextOptions {
  /** Bytes to read at once. */
  readonly chunkBytes: number;
  /** Whether later records can be read in advance; a pipe may be silent for hours. */
  readonly isRereadable: boolean;
}

/** One file of a replay: a cursor over its records, with the position of each in the common order of all files. */
export class TextCursor {
  /** The present record; undefined before {@link load} and after the last record. */
  record: AnyRecord | undefined;
  /** How the time of the present record relates to its neighbours. */
  timeKind: TimeKind = TimeKind.ORDERED;
  /** Position of the present record among those of other files: whole seconds since the Unix epoch. */
  seconds: number = Number.NEGATIVE_INFINITY;
  /** Nanoseconds of that second. */
  nanos = 0;
  readonly file: string;
  /** Index of the file, which orders records of the same time. */
  readonly order: number;
  readonly #options: TextOptions;
  readonly #events: CursorEvents;
  readonly #reader: RecordReader;
  readonly #times = new TimeClassifier();
  #stream: Readable | undefined;
  #batches: AsyncGenerator<RecordBatch> | undefined;
  #records: AnyRecord[] = [];
  #lines: number[] = [];
  #at = 0;
  #isComplete = false;
  #isClosed = false;
  /** Whether the file has had records other than bars. In a file of bars alone, each is due at its end. */
  #hasTicks = false;
  #hasReportedBack = false;

  constructor(file: string, order: number, options: TextOptions, events: CursorEvents) {
    this.file = file;
    this.order = order;
    this.#options = options;
    this.#events = events;
    this.#reader = new RecordReader((line, error) => events.badLine({ file, line, error }));
  }

  /** Number of records and unreadable lines so far. */
  get itemCount(): number {
    return this.#reader.itemCount;
  }

  /** Number of unreadable lines so far. */
  get badCount(): number {
    return this.#reader.badCount;
  }

  /** Describes a file without records, as the predicate of a sentence. */
  get description(): string {
    return this.#reader.description;
  }

  /** Moves to the next record. Returns false if more of the file must be read first, with {@link load}. */
  advance(): boolean {
    this.#at++;
    return this.#settle();
  }

  /**
   * Reads until the next record, or to the end of the file.
   *
   * @throws Error that names the file, when it cannot be read or has another format.
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

  /** Reads until the position of the first record is known, skipping records whose time does not determine it. */
  async loadPosition(): Promise<void> {
    await this.load();
    while (this.record !== undefined && this.seconds === Number.NEGATIVE_INFINITY) {
      if (!this.advance()) await this.load();
    }
  }

  /** Closes the file; a read in progress fails. */
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

  /** Classifies the record at the cursor; returns false if more records must be read for that. */
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

  /** Number of records that must follow before a time that stands out is classified. */
  get #neededNeighbours(): number {
    if (this.#isComplete) return 0;
    if (this.#options.isRereadable) return REPLAY_LIMITS.neighbours;
    // The next record of a pipe may take hours: only the first record, which has no predecessor, waits for another.
    return this.#times.lastMs === undefined ? 1 : 0;
  }

  #moveTo(record: AnyRecord, timeKind: TimeKind): void {
    let { seconds } = record;
    const { nanos } = record;
    if (!this.#hasTicks) {
      const length = lengthMs(record);
      if (length > 0) seconds += length / 1000;
      else this.#hasTicks = true;
    }
    const isEarlier = seconds < this.seconds || (seconds === this.seconds && nanos < this.nanos);
    if (isEarlier && timeKind === TimeKind.ORDERED) return; // late by seconds: keeps its order in the file
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

  /** Reports a small file in reverse order, in which no single step exceeds the tolerance. */
  #reportReversed(): void {
    if (this.#hasReportedBack || !this.#times.isReversed) return;
    const { previousMs, spanMs } = this.#times;
    const line = this.#lines.at(-1) ?? 0;
    this.#events.notice({ type: "back", file: this.file, line, timestamp: new Date(previousMs), byMs: -spanMs });
  }
}
