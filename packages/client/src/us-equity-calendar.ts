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

const OPEN_MINUTE = 9 * 60 + 30;
const CLOSE_MINUTE = 16 * 60;
const EARLY_CLOSE_MINUTE = 13 * 60;
const OVERNIGHT_OPEN_MINUTE = 20 * 60;
const OVERNIGHT_CLOSE_MINUTE = 4 * 60;

/** Whether the tables know a moment's year. Beyond them every weekday counts as a whole trading day. */
export function isInCalendar(ms: number): boolean {
  return HOLIDAYS[new Date(ms).getUTCFullYear()] !== undefined;
}

/** When the regular session that is open at a moment began, 09:30; undefined when none is open. */
export function regularSessionStart(ms: number): number | undefined {
  const { dayMs, minute, msOfMinute } = newYorkClock(ms);
  if (!isTradingDay(dayMs)) return undefined;
  const closeMinute = EARLY_CLOSES[yearOf(dayMs)]?.includes(monthAndDay(dayMs)) ? EARLY_CLOSE_MINUTE : CLOSE_MINUTE;
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

function yearOf(dayMs: number): number {
  return new Date(dayMs).getUTCFullYear();
}

function monthAndDay(dayMs: number): string {
  return new Date(dayMs).toISOString().slice(5, 10);
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
