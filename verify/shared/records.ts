import {
  type AnyRecord,
  Bar,
  type BarChannel,
  type Id,
  Imbalance,
  Luld,
  Quote,
  Trade,
  TradeCancel,
  TradeCorrection,
  TradingStatus,
} from "@tickerplant/client";

/** 2025-01-02T15:00:00Z, where the testing kit's virtual time starts. */
export const SECONDS = 1_735_830_000;

/** The time of a record, as its class has it. */
export interface RecordTime {
  readonly seconds: number;
  readonly nanos: number;
}

/** The time so many milliseconds after the Unix epoch. */
export function recordTime(ms: number): RecordTime {
  const seconds = Math.floor(ms / 1000);
  return { seconds, nanos: Math.round((ms - seconds * 1000) * 1e6) };
}

/** A trade, told apart by its id. */
export function trade(symbol: string, id: Id = 1, at: RecordTime = { seconds: SECONDS, nanos: 123_456_789 }): Trade {
  return new Trade(symbol, at.seconds, at.nanos, id, "V", 101.25, 100, ["@"], "C");
}

/** Trades of one symbol, with consecutive ids. */
export function trades(symbol: string, count: number, firstId = 1): Trade[] {
  return Array.from({ length: count }, (_, index) => trade(symbol, firstId + index));
}

/** A quote, told apart by the size of its bid. */
export function quote(symbol: string, bidSize = 1, at: RecordTime = { seconds: SECONDS, nanos: 5 }): Quote {
  return new Quote(symbol, at.seconds, at.nanos, "V", 101.24, bidSize, "Q", 101.26, 200, ["R"], "C");
}

/** A bar, told apart by its volume. */
export function bar(
  symbol: string,
  channel: BarChannel = "bars",
  volume = 1000,
  at: RecordTime = { seconds: SECONDS, nanos: 0 },
): Bar {
  return new Bar(channel, symbol, at.seconds, at.nanos, 1, 2, 0.5, 1.5, volume, 12, 1.25);
}

/** A trading status: the symbol is halted. */
export function status(symbol: string): TradingStatus {
  return new TradingStatus(symbol, SECONDS, 1, "H", "Trading Halt", "T12", "Additional Information", "C");
}

/** LULD price bands. */
export function luld(symbol: string): Luld {
  return new Luld(symbol, SECONDS, 2, 111.5, 91.25, "B", "C");
}

/** An order imbalance. */
export function imbalance(symbol: string): Imbalance {
  return new Imbalance(symbol, SECONDS, 3, 101.5, "C");
}

/** A correction of trade 1, which becomes trade 2. */
export function correction(symbol: string): TradeCorrection {
  return new TradeCorrection(symbol, SECONDS, 4, "V", 1, 101.25, 100, ["@"], 2, 101.5, 90, ["@", "I"], "C");
}

/** A cancel of trade 1. */
export function cancel(symbol: string): TradeCancel {
  return new TradeCancel(symbol, SECONDS, 5, 1, "V", 101.25, 100, "C", "C");
}

/** One record of every channel for a symbol, corrections and cancels included. */
export function oneOfEach(symbol: string): AnyRecord[] {
  return [
    trade(symbol),
    quote(symbol),
    bar(symbol),
    bar(symbol, "updatedBars", 1100),
    bar(symbol, "dailyBars", 9000),
    status(symbol),
    luld(symbol),
    imbalance(symbol),
    correction(symbol),
    cancel(symbol),
  ];
}
