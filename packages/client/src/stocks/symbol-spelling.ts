import type { SymbolSpelling } from "../subscriptions/spelling-watch.ts";

/**
 * Alpaca lists stocks by capital letters and points. Some preferred shares have a small letter among
 * them.
 */
export const STOCK_SPELLING: SymbolSpelling = {
  noun: "a ticker",
  example: "AAPL",
  isSuspect,
  likely,
  advice: 'Stocks are spelt as Alpaca lists them, such as "AAPL" or "BRK.B"',
};

/**
 * `aapl`, and `Aapl` as phones write it; not `BACpL`. `BRK-B`, `$AAPL` and others that vendors write.
 * Six digits are the date of an option.
 */
function isSuspect(symbol: string): boolean {
  return /[a-z]{3}|[^A-Za-z0-9.*]|\d{6}/.test(symbol) || (/[a-z]/.test(symbol) && !/[A-Z]/.test(symbol));
}

/** How Alpaca most likely lists it; the same where that cannot be guessed. */
function likely(symbol: string): string {
  return symbol
    .toUpperCase()
    .replace(/^[^A-Z0-9]+/, "")
    .replaceAll(/[-/_]/g, ".");
}
