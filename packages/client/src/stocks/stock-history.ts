import { check, checkOptions, type OptionChecks, oneOf, STRING } from "../checks/option-checks.ts";
import { type PresentStream, StreamPast } from "../continuity/backfill/stream-past.ts";
import type { FillableHistory, HistorySource } from "../continuity/history-source.ts";
import { History } from "../history/history.ts";
import type { HistoryChannel, HistoryKind } from "../history/history-kind.ts";
import { HISTORY_OPTIONS, type HistoryOptions, resolveHistory } from "../history/history-options.ts";
import type { HistoryRecords } from "../history/history-records.ts";
import { type HistoryTime, timeNs } from "../history/history-times.ts";
import type { NamedRecords } from "../history/page-reader.ts";
import { REQUEST_OPTIONS, type RequestOptions } from "../history/range-options.ts";
import type { HistoryAnswer } from "../history/rest-client.ts";
import { isDay } from "../history/timeframe.ts";
import type { StreamHistory } from "../stream/stream-options.ts";
import type { SymbolArguments } from "../subscriptions/symbol-arguments.ts";
import type { MarketRecord } from "../wire/index.ts";
import { type DailyAuctions, dailyAuctions } from "./auctions.ts";
import { DATA_FEED, DataFeed } from "./data-feed.ts";
import { STOCK_FILL_RULES } from "./fill-rules.ts";
import type { Bar, Quote, Trade } from "./records.ts";
import {
  STOCK_BARS_OPTIONS,
  STOCK_RANGE_OPTIONS,
  STOCK_REQUEST_OPTIONS,
  type StockBarsOptions,
  type StockRangeOptions,
  type StockRequestOptions,
} from "./stock-history-options.ts";
import { STOCK_STREAM } from "./stock-stream.ts";
import { STOCK_SPELLING } from "./symbol-spelling.ts";

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
const MINUTES = { timeframe: "1Min", adjustment: "raw" };
const CHANNELS = {
  trades: { key: "trades", letter: "t" },
  quotes: { key: "quotes", letter: "q" },
  bars: { key: "bars", letter: "b", query: MINUTES },
  updatedBars: { key: "bars", letter: "u", query: MINUTES },
  dailyBars: { key: "bars", letter: "d", query: { ...MINUTES, timeframe: "1Day" } },
} as const;

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
export class StockHistory implements FillableHistory, StreamHistory {
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
  trades(...symbols: SymbolArguments<StockRangeOptions>): HistoryRecords<Trade> {
    return this.#records("trades", symbols);
  }

  /** Quotes. */
  quotes(...symbols: SymbolArguments<StockRangeOptions>): HistoryRecords<Quote> {
    return this.#records("quotes", symbols);
  }

  /** Bars of any length. Their channel is `dailyBars` for `1Day`, and `bars` for all others. */
  bars(...symbols: SymbolArguments<StockBarsOptions>): HistoryRecords<Bar> {
    const args = this.#history.checkedArguments("bars", symbols, STOCK_BARS_OPTIONS);
    const { timeframe = "1Min", adjustment = "raw", asof, currency } = args.options;
    const channel = isDay(timeframe) ? CHANNELS.dailyBars : CHANNELS.bars;
    const query = { timeframe, adjustment: [adjustment].flat().join(","), asof, currency };
    return this.#history.records(channel, args, query);
  }

  /** Opening and closing auctions, by day. */
  auctions(...symbols: SymbolArguments<StockRangeOptions>): HistoryRecords<DailyAuctions> {
    const args = this.#history.checkedArguments("auctions", symbols, STOCK_RANGE_OPTIONS);
    const { asof, currency } = args.options;
    return this.#history.items("auctions", args, { asof, currency }, dailyAuctions);
  }

  /** The newest trade of each symbol that has one. Trades that no bar counts, such as odd lots, are left out. */
  latestTrades(...symbols: SymbolArguments<StockRequestOptions>): Promise<ReadonlyMap<string, Trade>> {
    return this.#latest("latestTrades", CHANNELS.trades, symbols);
  }

  /** The newest quote of each symbol that has one. */
  latestQuotes(...symbols: SymbolArguments<StockRequestOptions>): Promise<ReadonlyMap<string, Quote>> {
    return this.#latest("latestQuotes", CHANNELS.quotes, symbols);
  }

  /** The newest minute bar of each symbol that has one. */
  latestBars(...symbols: SymbolArguments<StockRequestOptions>): Promise<ReadonlyMap<string, Bar>> {
    return this.#latest("latestBars", CHANNELS.bars, symbols);
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
  snapshots(...symbols: SymbolArguments<StockRequestOptions>): Promise<ReadonlyMap<string, StockSnapshot>> {
    const args = this.#history.checkedArguments("snapshots", symbols, STOCK_REQUEST_OPTIONS);
    const { currency } = args.options;
    return this.#history.snapshots(args, { currency }, { types: SNAPSHOT, key: undefined }, snapshot);
  }

  /** The names of the conditions of trades or quotes on a tape: A, B, C, N (overnight) or O (OTC), by their codes. */
  conditions(
    kind: "trade" | "quote",
    tape: string,
    options: RequestOptions = {},
  ): Promise<ReadonlyMap<string, string>> {
    check("the kind of conditions", kind, CONDITION_KIND);
    check("the tape", tape, STRING);
    checkOptions("conditions", options, REQUEST_OPTIONS);
    return this.#history.codes(`meta/conditions/${kind}`, { tape }, options.signal);
  }

  /** The names of the exchanges, by their codes. */
  exchanges(options: RequestOptions = {}): Promise<ReadonlyMap<string, string>> {
    checkOptions("exchanges", options, REQUEST_OPTIONS);
    return this.#history.codes("meta/exchanges", {}, options.signal);
  }

  #records<R extends MarketRecord>(channel: "trades" | "quotes", symbols: readonly unknown[]): HistoryRecords<R> {
    const args = this.#history.checkedArguments(channel, symbols, STOCK_RANGE_OPTIONS);
    const { asof, currency } = args.options;
    return this.#history.records(CHANNELS[channel], args, { asof, currency });
  }

  #latest<R extends MarketRecord>(
    method: string,
    channel: HistoryChannel,
    symbols: readonly unknown[],
  ): Promise<ReadonlyMap<string, R>> {
    const args = this.#history.checkedArguments(method, symbols, STOCK_REQUEST_OPTIONS);
    const { currency } = args.options;
    return this.#history.latest(channel, args, { currency });
  }

  /**
   * Requests any path of the data API, such as one that has no method here, within the budget and with retries. The
   * answer is returned as it came, also one with another status than 200; its body is not compressed.
   *
   * @throws StreamError when the server is in trouble or limits the rate, after the last attempt.
   * @example
   * ```ts
   * const { status, body } = await history.request("/v1/corporate-actions?symbols=AAPL");
   * ```
   */
  request(path: string, options: RequestOptions = {}): Promise<HistoryAnswer> {
    return this.#history.request(path, options);
  }

  /** How a stream that was given this history requests pages of it. Programs have no use for it. */
  get fillSource(): HistorySource {
    return this.#history.source();
  }

  /** Called by a stream that was given this history. Programs have no use for it. */
  attach(stream: PresentStream): StreamPast {
    return new StreamPast(stream, this.fillSource, STOCK_FILL_RULES);
  }

  /** Called by a stream that was given this history. Programs have no use for it. */
  timeNs(name: string, time: HistoryTime): bigint {
    return timeNs(name, time);
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
    latestPath: (key) => `${key}/latest`,
    fillQuery: { asof: "-" }, // a stream's symbols are today's
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
