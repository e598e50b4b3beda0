import { isFromHistory } from "@tickerplant/client";
import {
  type ChannelSymbols,
  Codec,
  FrameEncoder,
  type MarketRecord,
  type WritableSchema,
} from "@tickerplant/client/wire";
import * as LIMITS from "../limits.ts";
import type { LogEventKind } from "../log/log-event.ts";
import { checkedPlace, type SourcePlace } from "../log/source-place.ts";
import type { EntrySink } from "./stream-source.ts";

/** Records that may be missing, as a feed of the gateway reports them. */
export interface ReportedGap {
  readonly channel: string;
  readonly symbols: readonly string[];
  readonly from: Date;
  readonly to: Date;
  readonly cause: Error;
}

/** A gap whose records are in the recording, from history. */
export interface ReportedFill extends Omit<ReportedGap, "cause"> {
  readonly recordCount: number;
}

/** What a recorder reports to the gateway of its log, since it was opened. */
export interface FeedSourceReport {
  readonly recorder: {
    readonly rowCount: number;
    /** Bytes written, compressed. */
    readonly writtenBytes: number;
    /** Bytes that wait for the disk, before compression. */
    readonly waitingBytes: number;
    /** Frames dropped because the disk did not accept them in time. */
    readonly droppedFrameCount: number;
  };
}

/** Records a feed of the gateway, as one of its sinks (`RecordSink` of the package `tickerplant`). */
export class FeedSource {
  readonly #log: EntrySink;
  readonly #encoder: FrameEncoder;
  #records: MarketRecord[] = [];

  constructor(log: EntrySink, schema: WritableSchema) {
    this.#log = log;
    this.#encoder = new FrameEncoder(Codec.MSGPACK, schema);
  }

  /** Why the disk does not accept the recording at the moment, in one sentence without a path. */
  get problem(): string | undefined {
    const code = this.#log.problem;
    if (code === undefined) return undefined;
    return code === "disk_full" ? "the disk of the recording is full" : `the recording cannot be written (${code})`;
  }

  /** Returns the counters of the log. */
  report(): FeedSourceReport {
    const { writtenBytes, waitingBytes, droppedFrames } = this.#log.metrics;
    const { rowCount } = this.#log;
    return { recorder: { rowCount, writtenBytes, waitingBytes, droppedFrameCount: droppedFrames } };
  }

  /** Writes what was published into the log. Returns how many rows the log has: the next record follows them. */
  mark(): number {
    this.flush();
    return this.#log.rowCount;
  }

  record(record: MarketRecord): void {
    if (isFromHistory(record)) this.#keepFilled(record);
    else if (this.#records.push(record) >= LIMITS.frameRecords) this.flush();
  }

  /** The feed has published everything of this turn, which is one frame of the log. */
  flush(): void {
    if (this.#records.length === 0) return;
    this.#log.frame(this.#encoder.frame(this.#records), this.#records.length);
    this.#records = [];
  }

  /**
   * Keeps a frame of records as it is, from a source that numbers its messages. `recordCount` is how many records it has.
   * `place` survives a crash if the frame does, and not otherwise: `place` of the recorder is where to continue. The
   * frame is copied, and not decoded.
   *
   * @throws TypeError for a place or a number of records that is none.
   */
  frame(frame: Uint8Array, recordCount: number, place: SourcePlace): void {
    this.flush();
    this.#log.frame(frame, checkedCount(recordCount), checkedPlace(place));
  }

  /** Keeps a frame of records from history, as {@link frame} does. */
  history(frame: Uint8Array, recordCount: number, place: SourcePlace): void {
    this.flush();
    this.#log.history(frame, checkedCount(recordCount), checkedPlace(place));
  }

  /**
   * Notes a message of such a source without a frame. What was passed on for it before, such as a gap, survives a crash
   * together with the place if nothing was awaited in between.
   *
   * @throws TypeError for a place that is none.
   */
  reached(place: SourcePlace): void {
    this.flush();
    this.#log.reached(checkedPlace(place));
  }

  gap({ channel, symbols, from, to, cause }: ReportedGap): void {
    this.flush();
    const code = "code" in cause ? String(cause.code) : "unknown";
    this.#log.event({ kind: "gap", channel, symbols, from, to, cause: code, message: cause.message });
  }

  /** Notes that a gap is filled. */
  filled({ channel, symbols, from, to, recordCount }: ReportedFill): void {
    this.flush();
    this.#log.event({ kind: "gap_filled", channel, symbols, from, to, count: recordCount });
  }

  carried(symbols: ChannelSymbols): void {
    this.#demand("carried", symbols);
  }

  released(symbols: ChannelSymbols): void {
    this.#demand("released", symbols);
  }

  /** Keeps a record with which an upstream connection has filled a gap. */
  #keepFilled(record: MarketRecord): void {
    this.flush();
    this.#log.history(this.#encoder.frame([record]), 1);
  }

  #demand(kind: LogEventKind, symbolsByChannel: ChannelSymbols): void {
    this.flush();
    for (const [channel, symbols] of Object.entries(symbolsByChannel))
      if (symbols !== undefined && symbols.length > 0) this.#log.event({ kind, channel, symbols });
  }
}

function checkedCount(recordCount: number): number {
  if (Number.isSafeInteger(recordCount) && recordCount >= 0) return recordCount;
  throw new TypeError(`recordCount: expected a whole number from 0, got ${String(recordCount)}`);
}
