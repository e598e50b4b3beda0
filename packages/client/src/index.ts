// The stream

export type { LagSummary } from "./delivery/lag-window.ts";
export type { MissedRange } from "./delivery/missed-ranges.ts";
export { Overflow } from "./delivery/record-queue.ts";
// For tests and other platforms
export { type Clock, systemClock, type Timer } from "./platform/clock.ts";
export type { Connector, ConnectRequest, Transport, TransportEvents } from "./platform/transport/transport.ts";
export { DataFeed, feedPath, feedUrl } from "./stocks/data-feed.ts";
export {
  type Handler,
  StockDataStream,
  type StockDataStreamOptions,
  type StreamRecord,
} from "./stocks/stock-data-stream.ts";
export type { ReconnectOptions } from "./stream/backoff.ts";
export type { RunOptions } from "./stream/data-stream.ts";
// Events and counters
export type { GapEvent, SlowEvent, StatusEvent, StreamEvents, WarningEvent } from "./stream/events.ts";
export type { StreamMetrics } from "./stream/metrics.ts";
export type { SymbolState } from "./subscriptions/ledger-entry.ts";
export type { RecordIterator } from "./subscriptions/record-iterator.ts";
// Subscriptions
export type { Subscription, SymbolStatus } from "./subscriptions/subscription.ts";
export type { SubscriptionOptions } from "./subscriptions/subscription-registry.ts";
export type { OnlySymbolArguments, SymbolArguments } from "./subscriptions/symbol-arguments.ts";
export type { SymbolList, SymbolsByChannel } from "./subscriptions/wanted-symbols.ts";
export { VERSION } from "./version.ts";
export {
  type Channel,
  type ChannelSymbols,
  type ImpliedChannel,
  SUBSCRIBABLE_CHANNELS,
  type SubscribableChannel,
} from "./stocks/channels.ts";
export { Codec } from "./wire/codec.ts";
// Records
export {
  type AnyRecord,
  Bar,
  type BarChannel,
  type Id,
  Imbalance,
  Luld,
  MarketRecord,
  type PlainRecord,
  Quote,
  type RawRecord,
  type RecordByChannel,
  Trade,
  TradeCancel,
  TradeCorrection,
  TradingStatus,
} from "./stocks/records.ts";
export { StreamError, type StreamErrorCode } from "./wire/stream-error.ts";

// The market's calendar and codes

export { quoteConditionName, tradeConditionName } from "./stocks/condition-names.ts";
export { exchangeName } from "./stocks/exchange-names.ts";
export { type UsEquitySession, usEquitySession } from "./stocks/us-equity-calendar.ts";
