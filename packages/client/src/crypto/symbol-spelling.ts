import type { SymbolSpelling } from "../subscriptions/spelling-watch.ts";

/** Alpaca lists pairs by capital letters and digits, with a slash between the currencies. */
export const CRYPTO_SPELLING: SymbolSpelling = {
  noun: "a pair",
  example: "BTC/USD",
  isSuspect,
  likely,
  advice: 'Pairs are spelt as Alpaca lists them, such as "BTC/USD"',
};

/** `BTCUSD` as other services write it, `BTC-USD`, `btc/usd`. */
function isSuspect(symbol: string): boolean {
  return symbol !== "*" && !/^[A-Z0-9]+\/[A-Z0-9]+$/.test(symbol);
}

/** The currencies in which Alpaca quotes pairs, the longest first: `USD` is the beginning of others. */
const QUOTE_CURRENCY = /^([A-Z0-9]{2,})(USDT|USDC|USDG|USD|BTC)$/;

/** How Alpaca most likely lists it; the same where that cannot be guessed. */
function likely(symbol: string): string {
  const capitals = symbol.toUpperCase().replace(/[-_.: ]/, "/");
  return capitals.includes("/") ? capitals : capitals.replace(QUOTE_CURRENCY, "$1/$2");
}
