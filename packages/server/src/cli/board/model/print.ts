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

/** Where a trade was, against the last quote before it. */
export type Side = "at_ask" | "at_bid" | "between";

/**
 * Compares a trade's price with a quote: at or above the ask, at or below the bid, or between. Undefined without a
 * quote, for a locked or crossed quote that the price meets on both sides, and for a price that only the missing side
 * could place. A price of 0 means that the quote has no such side.
 */
export function sideOf(price: number, quote: AnyQuote | undefined): Side | undefined {
  if (quote === undefined) return undefined;
  const isAtAsk = quote.askPrice > 0 && price >= quote.askPrice;
  const isAtBid = quote.bidPrice > 0 && price <= quote.bidPrice;
  if (isAtAsk !== isAtBid) return isAtAsk ? "at_ask" : "at_bid";
  return !isAtAsk && quote.askPrice > 0 && quote.bidPrice > 0 ? "between" : undefined;
}
