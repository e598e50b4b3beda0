import { CRYPTO_SCHEMA, CryptoBar } from "@tickerplant/client";
import type { AssetClass } from "./asset-class.ts";
import { CryptoQuoteLayout, CryptoTradeLayout } from "./layouts.ts";

export const CRYPTO: AssetClass = {
  schema: CRYPTO_SCHEMA,
  symbol: /^[A-Z0-9]{1,12}\/[A-Z0-9]{1,12}$/,
  makeLayouts: () => ({ trades: new CryptoTradeLayout(), quotes: new CryptoQuoteLayout() }),
  makeBar: (symbol, seconds, ...values) => new CryptoBar("bars", symbol, seconds, 0, ...values),
  makeDailyBar: (symbol, seconds, ...values) => new CryptoBar("dailyBars", symbol, seconds, 0, ...values),
  isLatest: () => true,
};
