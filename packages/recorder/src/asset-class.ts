import { CRYPTO_COLUMNS, CRYPTO_SCHEMA, STOCK_COLUMNS, STOCK_SCHEMA } from "@tickerplant/client";
import type { Column, WritableSchema } from "@tickerplant/client/wire";

/** What the recorder needs to know of an asset class. */
export interface AssetClassParts {
  readonly schema: WritableSchema;
  /** The columns of each channel behind symbol and time. */
  readonly columns: Readonly<Record<string, readonly Column[]>>;
}

/** The asset classes by the name that a segment's header has. */
export const ASSET_CLASSES: Readonly<Record<"stocks" | "crypto", AssetClassParts>> = {
  stocks: { schema: STOCK_SCHEMA, columns: STOCK_COLUMNS },
  crypto: { schema: CRYPTO_SCHEMA, columns: CRYPTO_COLUMNS },
};
