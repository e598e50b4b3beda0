import type { MarketRecord } from "@tickerplant/client/wire";
import type { RecordBatch, RecordingReader, RejectedRow } from "@tickerplant/recorder";
import { importRecorder } from "../../optional-packages.ts";
import type { CursorEvents, ReplayCursor } from "./cursor.ts";
import { REPLAY_LIMITS } from "./limits.ts";
import { lineError } from "./line-error.ts";
import type { RecordFilter } from "./record-filter.ts";
import { RecordedGaps, type RecordedOrder } from "./recorded-gaps.ts";
import { lengthMs, TimeClassifier, TimeKind, timeMs } from "./time-classifier.ts";

/** How to read a recording. */
export interface RecordingOptions {
  readonly order: RecordedOrder;
  /** The feed, in a folder that has several. */
  readonly feed: string | undefined;
  readonly filter: RecordFilter;
  /** Whether to count the records, from which the progress knows its share. */
  readonly countsRecords: boolean;
}

/** A cursor over what a recorder has kept: all channels of one feed, in one order. */
export class RecordingCursor implements ReplayCursor {
  record: MarketRecord | undefined;
  seconds: number = Number.NEGATIVE_INFINITY;
  nanos = 0;
  dueMs: number | undefined;
  restartsPace = false;
  showsTime = true;
  itemCount = 0;
  badCount = 0;
  readonly file: string;
  readonly order: number;
  readonly #options: RecordingOptions;
  readonly #events: CursorEvents;
  readonly #times = new TimeClassifier();
  #reader: RecordingReader | undefined;
  #batches: AsyncGenerator<RecordBatch> | undefined;
  #gaps: RecordedGaps | undefined;
  /** What was read and not published. */
  #rows: Rows = { records: [], receivedMs: [], segmentsMs: [], sequences: [] };
  #at = -1;
  /** Number of records of the whole replay; undefined until they are counted. */
  #totalCount: number | undefined;
  #lastReceivedMs = Number.NEGATIVE_INFINITY;
  #isComplete = false;
  #isClosed = false;

  constructor(file: string, order: number, options: RecordingOptions, events: CursorEvents) {
    this.file = file;
    this.order = order;
    this.#options = options;
    this.#events = events;
  }

  get description(): string {
    return this.#options.filter.isOpen ? "has no record" : "has none of the wanted channels, symbols and times";
  }

  get share(): number | undefined {
    if (this.#isComplete && this.record === undefined) return 1;
    if (this.#totalCount === undefined) return undefined;
    const readAhead = this.#rows.records.length - this.#at;
    return Math.min(1, (this.itemCount - readAhead) / this.#totalCount);
  }

  advance(): boolean {
    this.#at++;
    return this.#settle();
  }

  async load(): Promise<void> {
    try {
      this.#batches ??= await this.#open();
      if (this.#at < 0) this.#at = 0;
      do await this.#more(this.#batches);
      while (!this.#settle());
    } catch (error) {
      this.close();
      const reason = error instanceof Error ? error.message : String(error);
      // The recorder's errors name the file.
      throw new Error(reason.includes(this.file) ? reason : `cannot replay ${this.file}: ${reason}`, { cause: error });
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#reader?.close();
  }

  async #open(): Promise<AsyncGenerator<RecordBatch>> {
    const { order, feed, filter } = this.#options;
    const { channels, symbols, fromNs, toNs } = filter;
    const { RecordingReader } = await importRecorder();
    const reader = await RecordingReader.open(this.file, {
      ...(feed !== undefined && { feed }),
      onRejectedRow: (row) => this.#reject(row),
      onWarning: (message) => this.#events.notice({ type: "inexact", file: this.file, message }),
    });
    this.#reader = reader;
    if (this.#isClosed) reader.close();
    this.#gaps = new RecordedGaps(await reader.gaps(), order, filter);
    const query = {
      channels: channels === undefined ? reader.channels : [...channels],
      ...(symbols && { symbols: [...symbols] }),
      ...(fromNs !== undefined && { fromNs }),
      ...(toNs !== undefined && { toNs }),
    };
    // The replay does not wait for it: in a long recording it takes a while.
    if (this.#options.countsRecords) void this.#count(reader, query);
    return reader.read({ ...query, order, hasBarsAtEnd: true });
  }

  async #count(reader: RecordingReader, query: Parameters<RecordingReader["counts"]>[0]): Promise<void> {
    try {
      let total = 0;
      for (const count of (await reader.counts(query)).values()) total += count;
      this.#totalCount = total;
    } catch {
      // The replay was closed, or meets the same damage and reports it.
    }
  }

  async #more(batches: AsyncGenerator<RecordBatch>): Promise<void> {
    const { value: batch, done } = await batches.next();
    if (done) {
      this.#isComplete = true;
      return this.close();
    }
    this.itemCount += batch.records.length;
    this.#rows = joined(this.#rows, this.#at, batch);
    this.#at = 0;
  }

  /** Moves to the record at the cursor; returns false if more records must be read to classify its time. */
  #settle(): boolean {
    const { records, receivedMs, segmentsMs, sequences } = this.#rows;
    const record = records[this.#at];
    if (record === undefined) {
      this.record = undefined;
      if (this.#isComplete) for (const gap of this.#gaps?.rest() ?? []) this.#events.gap(gap);
      return this.#isComplete;
    }
    const lastMs = this.#times.lastMs;
    const timeKind = this.#times.classify(records, this.#at, this.#isComplete ? 0 : REPLAY_LIMITS.neighbours);
    if (timeKind === undefined) return false;
    this.record = record;
    this.showsTime = timeKind !== TimeKind.OUTLIER && timeKind !== TimeKind.UNTIMED;
    const place = { segmentMs: segmentsMs[this.#at] ?? 0, sequence: sequences[this.#at] ?? 0 };
    for (const gap of this.#gaps?.before(record, place) ?? []) this.#events.gap(gap);
    if (this.#options.order === "received") this.#moveToReceived(receivedMs[this.#at] ?? 0);
    else this.#moveToTime(record, timeKind, lastMs);
    return true;
  }

  #moveToReceived(receivedMs: number): void {
    this.restartsPace = receivedMs < this.#lastReceivedMs - REPLAY_LIMITS.toleranceMs; // the recorder's clock was set
    this.#lastReceivedMs = receivedMs;
    this.dueMs = receivedMs;
    this.seconds = Math.floor(receivedMs / 1000);
    this.nanos = Math.round((receivedMs - this.seconds * 1000) * 1e6);
  }

  #moveToTime(record: MarketRecord, timeKind: TimeKind, lastMs: number | undefined): void {
    this.restartsPace = timeKind === TimeKind.BACK || timeKind === TimeKind.RESTART;
    this.dueMs = this.showsTime ? timeMs(record) : undefined;
    this.seconds = record.seconds + lengthMs(record) / 1000; // as the reader orders bars
    this.nanos = record.nanos;
    if (timeKind !== TimeKind.OUTLIER) return;
    const besideMs = lastMs ?? timeMs(this.#rows.records[this.#at + 1] ?? record);
    const { file } = this;
    this.#events.notice({ type: "outlier", file, timestamp: record.timestamp, offsetMs: timeMs(record) - besideMs });
  }

  #reject({ sequence, message }: RejectedRow): void {
    this.itemCount++;
    this.badCount++;
    this.#events.badLine({ file: this.file, line: sequence + 1, error: lineError("bad_message", message) });
  }
}

/** Records, and what the recording says of each. */
interface Rows {
  readonly records: readonly MarketRecord[];
  readonly receivedMs: readonly number[];
  readonly segmentsMs: readonly number[];
  readonly sequences: readonly number[];
}

/** Returns the rows from an index on, and those of a batch behind them. */
function joined(rows: Rows, from: number, { records, receivedNs, segmentsMs, sequences }: RecordBatch): Rows {
  return {
    records: [...rows.records.slice(from), ...records],
    receivedMs: [...rows.receivedMs.slice(from), ...Array.from(receivedNs, (ns) => Number(ns) / 1e6)],
    segmentsMs: [...rows.segmentsMs.slice(from), ...segmentsMs],
    sequences: [...rows.sequences.slice(from), ...sequences],
  };
}
