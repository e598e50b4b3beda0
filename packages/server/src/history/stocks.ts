import { Bar, STOCK_SCHEMA, Trade, TradeCancel, TradeCorrection } from "@tickerplant/client";
import { BarRule, barRules } from "../bars/bar-rules.ts";
import { type NewYorkDay, newYorkDay } from "../bars/new-york-day.ts";
import type { AssetClass } from "./asset-class.ts";
import { QuoteLayout, setTradeUpdate, TradeLayout, TradeUpdate, tradeUpdate } from "./layouts.ts";
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

function cancel(trades: ChannelHistory, { symbol, exchange, id, price, size }: TradeCancel): void {
  const index = find(trades, symbol, (trade) => {
    return trade.id === id && trade.exchange === exchange && trade.price === price && trade.size === size;
  });
  if (index >= 0) mark(trades, symbol, index, TradeUpdate.CANCELED);
}

/**
 * Marks the original, and adds the correction at the original's time, so that a range has what is valid
 * now. Without the original, the correction stands at its own time.
 */
function correct(trades: ChannelHistory, correction: TradeCorrection): void {
  const { symbol, exchange, tape, originalId, originalPrice, originalSize } = correction;
  const index = find(trades, symbol, (trade) => {
    const { id, price, size } = trade;
    return id === originalId && trade.exchange === exchange && price === originalPrice && size === originalSize;
  });
  const { seconds, nanos } = index >= 0 ? trades.placeOf(symbol, index) : correction;
  if (index >= 0) mark(trades, symbol, index, TradeUpdate.INCORRECT);
  const { correctedId, correctedPrice, correctedSize, correctedConditions } = correction;
  trades.push(
    new Trade(symbol, seconds, nanos, correctedId, exchange, correctedPrice, correctedSize, correctedConditions, tape),
  );
  const added = findAt(trades, symbol, seconds, nanos, (trade) => {
    return trade.id === correctedId && trade.exchange === exchange && trade.price === correctedPrice;
  });
  if (added >= 0) mark(trades, symbol, added, TradeUpdate.CORRECTED);
}

/** Returns the index of the last valid trade that fits; -1 if none does. */
function find(trades: ChannelHistory, symbol: string, fits: (trade: Trade) => boolean): number {
  return findLast(trades, symbol, 0, trades.length(symbol), fits);
}

function findAt(
  trades: ChannelHistory,
  symbol: string,
  seconds: number,
  nanos: number,
  fits: (trade: Trade) => boolean,
): number {
  const time = { seconds, nanos };
  return findLast(trades, symbol, trades.indexFrom(symbol, time), trades.indexAfter(symbol, time), fits);
}

function findLast(
  trades: ChannelHistory,
  symbol: string,
  start: number,
  end: number,
  fits: (trade: Trade) => boolean,
): number {
  for (let index = end - 1; index >= start; index--) {
    if (!isVoid(trades, symbol, index) && fits(trades.read(symbol, index) as Trade)) return index; // its layout makes trades
  }
  return -1;
}

/** Whether a trade was cancelled, or corrected by another one. */
function isVoid(trades: ChannelHistory, symbol: string, index: number): boolean {
  const update = updateAt(trades, symbol, index);
  return update === TradeUpdate.CANCELED || update === TradeUpdate.INCORRECT;
}

const row = new Row();

function updateAt(trades: ChannelHistory, symbol: string, index: number): number {
  trades.seek(row, symbol, index);
  return tradeUpdate(row);
}

function mark(trades: ChannelHistory, symbol: string, index: number, update: TradeUpdate): void {
  trades.seek(row, symbol, index);
  setTradeUpdate(row, update);
}
