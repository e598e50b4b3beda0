import { type NewYorkDay, newYorkDay } from "../bars/new-york-day.ts";
import { RestError } from "./rest-error.ts";

const DAY_S = 86_400;

/** The length of bars, such as `5Min`. */
export interface Timeframe {
  readonly count: number;
  readonly unit: "Min" | "Hour" | "Day" | "Week" | "Month";
}

/** A time range, both in seconds since the Unix epoch. */
export interface Interval {
  readonly start: number;
  /** The first second behind it. */
  readonly end: number;
}

const FORM = /^(\d{1,2})(Min|T|Hour|H|Day|D|Week|W|Month|M)$/;

const UNITS: Readonly<Record<string, Timeframe["unit"]>> = { T: "Min", H: "Hour", D: "Day", W: "Week", M: "Month" };

/** Counts that each unit allows. Source: docs.alpaca.markets/reference/stockbars. */
const IS_ALLOWED: Readonly<Record<Timeframe["unit"], (count: number) => boolean>> = {
  Min: (count) => count >= 1 && count <= 59,
  Hour: (count) => count >= 1 && count <= 23,
  Day: (count) => count === 1,
  Week: (count) => count === 1,
  Month: (count) => [1, 2, 3, 4, 6, 12].includes(count),
};

/** @throws RestError 400 for anything that is no documented timeframe. */
export function parseTimeframe(text: string | null): Timeframe {
  const [, digits = "", name = ""] = FORM.exec(text ?? "") ?? [];
  const count = Number(digits);
  const unit = UNITS[name] ?? (name as Timeframe["unit"]); // one of its names, by the form
  if (name === "" || !IS_ALLOWED[unit](count)) throw new RestError(400, `invalid timeframe: ${text ?? ""}`);
  return { count, unit };
}

/** Whether a timeframe is made of minute bars; others are made of daily bars. */
export function isWithinDay({ unit }: Timeframe): boolean {
  return unit === "Min" || unit === "Hour";
}

/**
 * Returns the interval of a timeframe that a time lies in. Minutes and hours are counted from midnight in New York,
 * days, weeks (from Monday) and months (from January) are New York's.
 */
export function intervalOf(seconds: number, { count, unit }: Timeframe): Interval {
  const day = dayOf(seconds);
  if (unit === "Day") return day;
  if (unit === "Min" || unit === "Hour") {
    const length = count * (unit === "Min" ? 60 : 3600);
    const start = day.start + Math.floor((seconds - day.start) / length) * length;
    return { start, end: Math.min(start + length, day.end) };
  }
  const date = new Date((day.start + day.end) * 500); // noon in New York, which is the same date in UTC
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  if (unit === "Week") {
    const monday = date.getUTCDate() - ((date.getUTCDay() + 6) % 7);
    return { start: midnight(year, month, monday), end: midnight(year, month, monday + 7) };
  }
  const firstMonth = month - (month % count);
  return { start: midnight(year, firstMonth, 1), end: midnight(year, firstMonth + count, 1) };
}

let lastDay: NewYorkDay | undefined;

/** Returns the New York day of a time. The last one is kept: bars come in order. */
function dayOf(seconds: number): NewYorkDay {
  if (lastDay === undefined || seconds < lastDay.start || seconds >= lastDay.end) lastDay = newYorkDay(seconds);
  return lastDay;
}

/** Returns the beginning of a date in New York; months and days outside of their range count on. */
function midnight(year: number, month: number, day: number): number {
  return newYorkDay(Date.UTC(year, month, day) / 1000 + DAY_S / 2).start;
}
