import { checkOptions, type OptionChecks } from "../checks/option-checks.ts";
import { type PresentStream, StreamPast } from "../continuity/backfill/stream-past.ts";
import type { FillableHistory, HistorySource } from "../continuity/history-source.ts";
import { History } from "../history/history.ts";
import type { HistoryChannel, HistoryKind } from "../history/history-kind.ts";
import { HISTORY_OPTIONS, type HistoryOptions, resolveHistory } from "../history/history-options.ts";
import type { HistoryRecords } from "../history/history-records.ts";
import { type HistoryTime, timeNs } from "../history/history-times.ts";
import type { NamedRecords } from "../history/page-reader.ts";
import { RANGE_OPTIONS, type RangeOptions, REQUEST_OPTIONS, type RequestOptions } from "../history/range-options.ts";
import type { HistoryAnswer } from "../history/rest-client.ts";
import { isDay, TIMEFRAME_CHECK, type Timeframe } from "../history/timeframe.ts";
import type { StreamHistory } from "../stream/stream-options.ts";
import type { SymbolArguments } from "../subscriptions/symbol-arguments.ts";
import type { MarketRecord } from "../wire/index.ts";
import { CRYPTO_FEED, CryptoFeed, cryptoFeedPath } from "./crypto-feed.ts";
import { CRYPTO_STREAM } from "./crypto-stream.ts";
import { CRYPTO_FILL_RULES } from "./fill-rules.ts";
import { type CryptoBar, CryptoOrderBook, type CryptoQuote, type CryptoTrade } from "./records.ts";
import { CRYPTO_SPELLING } from "./symbol-spelling.ts";

/** Options of a {@link CryptoHistory}. */
export interface CryptoHistoryOptions extends HistoryOptions {
  /**
   * Which feed, by the name of its stream.
   *
   * @defaultValue `us`, as of the stream
   */
  readonly feed?: CryptoFeed | undefined;
}

/** Options of a request for bars of crypto. */
export interface CryptoBarsOptions extends RangeOptions {
  /**
   * The length of a bar.
   *
   * @defaultValue `1Min`
   */
  readonly timeframe?: Timeframe | undefined;
}

/** The newest records of one pair. What there is none of is undefined. */
export interface CryptoSnapshot {
  readonly symbol: string;
  readonly latestTrade: CryptoTrade | undefined;
  readonly latestQuote: CryptoQuote | undefined;
  /** The newest minute bar. */
  readonly minuteBar: CryptoBar | undefined;
  /** The bar of the current day. */
  readonly dailyBar: CryptoBar | undefined;
  readonly previousDailyBar: CryptoBar | undefined;
}

const OPTIONS: OptionChecks<CryptoHistoryOptions> = { ...HISTORY_OPTIONS, feed: CRYPTO_FEED };
const BARS_OPTIONS: OptionChecks<CryptoBarsOptions> = { ...RANGE_OPTIONS, timeframe: TIMEFRAME_CHECK };

const MINUTES = { timeframe: "1Min" };
const CHANNELS = {
  trades: { key: "trades", letter: "t" },
  quotes: { key: "quotes", letter: "q" },
  bars: { key: "bars", letter: "b", query: MINUTES },
  updatedBars: { key: "bars", letter: "u", query: MINUTES },
  dailyBars: { key: "bars", letter: "d", query: { timeframe: "1Day" } },
} as const;

/** Of order books there are the newest alone. */
const ORDERBOOKS: HistoryChannel = { key: "orderbooks", letter: "o" };

const SNAPSHOT = {
  key: "snapshots",
  types: { latestTrade: "t", latestQuote: "q", minuteBar: "b", dailyBar: "d", prevDailyBar: "d" },
};

/**
 * Crypto market data of the past: trades, quotes, bars, and the newest records. alpaca-py's
 * `CryptoHistoricalDataClient`, with the records and errors of `CryptoDataStream`.
 *
 * @example
 * ```ts
 * const history = new CryptoHistory();
 * const bars = await history.bars("BTC/USD", { start: "2025-11-01", timeframe: "1Hour" }).toArray();
 * ```
 */
export class CryptoHistory implements FillableHistory, StreamHistory {
  readonly #history: History;

  /**
   * @throws TypeError when a key is missing or an option has a wrong value.
   */
  constructor(options: CryptoHistoryOptions = {}) {
    checkOptions("CryptoHistory", options, OPTIONS);
    const kind = kindOf(options.feed ?? CryptoFeed.US);
    this.#history = new History(kind, resolveHistory(kind, options));
  }

  /** Trades. */
  trades(...symbols: SymbolArguments<RangeOptions>): HistoryRecords<CryptoTrade> {
    return this.#history.records(CHANNELS.trades, this.#history.checkedArguments("trades", symbols, RANGE_OPTIONS), {});
  }

  /** Quotes. */
  quotes(...symbols: SymbolArguments<RangeOptions>): HistoryRecords<CryptoQuote> {
    return this.#history.records(CHANNELS.quotes, this.#history.checkedArguments("quotes", symbols, RANGE_OPTIONS), {});
  }

  /** Bars of any length. Their channel is `dailyBars` for `1Day`, and `bars` for all others. */
  bars(...symbols: SymbolArguments<CryptoBarsOptions>): HistoryRecords<CryptoBar> {
    const args = this.#history.checkedArguments("bars", symbols, BARS_OPTIONS);
    const { timeframe = "1Min" } = args.options;
    return this.#history.records(isDay(timeframe) ? CHANNELS.dailyBars : CHANNELS.bars, args, { timeframe });
  }

  /** The newest trade of each pair that has one. */
  latestTrades(...symbols: SymbolArguments<RequestOptions>): Promise<ReadonlyMap<string, CryptoTrade>> {
    return this.#latest("latestTrades", CHANNELS.trades, symbols);
  }

  /** The newest quote of each pair that has one. */
  latestQuotes(...symbols: SymbolArguments<RequestOptions>): Promise<ReadonlyMap<string, CryptoQuote>> {
    return this.#latest("latestQuotes", CHANNELS.quotes, symbols);
  }

  /** The newest minute bar of each pair that has one. */
  latestBars(...symbols: SymbolArguments<RequestOptions>): Promise<ReadonlyMap<string, CryptoBar>> {
    return this.#latest("latestBars", CHANNELS.bars, symbols);
  }

  /** The whole order book of each pair that has one: `isSnapshot` is true, so that an `OrderBook` accepts it. */
  latestOrderbooks(...symbols: SymbolArguments<RequestOptions>): Promise<ReadonlyMap<string, CryptoOrderBook>> {
    const found = this.#latest<CryptoOrderBook>("latestOrderbooks", ORDERBOOKS, symbols);
    return found.then((books) => new Map([...books].map(([symbol, book]) => [symbol, whole(book)])));
  }

  /** The newest trade, quote and bars of each pair that has any. */
  snapshots(...symbols: SymbolArguments<RequestOptions>): Promise<ReadonlyMap<string, CryptoSnapshot>> {
    const args = this.#history.checkedArguments("snapshots", symbols, REQUEST_OPTIONS);
    return this.#history.snapshots(args, {}, SNAPSHOT, snapshot);
  }

  /**
   * Requests any path of the data API, such as one that has no method here, within the budget and with retries. The
   * answer is returned as it came, also one with another status than 200; its body is not compressed.
   *
   * @throws StreamError when the server is in trouble or limits the rate, after the last attempt.
   * @example
   * ```ts
   * const { status, body } = await history.request("/v1beta3/crypto/us/latest/trades?symbols=BTC/USD");
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
    return new StreamPast(stream, this.fillSource, CRYPTO_FILL_RULES);
  }

  /** Called by a stream that was given this history. Programs have no use for it. */
  timeNs(name: string, time: HistoryTime): bigint {
    return timeNs(name, time);
  }

  #latest<R extends MarketRecord>(
    method: string,
    channel: HistoryChannel,
    symbols: readonly unknown[],
  ): Promise<ReadonlyMap<string, R>> {
    return this.#history.latest(channel, this.#history.checkedArguments(method, symbols, REQUEST_OPTIONS), {});
  }
}

function kindOf(feed: CryptoFeed): HistoryKind {
  return {
    name: "CryptoHistory",
    schema: CRYPTO_STREAM,
    spelling: CRYPTO_SPELLING,
    planAdvice: "Request another feed, or upgrade.",
    path: `/${cryptoFeedPath(feed)}`,
    feed,
    rangeQuery: {}, // the feed is in the path
    latestQuery: {},
    latestPath: (key) => `latest/${key}`,
    fillQuery: {},
    channels: CHANNELS,
  };
}

/** An answer has no mark of a whole book, because each book in it is one. */
function whole({ symbol, seconds, nanos, bids, asks }: CryptoOrderBook): CryptoOrderBook {
  return new CryptoOrderBook(symbol, seconds, nanos, bids, asks, true);
}

/** The casts hold by the types that were requested. */
function snapshot(symbol: string, records: NamedRecords): CryptoSnapshot {
  const { latestTrade, latestQuote, minuteBar, dailyBar, prevDailyBar } = records;
  return {
    symbol,
    latestTrade: latestTrade as CryptoTrade | undefined,
    latestQuote: latestQuote as CryptoQuote | undefined,
    minuteBar: minuteBar as CryptoBar | undefined,
    dailyBar: dailyBar as CryptoBar | undefined,
    previousDailyBar: prevDailyBar as CryptoBar | undefined,
  };
}
