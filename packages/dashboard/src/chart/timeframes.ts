const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** The timeframes, with the keys that select them, and how much history each loads at a time. */
export const TIMEFRAMES = [
  { id: "1m", key: "1", name: "1 minute", base: "1Min", stepMs: MINUTE_MS, spanMs: 4 * DAY_MS },
  { id: "5m", key: "5", name: "5 minutes", base: "1Min", stepMs: 5 * MINUTE_MS, spanMs: 7 * DAY_MS },
  { id: "15m", key: "f", name: "15 minutes", base: "1Min", stepMs: 15 * MINUTE_MS, spanMs: 14 * DAY_MS },
  { id: "1D", key: "d", name: "1 day", base: "1Day", stepMs: DAY_MS, spanMs: 366 * DAY_MS },
] as const;

/** One of {@link TIMEFRAMES}. */
export type ChartTimeframe = (typeof TIMEFRAMES)[number];

/** The bars that a timeframe is made of. */
export type BaseTimeframe = ChartTimeframe["base"];
