import type { MarketRecord } from "@tickerplant/client/wire";

/** Where a feed's records go. */
export interface FeedSink {
  /** Hands on one record. Records of one symbol keep their order. */
  publish(record: MarketRecord): void;
  /**
   * Undefined while every reader keeps up; otherwise a promise that settles when there is room
   * again, or the feed is to end. A feed without a clock of its own awaits it; one with a clock need not ask.
   */
  room(): Promise<void> | undefined;
}

/** A source of records: the simulator, a replay, later an upstream connection. */
export interface Feed {
  /**
   * Whether the feed has a clock of its own. A paced feed goes on without its slow readers, who
   * are told so with 407; an unpaced one waits for its slowest reader.
   */
  readonly paced: boolean;
  /**
   * Publishes records until there are none left or `signal` is aborted; either way the promise
   * resolves. It rejects when the source fails. May be called again after it has settled.
   */
  run(sink: FeedSink, signal: AbortSignal): Promise<void>;
}
