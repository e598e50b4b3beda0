// Stocks

export type { Adjustment } from "./stocks/adjustment.ts";
export { Auction, type DailyAuctions } from "./stocks/auctions.ts";
export { DataFeed } from "./stocks/data-feed.ts";
export { StockHistory, type StockHistoryOptions, type StockSnapshot } from "./stocks/stock-history.ts";
export type { StockBarsOptions, StockRangeOptions, StockRequestOptions } from "./stocks/stock-history-options.ts";
export { TradeUpdate, tradeUpdate } from "./stocks/trade-update.ts";

// Crypto

export { CryptoFeed } from "./crypto/crypto-feed.ts";
export {
  type CryptoBarsOptions,
  CryptoHistory,
  type CryptoHistoryOptions,
  type CryptoSnapshot,
} from "./crypto/crypto-history.ts";

// A stream that continues another one

export type { StreamTail, TailEnding, TailOptions } from "./continuity/backfill/stream-tail.ts";
export { CryptoTail } from "./crypto/crypto-tail.ts";
export { StockTail } from "./stocks/stock-tail.ts";

// Requests

export type { HistoryOptions } from "./history/history-options.ts";
export type { HistoryRecords } from "./history/history-records.ts";
export type { HistoryTime } from "./history/history-times.ts";
export { type RangeOptions, type RequestOptions, Sort } from "./history/range-options.ts";
export { Priority, RequestBudget, type RequestBudgetOptions, type RequestUsage } from "./history/request-budget.ts";
export type { HistoryAnswer } from "./history/rest-client.ts";
export type { Timeframe } from "./history/timeframe.ts";
export type { Fetch, FetchInit, FetchResponse } from "./platform/fetch.ts";

// Records and errors

export { isFromHistory } from "./continuity/from-history.ts";
export { StreamError, type StreamErrorCode } from "./wire/stream-error.ts";
