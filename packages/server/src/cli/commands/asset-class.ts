import {
  type AnyCryptoRecord,
  type AnyRecord,
  CRYPTO_CHANNELS,
  CRYPTO_COLUMNS,
  CRYPTO_SCHEMA,
  CryptoDataStream,
  CryptoFeed,
  DataFeed,
  CHANNELS as STOCK_CHANNELS,
  STOCK_COLUMNS,
  STOCK_SCHEMA,
  StockDataStream,
  type StreamOptions,
} from "@tickerplant/client";
import type { Column, MarketRecord, WritableSchema } from "@tickerplant/client/wire";
import { cryptoLine } from "../output/crypto-line.ts";
import type { LiveStream } from "../output/live-stream.ts";
import { plainLine } from "../output/plain-line.ts";

/** What `tickerplant stream` needs to know of an asset class. */
export interface AssetClass {
  readonly noun: string;
  readonly channels: readonly string[];
  readonly columns: Readonly<Record<string, readonly Column[]>>;
  readonly schema: WritableSchema;
  /** Whether the board of a terminal can show its records. */
  readonly hasBoard: boolean;
  /** Formats a record as one line of text. */
  line(record: MarketRecord): string;
  /** Opens a stream of a feed, or of the default one. */
  open(feed: string | undefined, options: StreamOptions<boolean>): LiveStream;
}

const STOCKS: AssetClass = {
  noun: "stocks",
  channels: STOCK_CHANNELS,
  columns: STOCK_COLUMNS,
  schema: STOCK_SCHEMA,
  hasBoard: true,
  line: (record) => plainLine(record as AnyRecord), // of a stream of stocks
  open: (feed, options) => {
    const known = Object.values(DataFeed).find((name) => name === feed);
    return new StockDataStream<boolean>({ ...options, ...(known && { feed: known }) });
  },
};

const CRYPTO: AssetClass = {
  noun: "crypto",
  channels: CRYPTO_CHANNELS,
  columns: CRYPTO_COLUMNS,
  schema: CRYPTO_SCHEMA,
  hasBoard: false,
  line: (record) => cryptoLine(record as AnyCryptoRecord), // of a stream of crypto
  open: (feed, options) => {
    const known = Object.values(CryptoFeed).find((name) => `crypto/${name}` === feed);
    return new CryptoDataStream<boolean>({ ...options, ...(known && { feed: known }) });
  },
};

/** The asset class of a feed, or of the path of a URL: `…/crypto/…`, otherwise stocks. */
export function assetClassOf({ url, feed }: { readonly url?: string; readonly feed?: string }): AssetClass {
  const isCrypto = feed?.startsWith("crypto/") ?? /^[^?#]*\/crypto\//.test(url ?? "");
  return isCrypto ? CRYPTO : STOCKS;
}
