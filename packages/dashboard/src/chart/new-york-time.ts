const HOUR_MS = 3_600_000;

const CLOCK = new Intl.DateTimeFormat("en-US", {
  timeZone: "America/New_York",
  hourCycle: "h23",
  year: "numeric",
  month: "numeric",
  day: "numeric",
  hour: "numeric",
});

/** By the hour, since the clocks change on the hour and the formatter takes microseconds. As many as hours have bars. */
const offsets = new Map<number, number>();

/** What New York's clocks show less UTC: −4 h in summer, −5 h in winter. */
export function newYorkOffsetMs(ms: number): number {
  const hour = Math.floor(ms / HOUR_MS);
  let offsetMs = offsets.get(hour);
  if (offsetMs === undefined) {
    offsetMs = readOffsetMs(hour * HOUR_MS);
    offsets.set(hour, offsetMs);
  }
  return offsetMs;
}

function readOffsetMs(ms: number): number {
  const shown: Record<string, number> = {};
  for (const { type, value } of CLOCK.formatToParts(ms)) shown[type] = Number(value);
  const { year = 1970, month = 1, day = 1, hour = 0 } = shown;
  return Date.UTC(year, month - 1, day, hour) - ms;
}

/**
 * A time as the seconds of the chart's axis. The chart draws days and hours of UTC, so that New York's clock is
 * passed to it as if it were UTC's.
 */
export function toAxisSeconds(ms: number): number {
  return (ms + newYorkOffsetMs(ms)) / 1000;
}

/** The date in New York, `2026-11-24`. */
export function newYorkDate(ms: number): string {
  return shownOnAxis(ms).slice(0, 10);
}

/** The time of day in New York, `10:41`. */
export function newYorkMinute(ms: number): string {
  return shownOnAxis(ms).slice(11, 16);
}

/** The time of day in New York, with the date if that is not today's: `10:41`, `2026-11-23 15:59`. */
export function newYorkTime(ms: number, nowMs: number): string {
  const date = newYorkDate(ms);
  return date === newYorkDate(nowMs) ? newYorkMinute(ms) : `${date} ${newYorkMinute(ms)}`;
}

/** The time of day in New York, `10:41:07`. */
export function newYorkSecond(ms: number): string {
  return shownOnAxis(ms).slice(11, 19);
}

function shownOnAxis(ms: number): string {
  return new Date(ms + newYorkOffsetMs(ms)).toISOString();
}
