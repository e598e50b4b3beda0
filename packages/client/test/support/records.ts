import {
  Bar,
  type BarChannel,
  Imbalance,
  Luld,
  Quote,
  Trade,
  TradeCancel,
  TradeCorrection,
  TradingStatus,
} from "../../src/index.ts";

/** 2025-01-02T15:00:00Z, where virtual time starts. */
export const SECONDS = 1_735_830_000;

export function trade(symbol: string, id = 1): Trade {
  return new Trade(symbol, SECONDS, 123_456_789, id, "V", 100.25, 50, ["@"], "C");
}

export function trades(symbol: string, count: number, firstId = 1): Trade[] {
  return Array.from({ length: count }, (_, index) => trade(symbol, firstId + index));
}

/** A quote that is told apart by the size of its bid. */
export function quote(symbol: string, bidSize = 1): Quote {
  return new Quote(symbol, SECONDS, 1, "V", 100.2, bidSize, "V", 100.3, 200, ["R"], "C");
}

export function bar(symbol: string, channel: BarChannel = "bars", volume = 1000): Bar {
  return new Bar(channel, symbol, SECONDS, 0, 100, 101, 99, 100.5, volume, 10, 100.1);
}

export function status(symbol: string): TradingStatus {
  return new TradingStatus(symbol, SECONDS, 0, "H", "Trading Halt", "T12", "News", "C");
}

export function luld(symbol: string): Luld {
  return new Luld(symbol, SECONDS, 0, 105, 95, "B", "C");
}

export function imbalance(symbol: string): Imbalance {
  return new Imbalance(symbol, SECONDS, 0, 100.5, "C");
}

export function correction(symbol: string): TradeCorrection {
  return new TradeCorrection(symbol, SECONDS, 0, "V", 1, 100.25, 50, ["@"], 2, 100.5, 60, ["@"], "C");
}

export function cancel(symbol: string): TradeCancel {
  return new TradeCancel(symbol, SECONDS, 0, 1, "V", 100.25, 50, "C", "C");
}
