import { Bar, usEquitySession } from "@tickerplant/client";
import { newYorkDay } from "../../bars/new-york-day.ts";
import { type Listing, snapToTick, UNITS_PER_DOLLAR } from "./listing.ts";
import type { Random } from "./random.ts";

/** Farthest distance of the previous open and close from the price at the start, in thousandths of it. */
const MAX_CHANGE = 20;

/** Farthest distance of the previous high and low from them, in thousandths. */
const MAX_EXCURSION = 10;

/** Seconds of a regular session: 09:30 to 16:00. */
const SESSION_S = 23_400;

/** Shares of a trade on average, for the volume of a day. */
const MEAN_TRADE_SHARES = 150;

/** Returns the start of the last trading day before the day of a time, midnight in New York, in seconds since the epoch. */
export function previousTradingDay(seconds: number): number {
  let { start } = newYorkDay(seconds);
  do start = newYorkDay(start - 1).start;
  while (!isTradingDay(new Date(start * 1000)));
  return start;
}

/** Whether stocks trade on the day that begins at a midnight in New York. */
function isTradingDay(midnight: Date): boolean {
  try {
    return usEquitySession(midnight) !== undefined;
  } catch {
    // A simulation can start in a year that the calendar does not have. Every weekday is a trading day there.
    const weekday = midnight.getUTCDay(); // New York is behind UTC: its midnight is on the same date
    return weekday !== 0 && weekday !== 6;
  }
}

/** Draws the daily bar of a stock for a day before the simulation. `tradesPerSecond` are those of the stock. */
export function drawDailyBar(listing: Listing, daySeconds: number, tradesPerSecond: number, random: Random): Bar {
  const { symbol, priceUnits } = listing;
  const moved = (units: number, thousandths: number): number =>
    Math.max(1, snapToTick(Math.round(units * (1 + thousandths / 1000))));
  const drawChange = (): number => random.integer(2 * MAX_CHANGE + 1) - MAX_CHANGE;
  const open = moved(priceUnits, drawChange());
  const close = moved(priceUnits, drawChange());
  const high = moved(Math.max(open, close), random.integer(MAX_EXCURSION + 1));
  const low = moved(Math.min(open, close), -random.integer(MAX_EXCURSION + 1));
  const tradeCount = Math.max(1, Math.round(tradesPerSecond * SESSION_S));
  const volume = tradeCount * MEAN_TRADE_SHARES;
  const vwap = Math.round((high + low) / 2);
  const dollars = (units: number): number => units / UNITS_PER_DOLLAR;
  return new Bar(
    "dailyBars",
    symbol,
    daySeconds,
    0,
    dollars(open),
    dollars(high),
    dollars(low),
    dollars(close),
    volume,
    tradeCount,
    dollars(vwap),
  );
}
