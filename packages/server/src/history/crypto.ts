import { CRYPTO_SCHEMA, CryptoBar } from "@tickerplant/client";
import type { AssetClass } from "./asset-class.ts";
import { CryptoQuoteLayout, CryptoTradeLayout } from "./layouts.ts";

const DAY_S = 86_400;

export const CRYPTO: AssetClass = {
  schema: CRYPTO_SCHEMA,
  symbol: /^[A-Z0-9]{1,12}\/[A-Z0-9]{1,12}$/,
  makeLayouts: () => ({ trades: new CryptoTradeLayout(), quotes: new CryptoQuoteLayout() }),
  dayOf: (seconds) => {
    const start = Math.floor(seconds / DAY_S) * DAY_S;
    return { start, end: start + DAY_S };
  },
  makeBar: (symbol, seconds, ...values) => new CryptoBar("bars", symbol, seconds, 0, ...values),
  makeDailyBar: (symbol, seconds, ...values) => new CryptoBar("dailyBars", symbol, seconds, 0, ...values),
  isLatest: () => true,
};
