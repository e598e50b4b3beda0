import { isoDate } from "../ui/new-york.ts";
import type { ChartBar } from "./chart-market.ts";

/** A candle of any timeframe. */
export interface Candle {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** A place on the time axis. It has no candle where there is no bar, so that gaps and halts keep their width. */
export interface Slot {
  readonly startMs: number;
  readonly candle: Candle | undefined;
}

/**
 * Merges bars, which are in order, into candles of a length: first open, highest high, lowest low, last close, summed
 * volume. The server makes bars of other timeframes by the same rules.
 */
export function mergeBars(bars: readonly ChartBar[], stepMs: number): { startMs: number; candle: Candle }[] {
  const merged: { startMs: number; candle: Candle }[] = [];
  for (const bar of bars) {
    const startMs = Math.floor((bar.seconds * 1000) / stepMs) * stepMs;
    const last = merged.at(-1);
    if (last?.startMs === startMs) last.candle = joined(last.candle, bar);
    else merged.push({ startMs, candle: bar });
  }
  return merged;
}

function joined(first: Candle, next: Candle): Candle {
  return {
    open: first.open,
    high: Math.max(first.high, next.high),
    low: Math.min(first.low, next.low),
    close: next.close,
    volume: first.volume + next.volume,
  };
}

/**
 * The slots of minute bars: one for every step between two bars of the same day in New York, and on to `untilMs` if
 * that is on the day of the last bar. Nights and weekends have none.
 */
export function minuteSlots(bars: readonly ChartBar[], stepMs: number, untilMs: number): Slot[] {
  const slots: Slot[] = [];
  for (const slot of mergeBars(bars, stepMs)) {
    pushEmptySlots(slots, slot.startMs - 1, stepMs);
    slots.push(slot);
  }
  pushEmptySlots(slots, untilMs, stepMs);
  return slots;
}

/** The slots of daily bars: trading days alone. */
export function daySlots(bars: readonly ChartBar[]): Slot[] {
  return bars.map((bar) => ({ startMs: bar.seconds * 1000, candle: bar }));
}

function pushEmptySlots(slots: Slot[], untilMs: number, stepMs: number): void {
  const last = slots.at(-1);
  if (last === undefined || untilMs < last.startMs + stepMs) return;
  if (isoDate(last.startMs) !== isoDate(untilMs)) return;
  for (let startMs = last.startMs + stepMs; startMs <= untilMs; startMs += stepMs) {
    slots.push({ startMs, candle: undefined });
  }
}
