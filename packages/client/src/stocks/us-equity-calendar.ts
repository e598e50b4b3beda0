import { shownValue } from "../checks/shown-value.ts";

/**
 * When US equities trade. Times of day are New York's.
 *
 * Source of the tables: NYSE Group, "Holiday and Early Closings Calendar", as announced in November
 * 2024 and December 2025; 2025-01-09 was closed by an announcement of its own.
 */

/** Weekdays without trading, by year, as month and day. */
const HOLIDAYS: { readonly [year: number]: readonly string[] } = {
  2025: ["01-01", "01-09", "01-20", "02-17", "04-18", "05-26", "06-19", "07-04", "09-01", "11-27", "12-25"],
  2026: ["01-01", "01-19", "02-16", "04-03", "05-25", "06-19", "07-03", "09-07", "11-26", "12-25"],
  2027: ["01-01", "01-18", "02-15", "03-26", "05-31", "06-18", "07-05", "09-06", "11-25", "12-24"],
  2028: ["01-17", "02-21", "04-14", "05-29", "06-19", "07-04", "09-04", "11-23", "12-25"],
};

/** Days that close at 13:00, by year, as month and day. */
const EARLY_CLOSES: { readonly [year: number]: readonly string[] } = {
  2025: ["07-03", "11-28", "12-24"],
  2026: ["11-27", "12-24"],
  2027: ["11-26"],
  2028: ["07-03", "11-24"],
};

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

const PRE_MARKET_OPEN_MINUTE = 4 * 60;
const OPEN_MINUTE = 9 * 60 + 30;
const CLOSE_MINUTE = 16 * 60;
const EARLY_CLOSE_MINUTE = 13 * 60;
const AFTER_HOURS_CLOSE_MINUTE = 20 * 60;
const EARLY_AFTER_HOURS_CLOSE_MINUTE = 17 * 60;
const OVERNIGHT_OPEN_MINUTE = 20 * 60;
const OVERNIGHT_CLOSE_MINUTE = 4 * 60;

/** A trading day of the US stock exchanges. */
export interface UsEquitySession {
  /** The day in New York, as `2026-11-27`. */
  readonly date: string;
  /** When trading before the regular session begins: 04:00 in New York. */
  readonly preMarketOpen: Date;
  /** When the regular session begins: 09:30 in New York. */
  readonly open: Date;
  /** When the regular session ends: 16:00 in New York, or 13:00 on a day that closes early. */
  readonly close: Date;
  /** When trading after the regular session ends: 20:00 in New York, or 17:00 on a day that closes early. */
  readonly afterHoursClose: Date;
  /** Whether it is a day that closes early. */
  readonly isEarlyClose: boolean;
}

/**
 * The session of a day, from the calendar that judges silence; undefined on weekends and holidays. A
 * `Date` stands for the day that it falls on in New York. Trading halts of the whole market are not in it.
 *
 * @example
 * ```ts
 * const session = usEquitySession("2026-11-27");
 * session?.close.toISOString(); // "2026-11-27T18:00:00.000Z", an early close
 * ```
 *
 * Source of the hours: nyse.com/markets/hours-calendars; the early end after hours from its footnotes.
 *
 * @throws RangeError for a date of a year that the calendar does not have, or that does not exist.
 * @throws TypeError for anything but a valid `Date` or a string such as `2026-11-27`.
 */
export function usEquitySession(date: Date | string): UsEquitySession | undefined {
  const dayMs = newYorkDay(date);
  if (HOLIDAYS[yearOf(dayMs)] === undefined) {
    const years = Object.keys(HOLIDAYS);
    throw new RangeError(
      `the calendar of trading days has ${years[0]} to ${years.at(-1)}, got ${shownDay(dayMs)}: update the package for later years`,
    );
  }
  if (!isTradingDay(dayMs)) return undefined;
  const isEarlyClose = closesEarly(dayMs);
  const at = (minute: number): Date => new Date(newYorkTime(dayMs, minute));
  return {
    date: shownDay(dayMs),
    preMarketOpen: at(PRE_MARKET_OPEN_MINUTE),
    open: at(OPEN_MINUTE),
    close: at(isEarlyClose ? EARLY_CLOSE_MINUTE : CLOSE_MINUTE),
    afterHoursClose: at(isEarlyClose ? EARLY_AFTER_HOURS_CLOSE_MINUTE : AFTER_HOURS_CLOSE_MINUTE),
    isEarlyClose,
  };
}

/** Whether the tables know a moment's year. Beyond them every weekday counts as a whole trading day. */
export function isInCalendar(ms: number): boolean {
  return HOLIDAYS[yearOf(newYorkClock(ms).dayMs)] !== undefined;
}

/** When the regular session that is open at a moment began, 09:30; undefined when none is open. */
export function regularSessionStart(ms: number): number | undefined {
  const { dayMs, minute, msOfMinute } = newYorkClock(ms);
  if (!isTradingDay(dayMs)) return undefined;
  const closeMinute = closesEarly(dayMs) ? EARLY_CLOSE_MINUTE : CLOSE_MINUTE;
  if (minute < OPEN_MINUTE || minute >= closeMinute) return undefined;
  return ms - (minute - OPEN_MINUTE) * MINUTE_MS - msOfMinute;
}

/** When the overnight session that is open at a moment began, 20:00; undefined when none is open. */
export function overnightSessionStart(ms: number): number | undefined {
  const { dayMs, minute, msOfMinute } = newYorkClock(ms);
  const isEvening = minute >= OVERNIGHT_OPEN_MINUTE;
  if (!isEvening && minute >= OVERNIGHT_CLOSE_MINUTE) return undefined;
  // The night belongs to the trading day that it ends in.
  if (!isTradingDay(isEvening ? dayMs + DAY_MS : dayMs)) return undefined;
  const minutesOpen = minute - OVERNIGHT_OPEN_MINUTE + (isEvening ? 0 : 24 * 60);
  return ms - minutesOpen * MINUTE_MS - msOfMinute;
}

/** Days are the UTC midnights of New York's dates. */
function isTradingDay(dayMs: number): boolean {
  const weekday = new Date(dayMs).getUTCDay();
  if (weekday === 0 || weekday === 6) return false;
  return !HOLIDAYS[yearOf(dayMs)]?.includes(monthAndDay(dayMs));
}

function closesEarly(dayMs: number): boolean {
  return EARLY_CLOSES[yearOf(dayMs)]?.includes(monthAndDay(dayMs)) ?? false;
}

function yearOf(dayMs: number): number {
  return new Date(dayMs).getUTCFullYear();
}

function monthAndDay(dayMs: number): string {
  return shownDay(dayMs).slice(5);
}

function shownDay(dayMs: number): string {
  return new Date(dayMs).toISOString().slice(0, 10);
}

/** The day that a `Date` falls on in New York, or that a string names. */
function newYorkDay(date: Date | string): number {
  if (date instanceof Date && !Number.isNaN(date.getTime())) return newYorkClock(date.getTime()).dayMs;
  if (typeof date !== "string" || !/^\d{4}-\d\d-\d\d$/.test(date))
    throw new TypeError(
      `a day must be a valid Date or a string such as "2026-11-27", got ${date instanceof Date ? "an invalid Date" : shownValue(date)}`,
    );
  const dayMs = Date.parse(date);
  if (Number.isNaN(dayMs) || shownDay(dayMs) !== date) throw new RangeError(`there is no day ${date}`);
  return dayMs;
}

/** The moment at which New York's clocks show a minute of a day; its offset from UTC is four or five hours. */
function newYorkTime(dayMs: number, minute: number): number {
  const inSummer = dayMs + (minute + 4 * 60) * MINUTE_MS;
  return newYorkClock(inSummer).minute === minute ? inSummer : inSummer + 60 * MINUTE_MS;
}

const newYork = new Intl.DateTimeFormat("en-US", {
  timeZone: "America/New_York",
  hourCycle: "h23",
  year: "numeric",
  month: "numeric",
  day: "numeric",
  hour: "numeric",
  minute: "numeric",
});

function newYorkClock(ms: number): { dayMs: number; minute: number; msOfMinute: number } {
  const shown: Record<string, number> = {};
  for (const { type, value } of newYork.formatToParts(ms)) shown[type] = Number(value);
  const { year = 1970, month = 1, day = 1, hour = 0, minute = 0 } = shown;
  return { dayMs: Date.UTC(year, month - 1, day), minute: hour * 60 + minute, msOfMinute: ms % MINUTE_MS };
}
