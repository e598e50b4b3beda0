import type { StreamEvents, StreamMetrics, Subscription } from "@tickerplant/client";
import type { ChannelSymbols, MarketRecord } from "@tickerplant/client/wire";

/** A stream of any asset class, as an upstream feed uses it. */
export interface UpstreamStream {
  readonly metrics: StreamMetrics;
  readonly marketMs: number;
  subscribe(symbols: ChannelSymbols, handler: (record: MarketRecord) => void): Subscription;
  unsubscribe(symbols: ChannelSymbols): Promise<void>;
  on<Name extends keyof StreamEvents>(name: Name, listener: (event: StreamEvents[Name]) => void): () => void;
  run(): Promise<void>;
  stop(): Promise<void>;
  close(): Promise<void>;
  pause(): void;
  resume(): void;
}
