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
  /** Its midnight: 04:00 UTC in summer, 05:00 UTC in winter. */
  readonly start: number;
  /** The midnight after it, 23 to 25 hours on. */
  readonly end: number;
}

/** The New York day that holds a moment. Costs microseconds: keep it until the moment leaves it. */
export function newYorkDay(seconds: number): NewYorkDay {
  const { dayNumber } = readClock(seconds);
  return { start: midnight(dayNumber), end: midnight(dayNumber + 1) };
}

/** The moment at which New York's clocks show a second of a day; the first one where they show it twice. */
export function newYorkMoment({ start }: NewYorkDay, secondOfDay: number): number {
  const moment = start + secondOfDay;
  const hour = Math.floor(secondOfDay / HOUR_S);
  // After a change of the clocks a day's seconds are an hour off.
  const shift = [0, -HOUR_S, HOUR_S].find((shift) => readClock(moment + shift).hour === hour);
  return moment + (shift ?? 0); // in the hour that the clocks skip: what they would have shown
}

/** The second of the day that New York's clocks show. */
export function newYorkSecondOfDay(seconds: number): number {
  return readClock(seconds).hour * HOUR_S + (Math.floor(seconds) % HOUR_S);
}

/** The moment at which a day begins in New York. The clocks change at 02:00, never at midnight. */
function midnight(dayNumber: number): number {
  const summer = dayNumber * DAY_S + 4 * HOUR_S;
  return readClock(summer).hour === 0 ? summer : summer + HOUR_S;
}

/** What clock and calendar show in New York; the day is counted from 1970-01-01. */
function readClock(seconds: number): { dayNumber: number; hour: number } {
  const shown: Record<string, number> = {};
  for (const { type, value } of newYork.formatToParts(seconds * 1000)) shown[type] = Number(value);
  const { year = 1970, month = 1, day = 1, hour = 0 } = shown;
  return { dayNumber: Date.UTC(year, month - 1, day) / (DAY_S * 1000), hour };
}
