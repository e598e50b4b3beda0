import type { Readable } from "node:stream";
import type { MarketRecord } from "@tickerplant/client/wire";
import type { CursorEvents, ReplayCursor } from "./cursor.ts";
import { WrongFormatError } from "./file-description.ts";
import { REPLAY_LIMITS } from "./limits.ts";
import { readText } from "./read-text.ts";
import { matches, type RecordFilter } from "./record-filter.ts";
import { type RecordBatch, RecordReader } from "./record-reader.ts";
import { nameOf, openSource } from "./source.ts";
import { lengthMs, TimeClassifier, TimeKind, timeMs } from "./time-classifier.ts";

/** How to read a file. */
export interface TextOptions {
  /** Bytes to read at once. */
  readonly chunkBytes: number;
  /** Whether later records can be read in advance; a pipe may be silent for hours. */
  readonly isRereadable: boolean;
  /** Which records to replay. */
  readonly filter: RecordFilter;
}

/** A cursor over a file of text. */
export class TextCursor implements ReplayCursor {
  readonly share: undefined;
  record: MarketRecord | undefined;
  /** How the time of the present record relates to its neighbours. */
  timeKind: TimeKind = TimeKind.ORDERED;
  seconds: number = Number.NEGATIVE_INFINITY;
  nanos = 0;
  readonly file: string;
  readonly order: number;
  readonly #options: TextOptions;
  readonly #events: CursorEvents;
  readonly #reader: RecordReader;
  readonly #times = new TimeClassifier();
  #stream: Readable | undefined;
  #batches: AsyncGenerator<RecordBatch> | undefined;
  #records: MarketRecord[] = [];
  #lines: number[] = [];
  #at = 0;
  #isComplete = false;
  #isClosed = false;
  /** Whether the file has had records other than bars. In a file of bars alone, each is due at its end. */
  #hasTicks = false;
  #hasReportedBack = false;
  #hasSelected = false;

  constructor(file: string, order: number, options: TextOptions, events: CursorEvents) {
    this.file = file;
    this.order = order;
    this.#options = options;
    this.#events = events;
    this.#reader = new RecordReader((line, error) => events.badLine({ file, line, error }));
  }

  get dueMs(): number | undefined {
    return this.record !== undefined && this.showsTime ? timeMs(this.record) : undefined;
  }

  get restartsPace(): boolean {
    return this.timeKind === TimeKind.BACK || this.timeKind === TimeKind.RESTART;
  }

  get showsTime(): boolean {
    return this.timeKind !== TimeKind.OUTLIER && this.timeKind !== TimeKind.UNTIMED;
  }

  get itemCount(): number {
    return this.#reader.itemCount;
  }

  get badCount(): number {
    return this.#reader.badCount;
  }

  get description(): string {
    const hasOthers = !this.#hasSelected && this.itemCount > this.badCount;
    return hasOthers ? "has none of the wanted channels, symbols and times" : this.#reader.description;
  }

  advance(): boolean {
    this.#at++;
    return this.#settle();
  }

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
    const { records, lines } = selected(batch, this.#options.filter);
    if (records.length > 0) this.#hasSelected = true;
    const isUsedUp = this.#at >= this.#records.length;
    this.#records = isUsedUp ? records : [...this.#records.slice(this.#at), ...records];
    this.#lines = isUsedUp ? lines : [...this.#lines.slice(this.#at), ...lines];
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

  #moveTo(record: MarketRecord, timeKind: TimeKind): void {
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

  #reportTime(record: MarketRecord, timeKind: "outlier" | "back", lastMs: number | undefined): void {
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

/** Returns the records of a batch that a filter selects. */
function selected(
  batch: RecordBatch,
  filter: RecordFilter,
): { readonly records: MarketRecord[]; readonly lines: number[] } {
  if (filter.isOpen) return batch;
  const indices = batch.records.flatMap((record, index) => (matches(record, filter) ? [index] : []));
  // Indices of the batch.
  return {
    records: indices.map((index) => batch.records[index] as MarketRecord),
    lines: indices.map((index) => batch.lines[index] as number),
  };
}
