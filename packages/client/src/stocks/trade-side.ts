/** Where a trade was, against the last quote before it. */
export type TradeSide = "at_ask" | "at_bid" | "between";

/**
 * Compares a trade's price with the last quote before it, in US dollars: at or above the ask, at or below the bid, or
 * between. Quotes of all venues make it a guess of who was the buyer; with those of one venue it says less.
 *
 * @returns undefined without a quote, for a locked or crossed quote that the price meets on both sides, and for a price
 * that only a missing side could place. A price of 0 means that the quote has no such side.
 * @example
 * stream.subscribeQuotes((quote) => quotes.set(quote.symbol, quote), "AAPL");
 * stream.subscribeTrades(({ symbol, price }) => console.log(tradeSide(price, quotes.get(symbol))), "AAPL");
 */
export function tradeSide(
  price: number,
  quote: { readonly bidPrice: number; readonly askPrice: number } | undefined,
): TradeSide | undefined {
  if (quote === undefined) return undefined;
  const isAtAsk = quote.askPrice > 0 && price >= quote.askPrice;
  const isAtBid = quote.bidPrice > 0 && price <= quote.bidPrice;
  if (isAtAsk !== isAtBid) return isAtAsk ? "at_ask" : "at_bid";
  return !isAtAsk && quote.askPrice > 0 && quote.bidPrice > 0 ? "between" : undefined;
}
