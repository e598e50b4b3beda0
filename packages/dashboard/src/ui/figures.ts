const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const SHARES = new Intl.NumberFormat("en-US", { maximumFractionDigits: 4 });
const CENTS = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const SUB_PENNY = new Intl.NumberFormat("en-US", { minimumFractionDigits: 4, maximumFractionDigits: 4 });

/** Shown for a value that is not known: never 0, never blank. */
export const UNKNOWN = "–";

/** A price in dollars: `1,234.50`; four decimals under $1 and for sub-penny prices. */
export function price(value: number | undefined): string {
  if (!isKnown(value)) return UNKNOWN;
  return withDecimals(value, Math.abs(value) < 1 || !isWholeCents(value) ? 4 : 2);
}

/** An amount of dollars, with a true minus: `0.01`, `−0.01`, `0.0050`. */
export function dollars(value: number | undefined): string {
  if (!isKnown(value)) return UNKNOWN;
  return withDecimals(value, isWholeCents(value) ? 2 : 4);
}

/** A change against a previous price: `▲ +1.52 (+6.42%)`. */
export function change(value: number | undefined, before: number | undefined): string {
  const percent = percentOf(value, before);
  if (percent === undefined) return UNKNOWN;
  const amount = Number(value) - Number(before);
  const sign = amount > 0 ? "+" : amount < 0 ? "−" : "";
  return `${arrow(amount)} ${sign}${dollars(Math.abs(amount))} (${sign}${Math.abs(percent).toFixed(2)}%)`;
}

/** A change in percent, with its sign: `▲ +0.34%`, `▼ −1.27%`, `· 0.00%`. */
export function percentChange(value: number | undefined, before: number | undefined): string {
  const percent = percentOf(value, before);
  if (percent === undefined) return UNKNOWN;
  const figure = `${Math.abs(percent).toFixed(2)}%`;
  return figure === "0.00%" ? `· ${figure}` : percent > 0 ? `▲ +${figure}` : `▼ −${figure}`;
}

/** A change in percent; undefined if a price is not known. */
export function percentOf(value: number | undefined, before: number | undefined): number | undefined {
  if (!isKnown(value) || !isKnown(before) || before === 0) return undefined;
  return ((value - before) / before) * 100;
}

/** The sign of a change: `▲`, `▼` or `·`. */
export function arrow(amount: number): string {
  return amount > 0 ? "▲" : amount < 0 ? "▼" : "·";
}

/** A number of shares or of records: `18,412`. */
export function count(value: number | undefined): string {
  return isKnown(value) ? WHOLE.format(value) : UNKNOWN;
}

/** A number of shares, with parts of a share: `12,500`, `0.25`. */
export function shares(value: number | undefined): string {
  return isKnown(value) ? SHARES.format(value) : UNKNOWN;
}

/** A number with its noun: `1 gap`, `3 gaps`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** A volume in three digits: `9.84M`, `18.4K`, `812`. */
export function volume(value: number | undefined): string {
  if (!isKnown(value)) return UNKNOWN;
  if (value >= 999_500_000) return `${threeDigits(value / 1e9)}B`;
  if (value >= 999_500) return `${threeDigits(value / 1e6)}M`;
  if (value >= 1000) return `${threeDigits(value / 1e3)}K`;
  return WHOLE.format(value);
}

/** Records a second: whole from 10 on, one decimal below; `0` only for no record at all. */
export function rate(value: number | undefined): string {
  if (!isKnown(value)) return UNKNOWN;
  if (value >= 9.95 || Number.isInteger(value)) return WHOLE.format(value);
  return Math.max(0.1, value).toFixed(1);
}

/** Milliseconds without the unit: one decimal below 100. */
export function milliseconds(value: number | undefined): string {
  if (!isKnown(value)) return UNKNOWN;
  return withMinus(Math.abs(value) < 99.95 ? value.toFixed(1) : WHOLE.format(value));
}

/** A size in decimal units: `0`, `812 B`, `1.2 kB`, `6.8 MB`, `4.81 GB`. */
export function bytes(value: number | undefined): string {
  if (!isKnown(value)) return UNKNOWN;
  if (value === 0) return "0";
  if (value < 1000) return `${value} B`;
  if (value < 1e6) return `${twoDigits(value / 1e3)} kB`;
  if (value < 1e9) return `${twoDigits(value / 1e6)} MB`;
  return `${(value / 1e9).toFixed(2)} GB`;
}

/** An age that ticks: `0.18 s`, `9.4 s`, `12 s`, `1 m 12 s`. */
export function age(ms: number | undefined): string {
  if (!isKnown(ms)) return UNKNOWN;
  return ms < 995 ? `${(Math.max(0, ms) / 1000).toFixed(2)} s` : duration(ms);
}

/** A length of time: `2.1 ms`, `0.8 s`, `12 s`, `1 m 12 s`, `22 m`, `1 h 11 m`, `3 d 4 h`. */
export function duration(ms: number | undefined): string {
  if (!isKnown(ms)) return UNKNOWN;
  if (ms < 99.95) return `${Math.max(0, ms).toFixed(1)} ms`;
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return `${minutes} m ${seconds % 60} s`;
  if (minutes < 60) return `${minutes} m`;
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${minutes % 60} m`;
  return `${Math.floor(minutes / 1440)} d ${Math.floor(minutes / 60) % 24} h`;
}

function isKnown(value: number | undefined): value is number {
  return value !== undefined && !Number.isNaN(value);
}

function isWholeCents(amount: number): boolean {
  const cents = amount * 100;
  return Math.abs(cents - Math.round(cents)) < 1e-6;
}

/** Small amounts need no separator, and `toFixed` takes a fifth of the formatter's time: quotes draw thousands a second. */
function withDecimals(value: number, digits: 2 | 4): string {
  if (Math.abs(value) < 999) return withMinus(value.toFixed(digits));
  return withMinus((digits === 2 ? CENTS : SUB_PENNY).format(value));
}

function withMinus(figure: string): string {
  return figure.replace("-", "−");
}

function threeDigits(value: number): string {
  return value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

function twoDigits(value: number): string {
  return value.toFixed(value < 99.5 ? 1 : 0);
}
