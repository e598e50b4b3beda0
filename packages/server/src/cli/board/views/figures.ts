import { showCount } from "../../output/numbers.ts";
import type { Tone } from "../terminal/styled-text.ts";

/** Shown for a value that is not known. */
export const UNKNOWN = "–";

/** Below these prices in dollars four and six decimals would not show a move; pairs of crypto are this cheap. */
const SMALL_PRICE = 0.01;
const TINY_PRICE = 0.0001;

/**
 * A price in dollars: two decimals, four under $1 and for sub-penny prices. Under a cent six, and under a hundredth of
 * it eight, without the zero before the point, so that each takes at most nine cells.
 */
export function price(value: number | undefined): string {
  if (value === undefined) return UNKNOWN;
  if (value > 0 && value < TINY_PRICE) return value.toFixed(8).slice(1);
  if (value > 0 && value < SMALL_PRICE) return value.toFixed(6);
  const cents = value * 100;
  return value.toFixed(value < 1 || Math.abs(cents - Math.round(cents)) > 1e-6 ? 4 : 2);
}

/** An amount of dollars: two decimals for whole cents, else those of a price. */
export function dollars(value: number): string {
  const cents = value * 100;
  return value >= 0.01 && Math.abs(cents - Math.round(cents)) < 1e-6 ? value.toFixed(2) : price(value);
}

/** The price of one side of a quote: 0 means that there is no order. */
export function sidePrice(value: number | undefined): string {
  return value === 0 ? UNKNOWN : price(value);
}

/** A size: `1,200` shares, `0.0412` of a coin, `9.84M` where the digits do not fit. */
export function size(value: number | undefined, width = 7): string {
  if (value === undefined) return UNKNOWN;
  const text = Number.isInteger(value) ? showCount(value) : value.toFixed(value < 1 ? 4 : value < 100 ? 3 : 1);
  return text.length > width ? volume(value) : text;
}

/** A size in at most four cells: `1200`, `12K`, `0.04`. */
export function shortSize(value: number): string {
  if (value >= 999_500) return `${Math.round(value / 1e6)}M`;
  if (value >= 9_999.5) return `${Math.round(value / 1e3)}K`;
  if (value > 0 && value < 0.01) return "<.01";
  return Number.isInteger(value) ? String(value) : value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

/** A volume in three digits: `9.84M`, `18.4K`, `812`. */
export function volume(value: number): string {
  if (value >= 999_500_000) return `${threeDigits(value / 1e9)}B`;
  if (value >= 999_500) return `${threeDigits(value / 1e6)}M`;
  if (value >= 999.5) return `${threeDigits(value / 1e3)}K`;
  return Number.isInteger(value) ? String(value) : threeDigits(value);
}

function threeDigits(value: number): string {
  return value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

/** A change in percent, with its sign: `▲ +0.34%`, `▼ −1.27%`, `·  0.00%`. */
export function percent(value: number | undefined): string {
  if (value === undefined) return UNKNOWN;
  const size = Math.abs(value);
  const digits = `${size.toFixed(size < 99.995 ? 2 : 0)}%`;
  return digits === "0.00%" ? `·  ${digits}` : value > 0 ? `▲ +${digits}` : `▼ −${digits}`;
}

/** The colour of a change: that of `percent`'s sign. */
export function directionTone(value: number | undefined): Tone {
  if (value === undefined || Math.abs(value) < 0.005) return "faint";
  return value > 0 ? "up" : "down";
}

/** The spread in basis points of the price in the middle; undefined without a bid or an offer. */
export function spreadBasisPoints(bid: number, ask: number): number | undefined {
  return bid === 0 || ask === 0 ? undefined : ((ask - bid) / ((ask + bid) / 2)) * 10_000;
}

/** A length of time in whole seconds: `12 s`, `1 m 12 s`, `1 h 11 m`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} m ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} m`;
}

/** An age that ticks: `0.18 s`, `14.2 s`, `1 m 12 s`. */
export function age(ms: number): string {
  if (ms < 995) return `${(Math.max(0, ms) / 1000).toFixed(2)} s`;
  return ms < 59_950 ? `${(ms / 1000).toFixed(1)} s` : duration(ms);
}

/** A lag: `2.1 ms`, `0.18 s`, `1 m 12 s`. */
export function lag(ms: number): string {
  return ms < 99.95 ? `${ms.toFixed(1)} ms` : ms < 10_000 ? `${(ms / 1000).toFixed(2)} s` : duration(ms);
}

const NEW_YORK = new Intl.DateTimeFormat("en-GB", { timeZone: "America/New_York", timeStyle: "medium" });

/** The time of day in New York of the second shown last: many records have the same. */
let formatted = { seconds: Number.NaN, text: "" };

/** The time of day in New York: `10:41:07`. */
export function clock(seconds: number): string {
  if (seconds !== formatted.seconds) formatted = { seconds, text: NEW_YORK.format(seconds * 1000) };
  return formatted.text;
}

/** The time of day in New York with milliseconds: `10:41:07.174`. */
export function clockMs({ seconds, nanos }: { readonly seconds: number; readonly nanos: number }): string {
  return `${clock(seconds)}.${String(Math.floor(nanos / 1e6)).padStart(3, "0")}`;
}

const EIGHTHS = "▁▂▃▄▅▆▇█";

/** Values as a row of blocks, from the lowest to the highest one of `heights`; `–` where one is missing. */
export function blocks(values: readonly (number | undefined)[], heights: number, from: number, to: number): string {
  const step = to > from ? (heights - 1) / (to - from) : 0;
  return values
    .map((value) => (value === undefined ? " " : (EIGHTHS[Math.round((value - from) * step)] ?? "█")))
    .join("");
}
