import {
  type AnyCryptoRecord,
  type AnyRecord,
  CRYPTO_CHANNELS,
  CRYPTO_COLUMNS,
  CRYPTO_SCHEMA,
  CryptoDataStream,
  CryptoFeed,
  cryptoFeedUrl,
  DataFeed,
  feedUrl,
  CHANNELS as STOCK_CHANNELS,
  STOCK_COLUMNS,
  STOCK_SCHEMA,
  StockDataStream,
  type StreamOptions,
} from "@tickerplant/client";
import {
  CryptoHistory,
  type HistoryOptions,
  type HistoryRecords,
  type RangeOptions,
  StockHistory,
  type Timeframe,
} from "@tickerplant/client/history";
import type { Column, MarketRecord, WritableSchema } from "@tickerplant/client/wire";
import type { FeedName } from "../../create-gateway.ts";
import { cryptoLine } from "../output/crypto-line.ts";
import type { LiveStream } from "../output/live-stream.ts";
import { plainLine } from "../output/plain-line.ts";

/** What the command line needs to know of an asset class. */
export interface AssetClass {
  readonly noun: string;
  readonly channels: readonly string[];
  readonly columns: Readonly<Record<string, readonly Column[]>>;
  readonly schema: WritableSchema;
  /** Formats a record as one line of text. */
  line(record: MarketRecord): string;
  /** The feed of a stream that names none. */
  readonly defaultFeed: FeedName;
  /** The URL of a feed's stream at Alpaca. */
  url(feed: FeedName): string;
  /** The feed that a URL's path names, such as `sip`; undefined for any other path. */
  readonly feedOfUrl: (url: string) => FeedName | undefined;
  /** Opens the history from which a stream of a feed, or of the default one, fills its gaps. */
  past(feed: string | undefined, options: HistoryOptions): StockHistory | CryptoHistory;
  /** Opens a stream of a feed, or of the default one. With `history`, it fills its gaps from there. */
  open(feed: string | undefined, options: StreamOptions<boolean>, history: HistoryOptions | undefined): LiveStream;
  /** Returns the past records of a channel, of a feed or of the default one. */
  history(feed: string | undefined, options: HistoryOptions, request: HistoryRequest): HistoryRecords<MarketRecord>;
}

/** A request for past records. */
export interface HistoryRequest {
  readonly channel: HistoryChannel;
  readonly symbols: readonly string[];
  readonly range: RangeOptions;
  /** The length of bars; undefined for the default. */
  readonly timeframe: Timeframe | undefined;
}

/** The channels of which `tickerplant history` prints records. */
export const HISTORY_CHANNELS = ["trades", "quotes", "bars"] as const;

/** A channel of {@link HISTORY_CHANNELS}. */
export type HistoryChannel = (typeof HISTORY_CHANNELS)[number];

const STOCKS: AssetClass = {
  noun: "stocks",
  channels: STOCK_CHANNELS,
  columns: STOCK_COLUMNS,
  schema: STOCK_SCHEMA,
  line: (record) => plainLine(record as AnyRecord), // of a stream of stocks
  defaultFeed: DataFeed.IEX,
  url: (name) => feedUrl(name as DataFeed), // of stocks
  feedOfUrl: (url) => Object.values(DataFeed).find((name) => lastPart(url) === name),
  past: (name, options) =>
    new StockHistory({ ...options, feed: Object.values(DataFeed).find((known) => known === name) }),
  open: (name, options, historyOptions) => {
    const feed = Object.values(DataFeed).find((known) => known === name);
    const history = historyOptions && STOCKS.past(name, historyOptions);
    return new StockDataStream<boolean>({ ...options, history, ...(feed && { feed }) });
  },
  history: (name, options, { channel, symbols, range, timeframe }) => {
    const feed = Object.values(DataFeed).find((known) => known === name);
    const history = new StockHistory({ ...options, feed });
    return channel === "bars" ? history.bars(symbols, { ...range, timeframe }) : history[channel](symbols, range);
  },
};

const CRYPTO: AssetClass = {
  noun: "crypto",
  channels: CRYPTO_CHANNELS,
  columns: CRYPTO_COLUMNS,
  schema: CRYPTO_SCHEMA,
  line: (record) => cryptoLine(record as AnyCryptoRecord), // of a stream of crypto
  defaultFeed: `crypto/${CryptoFeed.US}`,
  url: (name) => cryptoFeedUrl(name.replace("crypto/", "") as CryptoFeed), // of crypto
  feedOfUrl: (url) =>
    Object.values(CryptoFeed)
      .map((name) => `crypto/${name}` as const)
      .find((name) => url.includes(name)),
  past: (name, options) =>
    new CryptoHistory({ ...options, feed: Object.values(CryptoFeed).find((known) => `crypto/${known}` === name) }),
  open: (name, options, historyOptions) => {
    const feed = Object.values(CryptoFeed).find((known) => `crypto/${known}` === name);
    const history = historyOptions && CRYPTO.past(name, historyOptions);
    return new CryptoDataStream<boolean>({ ...options, history, ...(feed && { feed }) });
  },
  history: (name, options, { channel, symbols, range, timeframe }) => {
    const feed = Object.values(CryptoFeed).find((known) => `crypto/${known}` === name);
    const history = new CryptoHistory({ ...options, feed });
    return channel === "bars" ? history.bars(symbols, { ...range, timeframe }) : history[channel](symbols, range);
  },
};

function lastPart(url: string): string {
  return URL.canParse(url) ? (new URL(url).pathname.split("/").at(-1) ?? "") : "";
}

/** The asset class of a name. */
export function assetClassNamed(name: "stocks" | "crypto"): AssetClass {
  return name === "crypto" ? CRYPTO : STOCKS;
}

/** The asset class of a feed, or of the path of a URL: `…/crypto/…`, otherwise stocks. */
export function assetClassOf({ url, feed }: { readonly url?: string; readonly feed?: string }): AssetClass {
  const isCrypto = feed?.startsWith("crypto/") ?? /^[^?#]*\/crypto\//.test(url ?? "");
  return isCrypto ? CRYPTO : STOCKS;
}

/** Options of the history of a stream: at its own URL, at the host of the stream's, or at Alpaca's. */
export function historyServer(url: string | undefined, history: string | undefined): HistoryOptions {
  if (history !== undefined) return { urlOverride: history };
  if (url === undefined || !URL.canParse(url)) return {};
  const { protocol, host } = new URL(url);
  if (!/^(ws|http)s?:$/.test(protocol)) return {}; // the stream rejects its URL
  return { urlOverride: `${protocol.replace(/^ws/, "http")}//${host}` };
}
