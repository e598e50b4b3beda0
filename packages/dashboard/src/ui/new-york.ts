const HOUR_MS = 3_600_000;

const timeZone = "America/New_York";
const DATE = new Intl.DateTimeFormat("en-GB", { timeZone, weekday: "short", day: "numeric", month: "short" });
const HOUR = new Intl.DateTimeFormat("en-US", {
  timeZone,
  hourCycle: "h23",
  year: "numeric",
  month: "numeric",
  day: "numeric",
  hour: "numeric",
});

/** By the hour, since the clocks change on the hour and the formatter takes microseconds. As many as hours are shown. */
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
  for (const { type, value } of HOUR.formatToParts(ms)) shown[type] = Number(value);
  const { year = 1970, month = 1, day = 1, hour = 0 } = shown;
  return Date.UTC(year, month - 1, day, hour) - ms;
}

/** The time of day in New York: `10:41:07`. */
export function clock(ms: number): string {
  return isoTime(ms).slice(11, 19);
}

/** The time of day in New York to the minute: `10:41`. */
export function clockMinute(ms: number): string {
  return isoTime(ms).slice(11, 16);
}

/** The date in New York: `Tue 24 Nov`. */
export function date(ms: number): string {
  return DATE.format(ms).replace(",", "");
}

/** The date in New York in ISO 8601: `2026-11-24`. */
export function isoDate(ms: number): string {
  return isoTime(ms).slice(0, 10);
}

/** The time of day, with the date where that is not today's: `10:41:07`, `23 Nov 15:59:00`. */
export function datedClock(ms: number, nowMs: number): string {
  return `${datePrefix(ms, nowMs)}${clock(ms)}`;
}

/** The minute of the day, with the date where that is not today's: `10:41`, `23 Nov 15:59`. */
export function datedMinute(ms: number, nowMs: number): string {
  return `${datePrefix(ms, nowMs)}${clockMinute(ms)}`;
}

/** A range of times, `10:31:04 – 10:33:58`, or up to `now`. */
export function clockRange(fromMs: number, toMs: number | undefined, nowMs: number): string {
  return `${datedClock(fromMs, nowMs)} – ${toMs === undefined ? "now" : clock(toMs)}`;
}

function datePrefix(ms: number, nowMs: number): string {
  return isoDate(ms) === isoDate(nowMs) ? "" : `${date(ms).slice(4)} `;
}

function isoTime(ms: number): string {
  return new Date(ms + newYorkOffsetMs(ms)).toISOString();
}
