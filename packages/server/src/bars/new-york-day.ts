const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;

const newYork = new Intl.DateTimeFormat("en-US", {
  timeZone: "America/New_York",
  hourCycle: "h23",
  year: "numeric",
  month: "numeric",
  day: "numeric",
  hour: "numeric",
});

/** A calendar day in New York, in seconds since the Unix epoch. */
export interface NewYorkDay {
  /** Midnight at its start: 04:00 UTC in summer, 05:00 UTC in winter. */
  readonly start: number;
  /** The next midnight, 23 to 25 hours later. */
  readonly end: number;
}

/** Returns the New York day of a time. Takes microseconds: keep the result for other times of that day. */
export function newYorkDay(seconds: number): NewYorkDay {
  const { dayNumber } = readClock(seconds);
  return { start: midnight(dayNumber), end: midnight(dayNumber + 1) };
}

/** Returns the time at which New York's clocks show a second of a day; the first time if they show it twice. */
export function newYorkMoment({ start }: NewYorkDay, secondOfDay: number): number {
  const moment = start + secondOfDay;
  const hour = Math.floor(secondOfDay / HOUR_S);
  // After a daylight saving change, elapsed seconds and the clocks differ by an hour.
  const shift = [0, -HOUR_S, HOUR_S].find((shift) => readClock(moment + shift).hour === hour);
  return moment + (shift ?? 0); // in the hour that the clocks skip: the time without the change
}

/** Returns the second of the day that New York's clocks show. */
export function newYorkSecondOfDay(seconds: number): number {
  return readClock(seconds).hour * HOUR_S + (Math.floor(seconds) % HOUR_S);
}

/** Returns the time at which a day begins in New York. The clocks change at 02:00, never at midnight. */
function midnight(dayNumber: number): number {
  const summer = dayNumber * DAY_S + 4 * HOUR_S;
  return readClock(summer).hour === 0 ? summer : summer + HOUR_S;
}

/** Returns the date, counted in days from 1970-01-01, and the hour in New York. */
function readClock(seconds: number): { dayNumber: number; hour: number } {
  const shown: Record<string, number> = {};
  for (const { type, value } of newYork.formatToParts(seconds * 1000)) shown[type] = Number(value);
  const { year = 1970, month = 1, day = 1, hour = 0 } = shown;
  return { dayNumber: Date.UTC(year, month - 1, day) / (DAY_S * 1000), hour };
}
