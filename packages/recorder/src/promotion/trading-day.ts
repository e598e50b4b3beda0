const NEW_YORK = new Intl.DateTimeFormat("en-CA", {
  timeZone: "America/New_York",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
});

const SECONDS_PER_HOUR = 3600;

let lastHour = Number.NaN;
let lastDay = "";

/** Returns the day in New York of a time in whole seconds, such as `2026-11-27`. Midnight there is a full hour of UTC. */
export function newYorkDay(seconds: number): string {
  const hour = Math.floor(seconds / SECONDS_PER_HOUR);
  if (hour !== lastHour) {
    lastDay = NEW_YORK.format(hour * SECONDS_PER_HOUR * 1000);
    lastHour = hour;
  }
  return lastDay;
}
