import {
  CRYPTO_COLUMNS,
  CRYPTO_SCHEMA,
  cryptoRecordFromColumns,
  STOCK_COLUMNS,
  STOCK_SCHEMA,
  stockRecordFromColumns,
} from "@tickerplant/client";
import type { Column, ColumnReader, MarketRecord, WritableSchema } from "@tickerplant/client/wire";

/** What the recorder needs to know of an asset class. */
export interface AssetClassParts {
  readonly schema: WritableSchema;
  /** The columns of each channel behind symbol and time. */
  readonly columns: Readonly<Record<string, readonly Column[]>>;
  /**
   * Makes the record of a row of one of those channels.
   *
   * @throws what the reader of the columns throws for a value that is required and missing.
   */
  recordOf(channel: string, symbol: string, seconds: number, nanos: number, row: ColumnReader): MarketRecord;
}

/** The names of asset classes. */
export type AssetClass = "stocks" | "crypto";

type StockChannel = Parameters<typeof stockRecordFromColumns>[0];
type CryptoChannel = Parameters<typeof cryptoRecordFromColumns>[0];

/** The asset classes by the name that a segment's header has. Their channels are the names of `columns`. */
export const ASSET_CLASSES: Readonly<Record<AssetClass, AssetClassParts>> = {
  stocks: {
    schema: STOCK_SCHEMA,
    columns: STOCK_COLUMNS,
    recordOf: (channel, ...row) => stockRecordFromColumns(channel as StockChannel, ...row),
  },
  crypto: {
    schema: CRYPTO_SCHEMA,
    columns: CRYPTO_COLUMNS,
    recordOf: (channel, ...row) => cryptoRecordFromColumns(channel as CryptoChannel, ...row),
  },
};
