import * as LIMITS from "./limits.ts";

const NEW_YORK = new Intl.DateTimeFormat("en-CA", {
  timeZone: "America/New_York",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
});

const SECONDS_PER_HOUR = 3600;
const MS_PER_DAY = 86_400_000;

/** Days by the hour: looking one up in the calendar takes longer than decoding a record. */
const days = new Map<number, number>();

/** Returns the day in New York of a time in whole seconds, in days since 1970-01-01. Midnight there is a full hour of UTC. */
export function newYorkDay(seconds: number): number {
  const hour = Math.floor(seconds / SECONDS_PER_HOUR);
  const known = days.get(hour);
  if (known !== undefined) return known;
  const day = Date.parse(`${NEW_YORK.format(hour * SECONDS_PER_HOUR * 1000)}T00:00:00Z`) / MS_PER_DAY;
  if (days.size >= LIMITS.knownHours) days.clear();
  days.set(hour, day);
  return day;
}

/** Returns the name of a day, such as `2026-11-27`. */
export function dayName(day: number): string {
  return new Date(day * MS_PER_DAY).toISOString().slice(0, 10);
}
