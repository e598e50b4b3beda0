import { bar, type RecordTime, trade } from "../../../../../verify/shared/records.ts";
import type { FillRulesByChannel } from "../../../src/continuity/backfill/fill-rules.ts";
import { CRYPTO_FILL_RULES } from "../../../src/crypto/fill-rules.ts";
import { CryptoBar, CryptoTrade } from "../../../src/crypto/records.ts";
import {
  type AnyRecord,
  CRYPTO_SCHEMA,
  CryptoDataStream,
  STOCK_SCHEMA,
  StockDataStream,
  type StockDataStreamOptions,
} from "../../../src/index.ts";
import { STOCK_FILL_RULES } from "../../../src/stocks/fill-rules.ts";
import type { WritableSchema } from "../../../src/wire/index.ts";

/** What tests need of an asset class. Its streams, and records of either form, are typed as those of stocks. */
export interface MarketKind {
  readonly feed: string;
  readonly schema: WritableSchema;
  readonly rules: FillRulesByChannel;
  readonly symbols: readonly [string, string, string, string];
  trade(symbol: string, id: number, at: RecordTime): AnyRecord;
  /** A minute bar. */
  bar(symbol: string, volume: number, at: RecordTime): AnyRecord;
  stream(options: StockDataStreamOptions<boolean>): StockDataStream;
}

export const STOCKS: MarketKind = {
  feed: "iex",
  schema: STOCK_SCHEMA,
  rules: STOCK_FILL_RULES,
  symbols: ["AAPL", "MSFT", "QQQ", "SPY"],
  trade,
  bar: (symbol, volume, at) => bar(symbol, "bars", volume, at),
  stream: (options) => new StockDataStream(options) as StockDataStream,
};

export const CRYPTO: MarketKind = {
  feed: "us",
  schema: CRYPTO_SCHEMA,
  rules: CRYPTO_FILL_RULES,
  symbols: ["BTC/USD", "ETH/USD", "LTC/USD", "SOL/USD"],
  trade: (symbol, id, { seconds, nanos }) =>
    new CryptoTrade(symbol, seconds, nanos, 101.25, 0.5, id, "B") as unknown as AnyRecord,
  bar: (symbol, volume, { seconds, nanos }) =>
    new CryptoBar("bars", symbol, seconds, nanos, 1, 2, 0.5, 1.5, volume) as unknown as AnyRecord,
  stream: ({ feed: _, ...options }) => new CryptoDataStream(options) as unknown as StockDataStream,
};
