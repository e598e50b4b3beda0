import { type UsEquitySession, usEquitySession } from "@tickerplant/client";
import { isoDate } from "../ui/new-york.ts";
import type { ChartBar } from "./chart-market.ts";

/** Figures of a day; undefined where no bar shows them. */
export interface DayFigures {
  readonly open: number | undefined;
  readonly high: number | undefined;
  readonly low: number | undefined;
  readonly volume: number | undefined;
  readonly vwap: number | undefined;
}

/** The session of the day of a time; undefined on days without one, and beyond the calendar. */
export function sessionOf(date: string): UsEquitySession | undefined {
  try {
    return usEquitySession(date);
  } catch (error) {
    if (error instanceof RangeError) return undefined; // a simulated market may be in any year
    throw error;
  }
}

/** The figures of the last day of minute bars. Open, high and low are those of the regular session, once it is open. */
export function dayFigures(bars: readonly ChartBar[]): DayFigures {
  const last = bars.at(-1);
  const date = last === undefined ? "" : isoDate(last.seconds * 1000);
  const start = bars.findLastIndex((bar) => isoDate(bar.seconds * 1000) !== date) + 1;
  const day = bars.slice(start);
  const regular = regularBars(day, date);
  const priced = day.filter((bar) => bar.vwap !== undefined);
  const pricedVolume = sum(priced, (bar) => bar.volume);
  return {
    open: regular[0]?.open,
    high: regular.length === 0 ? undefined : Math.max(...regular.map((bar) => bar.high)),
    low: regular.length === 0 ? undefined : Math.min(...regular.map((bar) => bar.low)),
    volume: day.length === 0 ? undefined : sum(day, (bar) => bar.volume),
    vwap: pricedVolume === 0 ? undefined : sum(priced, (bar) => (bar.vwap ?? 0) * bar.volume) / pricedVolume,
  };
}

function regularBars(day: readonly ChartBar[], date: string): readonly ChartBar[] {
  const session = day.length === 0 ? undefined : sessionOf(date);
  if (session === undefined) return day;
  const [open, close] = [session.open.getTime() / 1000, session.close.getTime() / 1000];
  return day.filter(({ seconds }) => seconds >= open && seconds < close);
}

/** The close of the last daily bar before the day of a time. */
export function previousClose(days: readonly ChartBar[], ms: number): number | undefined {
  const date = isoDate(ms);
  return days.findLast((bar) => isoDate(bar.seconds * 1000) < date)?.close;
}

function sum(bars: readonly ChartBar[], value: (bar: ChartBar) => number): number {
  return bars.reduce((total, bar) => total + value(bar), 0);
}
