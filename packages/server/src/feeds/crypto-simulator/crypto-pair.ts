/** A pair of currencies, as the simulator trades it. */
export interface CryptoPair {
  readonly symbol: string;
  /** Price at the start, in steps of its last decimal. */
  readonly priceSteps: number;
  /** Decimals of a price. */
  readonly decimals: number;
  /** Decimals of a size. */
  readonly sizeDecimals: number;
  /** Mean distance from the middle to the best price on either side, in steps. */
  readonly spreadSteps: number;
  /** Share of the activity, relative to that of the others. */
  readonly weight: number;
}

/** Well-known pairs and prices of their magnitude, the busiest first. */
const KNOWN: readonly (readonly [symbol: string, price: number])[] = [
  ["BTC/USD", 91_250],
  ["ETH/USD", 3_040],
  ["SOL/USD", 142.5],
  ["XRP/USD", 2.21],
  ["DOGE/USD", 0.1532],
  ["LTC/USD", 86.4],
  ["AVAX/USD", 14.87],
  ["LINK/USD", 13.32],
  ["BCH/USD", 541.6],
  ["DOT/USD", 2.314],
  ["UNI/USD", 6.312],
  ["AAVE/USD", 187.4],
  ["SHIB/USD", 0.000_008_74],
  ["GRT/USD", 0.0531],
  ["BAT/USD", 0.2274],
  ["CRV/USD", 0.4182],
  ["XTZ/USD", 0.5031],
  ["SUSHI/USD", 0.3564],
  ["YFI/USD", 4_105],
  ["BTC/USDT", 91_260],
];

/** The symbols of the well-known pairs. */
export const KNOWN_PAIRS: readonly string[] = KNOWN.map(([symbol]) => symbol);

/** Price of a pair that is not well known. */
const OTHER_PRICE = 1.25;

/** Digits of a price: the spread is a few steps of the last one. */
const PRICE_DIGITS = 6;

/** The best price on either side is about this fraction away from the middle. */
const HALF_SPREAD = 0.0004;

/** Makes a pair of a symbol; those in front are busier. */
export function cryptoPair(symbol: string, index: number): CryptoPair {
  const [, price] = KNOWN.find(([known]) => known === symbol) ?? [symbol, OTHER_PRICE];
  const wholeDigits = Math.floor(Math.log10(price)) + 1;
  const decimals = Math.max(0, PRICE_DIGITS - wholeDigits);
  const priceSteps = Math.round(price * 10 ** decimals);
  return {
    symbol,
    priceSteps,
    decimals,
    sizeDecimals: price < 0.01 ? 1 : 9,
    spreadSteps: Math.max(1, priceSteps * HALF_SPREAD),
    weight: 1 / (index + 1),
  };
}
