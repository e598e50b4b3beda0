/** Shown for a value that is not known: never 0, never blank. */
export const UNKNOWN = "–";

const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const TIME = new Intl.DateTimeFormat("en-GB", {
  timeZone: "America/New_York",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const DAY = new Intl.DateTimeFormat("en-GB", { timeZone: "America/New_York", day: "numeric", month: "short" });

/** A count: `12,500`. */
export function count(value: number | undefined): string {
  return isKnown(value) ? WHOLE.format(value) : UNKNOWN;
}

/** Records a second: whole from 10 on, one decimal below; `0` only for no record at all. */
export function rate(value: number | undefined): string {
  if (!isKnown(value)) return UNKNOWN;
  if (value === 0) return "0";
  if (value < 9.95 && Number.isInteger(value)) return String(value);
  return value < 9.95 ? Math.max(0.1, value).toFixed(1) : WHOLE.format(value);
}

/** Milliseconds without the unit: one decimal below 100. */
export function milliseconds(value: number | undefined): string {
  if (!isKnown(value)) return UNKNOWN;
  return Math.abs(value) < 99.95 ? value.toFixed(1).replace("-", "−") : WHOLE.format(value).replace("-", "−");
}

/** A length of time: `2.1 ms`, `0.8 s`, `12 s`, `1 m 12 s`, `22 m`, `1 h 11 m`, `3 d 4 h`. */
export function duration(ms: number | undefined): string {
  if (!isKnown(ms)) return UNKNOWN;
  if (ms < 99.95) return `${ms.toFixed(1)} ms`;
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return `${minutes} m ${seconds % 60} s`;
  if (minutes < 60) return `${minutes} m`;
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${minutes % 60} m`;
  return `${Math.floor(minutes / 1440)} d ${Math.floor(minutes / 60) % 24} h`;
}

/** A size in decimal units: `0`, `812 B`, `1.2 kB`, `6.8 MB`, `4.81 GB`. */
export function bytes(value: number | undefined): string {
  if (!isKnown(value)) return UNKNOWN;
  if (value === 0) return "0";
  if (value < 1000) return `${value} B`;
  if (value < 1e6) return `${shortest(value / 1e3)} kB`;
  if (value < 1e9) return `${shortest(value / 1e6)} MB`;
  return `${(value / 1e9).toFixed(2)} GB`;
}

/** A time in New York, `10:41:07`; with the day where that is not today's. */
export function time(ms: number, nowMs: number): string {
  const clock = TIME.format(ms);
  return DAY.format(ms) === DAY.format(nowMs) ? clock : `${DAY.format(ms)} ${clock}`;
}

/** A range of times, `10:31:04 – 10:33:58`, or up to `now`. */
export function timeRange(fromMs: number, toMs: number | undefined, nowMs: number): string {
  return `${time(fromMs, nowMs)} – ${toMs === undefined ? "now" : TIME.format(toMs)}`;
}

/** A number with its noun: `1 gap`, `3 gaps`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

function shortest(value: number): string {
  return value < 99.5 ? value.toFixed(1) : value.toFixed(0);
}

function isKnown(value: number | undefined): value is number {
  return value !== undefined && !Number.isNaN(value);
}
