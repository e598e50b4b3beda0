import type { CryptoQuote, CryptoTrade, Quote, Trade } from "@tickerplant/client";

/** A trade of any asset class. */
export type AnyTrade = Trade | CryptoTrade;

/** A quote of any asset class. */
export type AnyQuote = Quote | CryptoQuote;

/** What became of a trade after its report. */
export type PrintUpdate =
  | { readonly kind: "corrected"; readonly price: number; readonly size: number }
  | { readonly kind: "cancelled" };

/** A trade on the tape. */
export interface Print {
  readonly trade: AnyTrade;
  /** The last quote before the trade, as the board received it. */
  readonly quote: AnyQuote | undefined;
  update: PrintUpdate | undefined;
}
