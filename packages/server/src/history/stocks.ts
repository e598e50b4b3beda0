import { Bar, BarRule, barRules, STOCK_SCHEMA, Trade, TradeCancel, TradeCorrection } from "@tickerplant/client";
import type { TimestampParts } from "@tickerplant/client/wire";
import { type NewYorkDay, newYorkDay } from "../bars/new-york-day.ts";
import type { AssetClass } from "./asset-class.ts";
import {
  mayBeNamed,
  QuoteLayout,
  setTradeUpdate,
  TradeLayout,
  type TradeName,
  TradeUpdate,
  tradeUpdate,
} from "./layouts.ts";
import type { ChannelHistory } from "./store/channel-history.ts";
import { Row } from "./store/row.ts";

/** Conditions that let a trade set the close of a minute bar. */
const MINUTE_RULES = 15;

export const STOCKS: AssetClass = {
  schema: STOCK_SCHEMA,
  symbol: /^[A-Z]{1,10}(?:[./-][A-Z]{1,4}){0,2}$/,
  makeLayouts: () => ({ trades: new TradeLayout(), quotes: new QuoteLayout() }),
  dayOf,
  makeBar: (symbol, seconds, ...values) => new Bar("bars", symbol, seconds, 0, ...values),
  makeDailyBar: (symbol, seconds, ...values) => new Bar("dailyBars", symbol, seconds, 0, ...values),
  amend: (trades, record) => {
    if (record instanceof TradeCancel) cancel(trades, record);
    else if (record instanceof TradeCorrection) correct(trades, record);
  },
  amendments: {
    channels: ["corrections", "cancelErrors"],
    isAdded: (trades, symbol, index) => {
      trades.seek(row, symbol, index);
      return tradeUpdate(row) === TradeUpdate.CORRECTED;
    },
    idsOf: (record) =>
      record instanceof TradeCorrection ? { original: record.originalId, corrected: record.correctedId } : undefined,
    indexOfOriginal: (trades, record) =>
      record instanceof TradeCorrection
        ? findNamed(trades, record.symbol, originalOf(record), 0, trades.length(record.symbol), () => true)
        : -1,
  },
  isLatest: (trades, symbol, index) => {
    if (isVoid(trades, symbol, index)) return false;
    const trade = trades.read(symbol, index) as Trade; // the layout of trades makes no other
    return (barRules(trade.conditions, trade.tape) & MINUTE_RULES & BarRule.OPEN_CLOSE) !== 0;
  },
};

let lastDay: NewYorkDay | undefined;

/** Returns the day of a time in New York. The last one is kept: bars come in order. */
function dayOf(seconds: number): NewYorkDay {
  if (lastDay === undefined || seconds < lastDay.start || seconds >= lastDay.end) lastDay = newYorkDay(seconds);
  return lastDay;
}

function cancel(trades: ChannelHistory, { symbol, ...name }: TradeCancel): void {
  const index = findLast(trades, symbol, name, 0, trades.length(symbol));
  if (index >= 0) mark(trades, symbol, index, TradeUpdate.CANCELED);
}

/**
 * Marks the original, and adds the correction at the original's time, so that a range has what is valid now. Without
 * the original, the correction stands at its own time.
 */
function correct(trades: ChannelHistory, correction: TradeCorrection): void {
  const { symbol } = correction;
  const index = findLast(trades, symbol, originalOf(correction), 0, trades.length(symbol));
  const time = index >= 0 ? trades.placeOf(symbol, index) : correction;
  if (index >= 0) mark(trades, symbol, index, TradeUpdate.INCORRECT);
  const added = correctedTrade(correction, time);
  trades.push(added);
  const [start, end] = [trades.indexFrom(symbol, time), trades.indexAfter(symbol, time)];
  const addedIndex = findLast(trades, symbol, added, start, end);
  if (addedIndex >= 0) mark(trades, symbol, addedIndex, TradeUpdate.CORRECTED);
}

function originalOf({
  exchange,
  originalId: id,
  originalPrice: price,
  originalSize: size,
}: TradeCorrection): TradeName {
  return { id, exchange, price, size };
}

function correctedTrade(
  { symbol, exchange, tape, correctedId, correctedPrice, correctedSize, correctedConditions }: TradeCorrection,
  { seconds, nanos }: TimestampParts,
): Trade {
  return new Trade(
    symbol,
    seconds,
    nanos,
    correctedId,
    exchange,
    correctedPrice,
    correctedSize,
    correctedConditions,
    tape,
  );
}

/** Returns the index of the last valid trade of a name between two indices; -1 if there is none. */
function findLast(trades: ChannelHistory, symbol: string, name: TradeName, start: number, end: number): number {
  return findNamed(trades, symbol, name, start, end, (index) => !isVoid(trades, symbol, index));
}

function findNamed(
  trades: ChannelHistory,
  symbol: string,
  name: TradeName,
  start: number,
  end: number,
  fits: (index: number) => boolean,
): number {
  for (let index = end - 1; index >= start; index--) {
    trades.seek(row, symbol, index);
    if (!mayBeNamed(row, name) || !fits(index)) continue;
    const { exchange } = trades.read(symbol, index) as Trade; // its layout makes trades
    if (exchange === name.exchange) return index;
  }
  return -1;
}

/** Whether a trade was cancelled, or corrected by another one. */
function isVoid(trades: ChannelHistory, symbol: string, index: number): boolean {
  trades.seek(row, symbol, index);
  const update = tradeUpdate(row);
  return update === TradeUpdate.CANCELED || update === TradeUpdate.INCORRECT;
}

const row = new Row();

function mark(trades: ChannelHistory, symbol: string, index: number, update: TradeUpdate): void {
  trades.seek(row, symbol, index);
  setTradeUpdate(row, update);
}
