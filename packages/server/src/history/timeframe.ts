import { RestError } from "./rest-error.ts";

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

/** Returns the day of a time: New York's for stocks, that of UTC for crypto. */
export type DayOf = (seconds: number) => Interval;

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
 * Returns the interval of a timeframe that a time lies in. Minutes and hours are counted from the beginning of the day;
 * weeks begin on Monday, months are counted from January.
 */
export function intervalOf(seconds: number, { count, unit }: Timeframe, dayOf: DayOf): Interval {
  const day = dayOf(seconds);
  if (unit === "Day") return day;
  if (unit === "Min" || unit === "Hour") {
    const length = count * (unit === "Min" ? 60 : 3600);
    const start = day.start + Math.floor((seconds - day.start) / length) * length;
    return { start, end: Math.min(start + length, day.end) };
  }
  const date = new Date((day.start + day.end) * 500); // the middle of the day, which has the same date in UTC
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  // Months and days outside of their range count on.
  const midnight = (month: number, day: number): number => dayOf(Date.UTC(year, month, day, 12) / 1000).start;
  if (unit === "Week") {
    const monday = date.getUTCDate() - ((date.getUTCDay() + 6) % 7);
    return { start: midnight(month, monday), end: midnight(month, monday + 7) };
  }
  const firstMonth = month - (month % count);
  return { start: midnight(firstMonth, 1), end: midnight(firstMonth + count, 1) };
}
