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
} from "@tickerplant/client";

/** 2025-11-14T14:30:00Z. */
export const SECONDS = 1_763_130_600;

/** A trade; its id tells it apart. */
export function trade(symbol: string, id: number): Trade {
  return new Trade(symbol, SECONDS, 123_456_789, id, "V", 101.25, 100, ["@"], "C");
}

/** A quote; its bid size tells it apart. */
export function quote(symbol: string, bidSize: number): Quote {
  return new Quote(symbol, SECONDS, 5, "V", 101.24, bidSize, "Q", 101.26, 200, ["R"], "C");
}

/** One record of every channel for a symbol, the corrections and cancels among them. */
export function oneOfEach(symbol: string): AnyRecord[] {
  return [
    trade(symbol, 1),
    quote(symbol, 1),
    new Bar("bars", symbol, SECONDS, 0, 1, 2, 0.5, 1.5, 1000, 12, 1.25),
    new Bar("updatedBars", symbol, SECONDS, 0, 1, 2, 0.5, 1.75, 1100, 13, 1.5),
    new Bar("dailyBars", symbol, SECONDS, 0, 1, 3, 0.5, 1.75, 9000, 99, 1.5),
    new TradingStatus(symbol, SECONDS, 1, "H", "Trading Halt", "T12", "Additional Information", "C"),
    new Luld(symbol, SECONDS, 2, 111.5, 91.25, "B", "C"),
    new Imbalance(symbol, SECONDS, 3, 101.5, "C"),
    new TradeCorrection(symbol, SECONDS, 4, "V", 1, 101.25, 100, ["@"], 2, 101.5, 90, ["@", "I"], "C"),
    new TradeCancel(symbol, SECONDS, 5, 1, "V", 101.25, 100, "C", "C"),
  ];
}
