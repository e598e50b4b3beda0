// Generated from packages/client/schema/stocks.ts: change that, then run `npm run generate`.

import type { Column, ColumnReader } from "../wire/columns.ts";
import type { Channel } from "./channels.ts";
import {
  type AnyRecord,
  Bar,
  Imbalance,
  Luld,
  Quote,
  Trade,
  TradeCancel,
  TradeCorrection,
  TradingStatus,
} from "./records.ts";

const TRADE_COLUMNS: readonly Column[] = [
  { name: "id", kind: "id", whenMissing: "default" },
  { name: "exchange", kind: "code", whenMissing: "default" },
  { name: "price", kind: "price", whenMissing: "rejected" },
  { name: "size", kind: "size", whenMissing: "default" },
  { name: "conditions", kind: "conditions", whenMissing: "default" },
  { name: "tape", kind: "code", whenMissing: "default" },
  { name: "receivedNs", kind: "nanoseconds", whenMissing: "undefined" },
];

const QUOTE_COLUMNS: readonly Column[] = [
  { name: "bidExchange", kind: "code", whenMissing: "default" },
  { name: "bidPrice", kind: "price", whenMissing: "default" },
  { name: "bidSize", kind: "size", whenMissing: "default" },
  { name: "askExchange", kind: "code", whenMissing: "default" },
  { name: "askPrice", kind: "price", whenMissing: "default" },
  { name: "askSize", kind: "size", whenMissing: "default" },
  { name: "conditions", kind: "conditions", whenMissing: "default" },
  { name: "tape", kind: "code", whenMissing: "default" },
  { name: "receivedNs", kind: "nanoseconds", whenMissing: "undefined" },
];

const BAR_COLUMNS: readonly Column[] = [
  { name: "open", kind: "price", whenMissing: "rejected" },
  { name: "high", kind: "price", whenMissing: "rejected" },
  { name: "low", kind: "price", whenMissing: "rejected" },
  { name: "close", kind: "price", whenMissing: "rejected" },
  { name: "volume", kind: "size", whenMissing: "default" },
  { name: "tradeCount", kind: "count", whenMissing: "undefined" },
  { name: "vwap", kind: "price", whenMissing: "undefined" },
];

const TRADING_STATUS_COLUMNS: readonly Column[] = [
  { name: "statusCode", kind: "code", whenMissing: "default" },
  { name: "statusMessage", kind: "text", whenMissing: "default" },
  { name: "reasonCode", kind: "code", whenMissing: "default" },
  { name: "reasonMessage", kind: "text", whenMissing: "default" },
  { name: "tape", kind: "code", whenMissing: "default" },
];

const LULD_COLUMNS: readonly Column[] = [
  { name: "limitUpPrice", kind: "price", whenMissing: "rejected" },
  { name: "limitDownPrice", kind: "price", whenMissing: "rejected" },
  { name: "indicator", kind: "code", whenMissing: "default" },
  { name: "tape", kind: "code", whenMissing: "default" },
];

const IMBALANCE_COLUMNS: readonly Column[] = [
  { name: "price", kind: "price", whenMissing: "rejected" },
  { name: "tape", kind: "code", whenMissing: "default" },
];

const TRADE_CORRECTION_COLUMNS: readonly Column[] = [
  { name: "exchange", kind: "code", whenMissing: "default" },
  { name: "originalId", kind: "id", whenMissing: "default" },
  { name: "originalPrice", kind: "price", whenMissing: "rejected" },
  { name: "originalSize", kind: "size", whenMissing: "default" },
  { name: "originalConditions", kind: "conditions", whenMissing: "default" },
  { name: "correctedId", kind: "id", whenMissing: "default" },
  { name: "correctedPrice", kind: "price", whenMissing: "rejected" },
  { name: "correctedSize", kind: "size", whenMissing: "default" },
  { name: "correctedConditions", kind: "conditions", whenMissing: "default" },
  { name: "tape", kind: "code", whenMissing: "default" },
];

const TRADE_CANCEL_COLUMNS: readonly Column[] = [
  { name: "id", kind: "id", whenMissing: "default" },
  { name: "exchange", kind: "code", whenMissing: "default" },
  { name: "price", kind: "price", whenMissing: "rejected" },
  { name: "size", kind: "size", whenMissing: "default" },
  { name: "action", kind: "code", whenMissing: "default" },
  { name: "tape", kind: "code", whenMissing: "default" },
];

/** The columns of each channel after channel, symbol and time, in the order of the records' constructors. */
export const COLUMNS: Readonly<Record<Channel, readonly Column[]>> = {
  trades: TRADE_COLUMNS,
  quotes: QUOTE_COLUMNS,
  bars: BAR_COLUMNS,
  updatedBars: BAR_COLUMNS,
  dailyBars: BAR_COLUMNS,
  statuses: TRADING_STATUS_COLUMNS,
  lulds: LULD_COLUMNS,
  imbalances: IMBALANCE_COLUMNS,
  corrections: TRADE_CORRECTION_COLUMNS,
  cancelErrors: TRADE_CANCEL_COLUMNS,
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
      return new Trade(
        symbol,
        seconds,
        nanos,
        columns.id("id"),
        columns.text("exchange"),
        columns.requiredNumber("price"),
        columns.count("size") ?? 0,
        columns.conditions("conditions"),
        columns.text("tape"),
        columns.nanoseconds("receivedNs"),
      );
    case "quotes":
      return new Quote(
        symbol,
        seconds,
        nanos,
        columns.text("bidExchange"),
        columns.number("bidPrice") ?? 0,
        columns.count("bidSize") ?? 0,
        columns.text("askExchange"),
        columns.number("askPrice") ?? 0,
        columns.count("askSize") ?? 0,
        columns.conditions("conditions"),
        columns.text("tape"),
        columns.nanoseconds("receivedNs"),
      );
    case "bars":
    case "updatedBars":
    case "dailyBars":
      return new Bar(
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
    case "statuses":
      return new TradingStatus(
        symbol,
        seconds,
        nanos,
        columns.text("statusCode"),
        columns.text("statusMessage"),
        columns.text("reasonCode"),
        columns.text("reasonMessage"),
        columns.text("tape"),
      );
    case "lulds":
      return new Luld(
        symbol,
        seconds,
        nanos,
        columns.requiredNumber("limitUpPrice"),
        columns.requiredNumber("limitDownPrice"),
        columns.text("indicator"),
        columns.text("tape"),
      );
    case "imbalances":
      return new Imbalance(symbol, seconds, nanos, columns.requiredNumber("price"), columns.text("tape"));
    case "corrections":
      return new TradeCorrection(
        symbol,
        seconds,
        nanos,
        columns.text("exchange"),
        columns.id("originalId"),
        columns.requiredNumber("originalPrice"),
        columns.count("originalSize") ?? 0,
        columns.conditions("originalConditions"),
        columns.id("correctedId"),
        columns.requiredNumber("correctedPrice"),
        columns.count("correctedSize") ?? 0,
        columns.conditions("correctedConditions"),
        columns.text("tape"),
      );
    case "cancelErrors":
      return new TradeCancel(
        symbol,
        seconds,
        nanos,
        columns.id("id"),
        columns.text("exchange"),
        columns.requiredNumber("price"),
        columns.count("size") ?? 0,
        columns.text("action"),
        columns.text("tape"),
      );
  }
}
