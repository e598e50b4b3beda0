import type { StreamEvents, StreamMetrics, Subscription, SubscriptionOptions } from "@tickerplant/client";
import type { ChannelSymbols, MarketRecord, RawRecord } from "@tickerplant/client/wire";

/** A stream of any asset class, as the command line uses it. */
export interface LiveStream {
  readonly metrics: StreamMetrics;
  subscribe(
    symbols: ChannelSymbols,
    handler: (record: MarketRecord | RawRecord) => unknown,
    options?: SubscriptionOptions,
  ): Subscription;
  on<Name extends keyof StreamEvents>(name: Name, listener: (event: StreamEvents[Name]) => void): () => void;
  run(): Promise<void>;
  close(): Promise<void>;
}
