// The stream

export {
  StockDataStream,
  type StockDataStreamOptions,
  type StreamRecord,
} from "./stocks/stock-data-stream.ts";
export type { ReconnectOptions } from "./stream/backoff.ts";
export type { Handler, RunOptions } from "./stream/data-stream.ts";
export type { StreamOptions } from "./stream/stream-options.ts";

// Feeds, channels and codecs

export {
  CHANNELS,
  type Channel,
  IMPLIED_CHANNELS,
  type ImpliedChannel,
  isChannel,
  SUBSCRIBABLE_CHANNELS,
  type SubscribableChannel,
  TRAITS as STOCK_TRAITS,
} from "./stocks/channels.ts";
export { COLUMNS as STOCK_COLUMNS, recordFromColumns as stockRecordFromColumns } from "./stocks/columns.ts";
export { DataFeed, feedPath, feedUrl } from "./stocks/data-feed.ts";
export { STOCK_SCHEMA } from "./stocks/stock-schema.ts";
export type { ChannelSymbols } from "./wire/channel-symbols.ts";
export { Codec } from "./wire/codec.ts";

// Subscriptions

export { Overflow } from "./delivery/record-queue.ts";
export type { SymbolState } from "./subscriptions/ledger-entry.ts";
export type { RecordBatches, RecordIterator } from "./subscriptions/record-iterator.ts";
export type { Subscription, SymbolStatus } from "./subscriptions/subscription.ts";
export type { SubscriptionOptions } from "./subscriptions/subscription-registry.ts";
export type { OnlySymbolArguments, SymbolArguments } from "./subscriptions/symbol-arguments.ts";
export type { SymbolList, SymbolsByChannel } from "./subscriptions/wanted-symbols.ts";

// Records

export {
  type AnyRecord,
  Bar,
  type BarChannel,
  Imbalance,
  Luld,
  Quote,
  type RecordByChannel,
  Trade,
  TradeCancel,
  TradeCorrection,
  TradingStatus,
} from "./stocks/records.ts";
export { type Id, MarketRecord, type PlainRecord, type RawRecord } from "./wire/market-record.ts";

// Crypto: the stream, its records and order books

export {
  CHANNELS as CRYPTO_CHANNELS,
  type Channel as CryptoChannel,
  TRAITS as CRYPTO_TRAITS,
} from "./crypto/channels.ts";
export { COLUMNS as CRYPTO_COLUMNS, recordFromColumns as cryptoRecordFromColumns } from "./crypto/columns.ts";
export {
  CryptoDataStream,
  type CryptoDataStreamOptions,
  type CryptoStreamRecord,
} from "./crypto/crypto-data-stream.ts";
export { CryptoFeed, cryptoFeedPath, cryptoFeedUrl } from "./crypto/crypto-feed.ts";
export { CRYPTO_SCHEMA } from "./crypto/crypto-schema.ts";
export { OrderBook } from "./crypto/order-book.ts";
export {
  type AnyRecord as AnyCryptoRecord,
  CryptoBar,
  type CryptoBarChannel,
  CryptoOrderBook,
  CryptoQuote,
  CryptoTrade,
  type RecordByChannel as CryptoRecordByChannel,
} from "./crypto/records.ts";
export type { PriceLevel } from "./wire/price-levels.ts";

// History: records that a stream has filled in. StockHistory is in the entry `history`

export { isFromHistory, markFromHistory } from "./continuity/from-history.ts";
export { TradeUpdate, tradeUpdate } from "./stocks/trade-update.ts";

// Events, errors and metrics

export type { GapFilledEvent, GapOpenEvent } from "./continuity/backfill/gap-outcome.ts";
export type { StreamTail } from "./continuity/backfill/stream-tail.ts";
export type { GapEvent } from "./continuity/open-gap.ts";
export type { ChannelPosition, StreamPosition } from "./continuity/stream-position.ts";
export type { LagSummary } from "./delivery/lag-window.ts";
export type { MissedRange } from "./delivery/missed-ranges.ts";
export type { ListenerOptions } from "./stream/emitter.ts";
export type { EventIterator } from "./stream/event-iterator.ts";
export type { SlowEvent, StatusEvent, StreamEvents, WarningEvent } from "./stream/events.ts";
export type { StreamMetrics } from "./stream/metrics.ts";
export { StreamError, type StreamErrorCode } from "./wire/stream-error.ts";

// The market's calendar and codes

export { BarRule, barRules } from "./stocks/bar-rules.ts";
export { quoteConditionName, tradeConditionName } from "./stocks/condition-names.ts";
export { exchangeName } from "./stocks/exchange-names.ts";
export { tradingStateOf } from "./stocks/halt-codes.ts";
export { type TradeSide, tradeSide } from "./stocks/trade-side.ts";
export { type UsEquitySession, usEquitySession } from "./stocks/us-equity-calendar.ts";

// Clocks and transports, for tests and other platforms

export { type Clock, systemClock, type Timer } from "./platform/clock.ts";
export type { Connector, ConnectRequest, Transport, TransportEvents } from "./platform/transport/transport.ts";

// The package

export { VERSION } from "./version.ts";
