import { ABORT_SIGNAL, check, checkOptions, type OptionChecks, oneOf, STRING } from "../checks/option-checks.ts";
import type { FillableHistory, HistorySource } from "../continuity/history-source.ts";
import { History } from "../history/history.ts";
import type { HistoryKind } from "../history/history-kind.ts";
import { HISTORY_OPTIONS, type HistoryOptions, resolveHistory } from "../history/history-options.ts";
import type { HistoryRecords } from "../history/history-records.ts";
import type { NamedRecords } from "../history/page-reader.ts";
import { RANGE_OPTIONS, type RangeOptions, REQUEST_OPTIONS, type RequestOptions } from "../history/range-options.ts";
import type { SymbolArguments } from "../subscriptions/symbol-arguments.ts";
import { type DailyAuctions, dailyAuctions } from "./auctions.ts";
import { DATA_FEED, DataFeed } from "./data-feed.ts";
import type { Bar, Quote, Trade } from "./records.ts";
import { STOCK_STREAM } from "./stock-stream.ts";
import { STOCK_SPELLING } from "./symbol-spelling.ts";
import { ADJUSTMENT_CHECK, type Adjustment, TIMEFRAME_CHECK, type Timeframe } from "./timeframe.ts";

/** Options of a {@link StockHistory}. */
export interface StockHistoryOptions extends HistoryOptions {
  /**
   * Which feed, by the name of its stream. `delayed_sip` has the history of `sip`; `overnight` has none, and its
   * newest records alone can be requested.
   *
   * @defaultValue `iex`, as of the stream
   */
  readonly feed?: DataFeed | undefined;
}

/** Options of {@link StockHistory.bars}. */
export interface BarsOptions extends RangeOptions {
  /**
   * The length of a bar.
   *
   * @defaultValue `1Min`
   */
  readonly timeframe?: Timeframe | undefined;
  /**
   * Which corporate actions change earlier prices.
   *
   * @defaultValue `raw`: none
   */
  readonly adjustment?: Adjustment | readonly Adjustment[] | undefined;
}

/** The newest records of one stock. What there is none of is undefined. */
export interface StockSnapshot {
  readonly symbol: string;
  readonly latestTrade: Trade | undefined;
  readonly latestQuote: Quote | undefined;
  /** The newest minute bar. */
  readonly minuteBar: Bar | undefined;
  /** The bar of the current day, or of the last one. */
  readonly dailyBar: Bar | undefined;
  readonly previousDailyBar: Bar | undefined;
}

const OPTIONS: OptionChecks<StockHistoryOptions> = { ...HISTORY_OPTIONS, feed: DATA_FEED };
const BARS_OPTIONS: OptionChecks<BarsOptions> = {
  ...RANGE_OPTIONS,
  timeframe: TIMEFRAME_CHECK,
  adjustment: ADJUSTMENT_CHECK,
};

const MINUTES = { timeframe: "1Min", adjustment: "raw" };
const CHANNELS = {
  trades: { key: "trades", letter: "t" },
  quotes: { key: "quotes", letter: "q" },
  bars: { key: "bars", letter: "b", query: MINUTES },
  updatedBars: { key: "bars", letter: "u", query: MINUTES },
  dailyBars: { key: "bars", letter: "d", query: { ...MINUTES, timeframe: "1Day" } },
} as const;

/** Options of a request for a table of codes. */
export type CodesOptions = Pick<RequestOptions, "signal">;

const CODES_OPTIONS: OptionChecks<CodesOptions> = { signal: ABORT_SIGNAL };
const CONDITION_KIND = oneOf(["trade", "quote"]);

/** The letters of the records in a snapshot. */
const SNAPSHOT = { latestTrade: "t", latestQuote: "q", minuteBar: "b", dailyBar: "d", prevDailyBar: "d" };

/**
 * Stock market data of the past: trades, quotes, bars, auctions, and the newest records. alpaca-py's
 * `StockHistoricalDataClient`, with the symbols, records and errors of `StockDataStream`.
 *
 * All requests share one budget, so one object serves a whole program.
 *
 * @example
 * ```ts
 * const history = new StockHistory({ feed: "sip" });
 * for await (const trade of history.trades("AAPL", { start: "2025-11-14T14:30:00Z", end: "2025-11-14T14:31:00Z" })) {
 *   console.log(trade.price, trade.timestampNs);
 * }
 * const bars = await history.bars(["AAPL", "MSFT"], { start: "2025-11-01", timeframe: "1Day" }).toArray();
 * ```
 */
export class StockHistory implements FillableHistory {
  readonly #history: History;

  /**
   * @throws TypeError when a key is missing or an option has a wrong value.
   */
  constructor(options: StockHistoryOptions = {}) {
    checkOptions("StockHistory", options, OPTIONS);
    const kind = kindOf(options);
    this.#history = new History(kind, resolveHistory(kind, options));
  }

  /** Trades. {@link tradeUpdate} finds those that were cancelled or corrected later. */
  trades(...symbols: SymbolArguments<RangeOptions>): HistoryRecords<Trade> {
    return this.#history.records(CHANNELS.trades, this.#history.checkedArguments("trades", symbols, RANGE_OPTIONS));
  }

  /** Quotes. */
  quotes(...symbols: SymbolArguments<RangeOptions>): HistoryRecords<Quote> {
    return this.#history.records(CHANNELS.quotes, this.#history.checkedArguments("quotes", symbols, RANGE_OPTIONS));
  }

  /** Bars of any length. Their channel is `dailyBars` for `1Day`, and `bars` for all others. */
  bars(...symbols: SymbolArguments<BarsOptions>): HistoryRecords<Bar> {
    const args = this.#history.checkedArguments("bars", symbols, BARS_OPTIONS);
    const { timeframe = "1Min", adjustment = "raw" } = args.options;
    const channel = /^1D/.test(timeframe) ? CHANNELS.dailyBars : CHANNELS.bars;
    return this.#history.records(channel, args, { timeframe, adjustment: [adjustment].flat().join(",") });
  }

  /** Opening and closing auctions, by day. */
  auctions(...symbols: SymbolArguments<RangeOptions>): HistoryRecords<DailyAuctions> {
    return this.#history.items(
      "auctions",
      this.#history.checkedArguments("auctions", symbols, RANGE_OPTIONS),
      dailyAuctions,
    );
  }

  /** The newest trade of each symbol that has one. Trades that no bar counts, such as odd lots, are left out. */
  latestTrades(...symbols: SymbolArguments<RequestOptions>): Promise<ReadonlyMap<string, Trade>> {
    return this.#history.latest(
      CHANNELS.trades,
      this.#history.checkedArguments("latestTrades", symbols, REQUEST_OPTIONS),
    );
  }

  /** The newest quote of each symbol that has one. */
  latestQuotes(...symbols: SymbolArguments<RequestOptions>): Promise<ReadonlyMap<string, Quote>> {
    return this.#history.latest(
      CHANNELS.quotes,
      this.#history.checkedArguments("latestQuotes", symbols, REQUEST_OPTIONS),
    );
  }

  /** The newest minute bar of each symbol that has one. */
  latestBars(...symbols: SymbolArguments<RequestOptions>): Promise<ReadonlyMap<string, Bar>> {
    return this.#history.latest(CHANNELS.bars, this.#history.checkedArguments("latestBars", symbols, REQUEST_OPTIONS));
  }

  /**
   * The newest trade, quote and bars of each symbol that has any.
   *
   * @example
   * ```ts
   * const snapshots = await history.snapshots("AAPL", "MSFT");
   * console.log(snapshots.get("AAPL")?.dailyBar?.volume);
   * ```
   */
  snapshots(...symbols: SymbolArguments<RequestOptions>): Promise<ReadonlyMap<string, StockSnapshot>> {
    const args = this.#history.checkedArguments("snapshots", symbols, REQUEST_OPTIONS);
    return this.#history
      .named("snapshots", args, SNAPSHOT)
      .then((found) => new Map([...found].map(([symbol, records]) => [symbol, snapshot(symbol, records)])));
  }

  /** The names of the conditions of trades or quotes on a tape: A, B, C, N (overnight) or O (OTC), by their codes. */
  conditions(kind: "trade" | "quote", tape: string, options: CodesOptions = {}): Promise<ReadonlyMap<string, string>> {
    check("the kind of conditions", kind, CONDITION_KIND);
    check("the tape", tape, STRING);
    checkOptions("conditions", options, CODES_OPTIONS);
    return this.#history.codes(`meta/conditions/${kind}`, { tape }, options.signal);
  }

  /** The names of the exchanges, by their codes. */
  exchanges(options: CodesOptions = {}): Promise<ReadonlyMap<string, string>> {
    checkOptions("exchanges", options, CODES_OPTIONS);
    return this.#history.codes("meta/exchanges", {}, options.signal);
  }

  /** How a stream that was given this history requests pages of it. Programs have no use for it. */
  get fillSource(): HistorySource {
    return this.#history.source();
  }
}

function kindOf({ feed = DataFeed.IEX, urlOverride }: StockHistoryOptions): HistoryKind {
  const range = historyFeed(feed, urlOverride !== undefined);
  return {
    name: "StockHistory",
    schema: STOCK_STREAM,
    spelling: STOCK_SPELLING,
    planAdvice:
      "The free plan has SIP only up to 15 minutes ago, and a later end, or none, rejects the whole request: set an earlier end, use the feed iex, or upgrade.",
    path: "/v2/stocks",
    feed,
    rangeQuery: range === undefined ? undefined : { feed: range },
    latestQuery: { feed },
    channels: CHANNELS,
  };
}

/**
 * The feed whose history belongs to a stream; undefined if there is none. A gateway may have history of the
 * test feed, too.
 *
 * Source: docs.alpaca.markets/docs/market-data-faq.
 */
function historyFeed(feed: DataFeed, isGateway: boolean): DataFeed | undefined {
  if (feed === DataFeed.DELAYED_SIP) return DataFeed.SIP;
  if (feed === DataFeed.OVERNIGHT) return undefined;
  return feed === DataFeed.TEST && !isGateway ? undefined : feed;
}

/** The casts hold by the types that were requested. */
function snapshot(symbol: string, records: NamedRecords): StockSnapshot {
  const { latestTrade, latestQuote, minuteBar, dailyBar, prevDailyBar } = records;
  return {
    symbol,
    latestTrade: latestTrade as Trade | undefined,
    latestQuote: latestQuote as Quote | undefined,
    minuteBar: minuteBar as Bar | undefined,
    dailyBar: dailyBar as Bar | undefined,
    previousDailyBar: prevDailyBar as Bar | undefined,
  };
}
