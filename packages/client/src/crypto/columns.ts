// Generated from packages/client/schema/crypto.ts: change that, then run `npm run generate`.

import type { Column, ColumnReader } from "../wire/columns.ts";
import type { Channel } from "./channels.ts";
import { type AnyRecord, CryptoBar, CryptoOrderBook, CryptoQuote, CryptoTrade } from "./records.ts";

const CRYPTO_TRADE_COLUMNS: readonly Column[] = [
  { name: "price", kind: "price", whenMissing: "rejected" },
  { name: "size", kind: "amount", whenMissing: "default" },
  { name: "id", kind: "id", whenMissing: "default" },
  { name: "takerSide", kind: "code", whenMissing: "default" },
];

const CRYPTO_QUOTE_COLUMNS: readonly Column[] = [
  { name: "bidPrice", kind: "price", whenMissing: "default" },
  { name: "bidSize", kind: "amount", whenMissing: "default" },
  { name: "askPrice", kind: "price", whenMissing: "default" },
  { name: "askSize", kind: "amount", whenMissing: "default" },
];

const CRYPTO_BAR_COLUMNS: readonly Column[] = [
  { name: "open", kind: "price", whenMissing: "rejected" },
  { name: "high", kind: "price", whenMissing: "rejected" },
  { name: "low", kind: "price", whenMissing: "rejected" },
  { name: "close", kind: "price", whenMissing: "rejected" },
  { name: "volume", kind: "amount", whenMissing: "default" },
  { name: "tradeCount", kind: "count", whenMissing: "undefined" },
  { name: "vwap", kind: "price", whenMissing: "undefined" },
];

const CRYPTO_ORDER_BOOK_COLUMNS: readonly Column[] = [
  { name: "bids", kind: "levels", whenMissing: "default" },
  { name: "asks", kind: "levels", whenMissing: "default" },
  { name: "isSnapshot", kind: "flag", whenMissing: "default" },
];

/** The columns of each channel after channel, symbol and time, in the order of the records' constructors. */
export const COLUMNS: Readonly<Record<Channel, readonly Column[]>> = {
  trades: CRYPTO_TRADE_COLUMNS,
  quotes: CRYPTO_QUOTE_COLUMNS,
  bars: CRYPTO_BAR_COLUMNS,
  updatedBars: CRYPTO_BAR_COLUMNS,
  dailyBars: CRYPTO_BAR_COLUMNS,
  orderbooks: CRYPTO_ORDER_BOOK_COLUMNS,
};

/** Makes the record of a row. What may be missing is what a message of the wire may lack. */
export function recordFromColumns(
  channel: Channel,
  symbol: string,
  seconds: number,
  nanos: number,
  columns: ColumnReader,
): AnyRecord {
  switch (channel) {
    case "trades":
      return new CryptoTrade(
        symbol,
        seconds,
        nanos,
        columns.requiredNumber("price"),
        columns.count("size") ?? 0,
        columns.id("id"),
        columns.text("takerSide"),
      );
    case "quotes":
      return new CryptoQuote(
        symbol,
        seconds,
        nanos,
        columns.number("bidPrice") ?? 0,
        columns.count("bidSize") ?? 0,
        columns.number("askPrice") ?? 0,
        columns.count("askSize") ?? 0,
      );
    case "bars":
    case "updatedBars":
    case "dailyBars":
      return new CryptoBar(
        channel,
        symbol,
        seconds,
        nanos,
        columns.requiredNumber("open"),
        columns.requiredNumber("high"),
        columns.requiredNumber("low"),
        columns.requiredNumber("close"),
        columns.count("volume") ?? 0,
        columns.count("tradeCount"),
        columns.number("vwap"),
      );
    case "orderbooks":
      return new CryptoOrderBook(
        symbol,
        seconds,
        nanos,
        columns.levels("bids"),
        columns.levels("asks"),
        columns.flag("isSnapshot"),
      );
  }
}
