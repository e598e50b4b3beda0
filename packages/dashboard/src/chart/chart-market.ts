import type { Bar, Trade } from "@tickerplant/client";
import type { BandStep } from "../market/band-log.ts";
import type { Gap } from "../market/gap-ledger.ts";
import type { HaltSpan } from "../market/halt-log.ts";

/** What the chart reads of a bar. */
export type ChartBar = Pick<Bar, "channel" | "seconds" | "open" | "high" | "low" | "close" | "volume" | "vwap">;

/** What the chart reads of a trade. */
export type ChartTrade = Pick<Trade, "seconds" | "price" | "size" | "conditions" | "tape">;

/**
 * Where the chart gets its data. The arrays are new ones when their contents have changed, so that the chart compares
 * references, once a frame.
 */
export interface ChartMarket {
  /** The market's time: not the machine's in a replay. */
  nowMs(): number;
  source(): "live" | "simulated" | "replay";
  /** Whether the connection is lost, so that prices stand. */
  isStale(): boolean;
  /** Bars of history with times in a range, in order. */
  bars(symbol: string, timeframe: "1Min" | "1Day", fromMs: number, toMs: number): Promise<readonly ChartBar[]>;
  /** Calls the listener for each live bar of a symbol, from all channels of bars. Returns the function that ends it. */
  onBar(symbol: string, listener: (bar: ChartBar) => void): () => void;
  /** The latest trades of a symbol, newest first. */
  prints(symbol: string): readonly { readonly trade: ChartTrade }[];
  gaps(symbol: string): readonly Gap[];
  halts(symbol: string): readonly HaltSpan[];
  bands(symbol: string): readonly BandStep[];
}
