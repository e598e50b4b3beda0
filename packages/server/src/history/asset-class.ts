import type { Id, MarketRecord, WritableSchema } from "@tickerplant/client/wire";
import type { MakeBar } from "./layouts.ts";
import type { ChannelHistory } from "./store/channel-history.ts";
import type { RowLayout } from "./store/row.ts";
import type { DayOf } from "./timeframe.ts";

/** What a recording has to know of records that change earlier trades. */
export interface Amendments {
  readonly channels: readonly string[];
  /** Whether a correction has added the trade at an index. */
  isAdded(trades: ChannelHistory, symbol: string, index: number): boolean;
  /** Returns the ids of the trade that a correction replaces, and of the one that it adds; undefined for other records. */
  idsOf(record: MarketRecord): { readonly original: Id; readonly corrected: Id } | undefined;
  /** Returns the index of the trade that a correction or a cancel names, valid or not; -1 if it is not there. */
  indexOfOriginal(trades: ChannelHistory, record: MarketRecord): number;
}

/** What the history has to know of an asset class. */
export interface AssetClass {
  readonly schema: WritableSchema;
  /** A well-formed symbol. Others are rejected, unless records of them are held. */
  readonly symbol: RegExp;
  /** Makes the layouts of one feed's records: each has its own codes. */
  makeLayouts(): {
    readonly trades: RowLayout<MarketRecord>;
    readonly quotes: RowLayout<MarketRecord>;
  };
  readonly dayOf: DayOf;
  readonly makeBar: MakeBar;
  readonly makeDailyBar: MakeBar;
  /** Applies a record that changes earlier trades. Undefined if there are none in the asset class. */
  readonly amend?: (trades: ChannelHistory, record: MarketRecord) => void;
  /** The records that change earlier trades, where there are some. */
  readonly amendments?: Amendments;
  /** Whether the trade at an index of a symbol may be its latest trade. */
  isLatest(trades: ChannelHistory, symbol: string, index: number): boolean;
}
