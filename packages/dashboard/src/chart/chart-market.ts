import type { Bar, Trade } from "@tickerplant/client";

/** What the chart reads of a bar. */
export type ChartBar = Pick<Bar, "channel" | "seconds" | "open" | "high" | "low" | "close" | "volume" | "vwap">;

/** What the chart reads of a trade. */
export type ChartTrade = Pick<Trade, "seconds" | "price" | "size" | "conditions" | "tape">;

/** What the chart reads of the error that caused a gap, or that left it open. */
export interface GapCause {
  readonly code: string;
  readonly message: string;
}

/** A time range in which records of a symbol were missed. */
export interface GapSpan {
  /** `open` if records may still be missing, `filling` while history is asked, `filled` when it is complete. */
  readonly state: "open" | "filling" | "filled";
  readonly fromMs: number;
  /** Undefined while the connection is lost and the gap grows. */
  readonly toMs: number | undefined;
  readonly channels: readonly string[];
  /** The symbols, `*` for all; empty while the gap grows, which then concerns all. */
  readonly symbols: readonly string[];
  readonly cause: GapCause;
  /** Records that history delivered. */
  readonly recordCount: number;
  /** From the end of the gap to the last outcome. */
  readonly fillMs: number | undefined;
  /** Why records may still be missing. */
  readonly openCause: GapCause | undefined;
}

/** A time range in which the market had halted a symbol. */
export interface HaltSpan {
  readonly fromMs: number;
  /** Undefined while the halt lasts. */
  readonly toMs: number | undefined;
}

/** LULD bands from a time on, until the next step. Prices in US dollars. */
export interface BandStep {
  readonly fromMs: number;
  readonly upper: number;
  readonly lower: number;
}

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
  gaps(symbol: string): readonly GapSpan[];
  halts(symbol: string): readonly HaltSpan[];
  bands(symbol: string): readonly BandStep[];
}
