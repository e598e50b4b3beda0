import type { ChannelSymbols, MarketRecord } from "@tickerplant/client/wire";
import type { FeedGap, IsSent, SourcePlace } from "./feed.ts";

/** What a sink that keeps records reports of itself: as a recorder, or as the history. */
export interface SinkReport {
  readonly recorder?: {
    /** Rows written since the start. */
    readonly rowCount: number;
    /** Bytes written, compressed. */
    readonly writtenBytes: number;
    /** Bytes that wait for the disk. */
    readonly waitingBytes: number;
    /** Frames dropped because the disk did not accept them in time. */
    readonly droppedFrameCount: number;
  };
  readonly history?: {
    /** Rows held of this feed. */
    readonly rowCount: number;
    /** Bytes held of all feeds together. */
    readonly usedBytes: number;
    /** Bytes that all feeds together may hold. */
    readonly maxBytes: number;
  };
}

/**
 * Receives everything that a feed publishes, in order: the clients of a gateway, a history, a
 * recorder. Its methods are synchronous: a sink that has to wait keeps its own buffer, with a limit. They
 * may keep the record, which does not change.
 */
export interface RecordSink {
  /**
   * What it cannot do at the moment, in one sentence; undefined if it does its work. Read at any time. Anyone who can
   * reach the port can read it: it contains no secret and no path.
   */
  readonly problem?: string | undefined;
  /**
   * Accepts one record. `symbolNumber` stays its symbol's until the process ends, from 1 up, or is 0 if the feed has
   * none: an index of an array is faster than a look-up in a map.
   */
  record(record: MarketRecord, symbolNumber: number): void;
  /** Accepts a report of records that may be missing, between those before and those after it. */
  gap?(gap: FeedGap): void;
  /** The feed carries symbols from now on, of those that it did not carry. Only partial feeds report it. */
  carried?(symbols: ChannelSymbols): void;
  /** The feed does not carry symbols any more: the last client of a partial feed has left them, or its source has. */
  released?(symbols: ChannelSymbols): void;
  /** The feed's source sends records of fewer symbols than before: what is known of the others is no longer up to date. */
  narrowed?(isSent: IsSent): void;
  /** No records from before a time of the market follow: the feed is read from the middle. */
  begins?(at: Date): void;
  /** Everything of the feed's source up to a message was published: a recorder continues behind it after a restart. */
  reached?(place: SourcePlace): void;
  /** The feed has published everything of this turn. */
  flush?(): void;
  /** Returns how much it keeps. Called for reports, at any time. */
  report?(): SinkReport;
  /** The gateway closes: what is open for its clients' requests is not needed any more. */
  close?(): void;
  /**
   * Returns the records that a client is sent first when it subscribes to symbols, such as an order book; `*` stands
   * for all symbols that the sink knows.
   */
  snapshot?(symbols: ChannelSymbols): Iterable<MarketRecord>;
}

/** A sink that remembers what a client has to know of earlier records. */
export type SnapshotSink = RecordSink & Required<Pick<RecordSink, "snapshot">>;
