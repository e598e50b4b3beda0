import type { MarketRecord, RawRecord } from "../wire/index.ts";
import type { Consumer } from "./consumer.ts";

/** Where records go behind a gate: the routing of a stream, or one subscription. */
export interface RecordTarget {
  /** Whether records are delivered at all. */
  readonly isOpen: boolean;
  /** The subscriptions that it delivers to. */
  readonly consumers: Iterable<Consumer>;
  /** Whether any subscription gets a symbol's records. */
  hasRoute(channel: string, symbol: string): boolean;
  deliver(record: MarketRecord | RawRecord, channel: string, symbol: string, symbolNumber: number): void;
}

/** Stands between intake and routing: it may hold a record back, and deliver it later. */
export interface RecordGate {
  /** Records that are held. */
  readonly size: number;
  /** Records dropped while they were held, since the start. */
  readonly dropped: number;
  /** Whether so much is held that reading should stop. */
  readonly isFull: boolean;
  /** Holds a record; false if the record passes. */
  push(
    record: MarketRecord | RawRecord,
    channel: string,
    symbol: string,
    symbolNumber: number,
    seconds: number,
    nanos: number,
  ): boolean;
  /** Drops the records of a channel's symbols that have no subscription any more. */
  dropUnrouted(channel: string): void;
  /** Drops all records, and holds nothing any more: the stream was stopped. */
  discard(): void;
}
