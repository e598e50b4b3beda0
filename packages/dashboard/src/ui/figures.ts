const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** Shown for a value that is not known. */
export const UNKNOWN = "–";

/** A price in dollars: two decimals, four under $1 and for sub-penny prices. */
export function price(value: number | undefined): string {
  if (value === undefined) return UNKNOWN;
  return value.toFixed(Math.abs(value) < 1 || !isWholeCents(value) ? 4 : 2);
}

/** An amount of dollars, with a true minus: `0.01`, `−0.01`, `0.0050`. */
export function dollars(value: number): string {
  const size = Math.abs(value);
  return `${value < 0 ? "−" : ""}${size.toFixed(isWholeCents(size) ? 2 : 4)}`;
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
  if (value === undefined || before === undefined || before === 0) return undefined;
  return ((value - before) / before) * 100;
}

/** A number of shares or of records: `18,412`. */
export function count(value: number | undefined): string {
  return value === undefined ? UNKNOWN : WHOLE.format(value);
}

/** A volume in three digits: `9.84M`, `18.4K`, `812`. */
export function volume(value: number | undefined): string {
  if (value === undefined) return UNKNOWN;
  if (value >= 999_500_000) return `${threeDigits(value / 1e9)}B`;
  if (value >= 999_500) return `${threeDigits(value / 1e6)}M`;
  if (value >= 1000) return `${threeDigits(value / 1e3)}K`;
  return WHOLE.format(value);
}

/** An age that ticks: `0.18 s`, `14.2 s`, `1 m 12 s`, `1 h 11 m`. */
export function age(ms: number | undefined): string {
  if (ms === undefined) return UNKNOWN;
  const positive = Math.max(0, ms);
  if (positive < 1000) return `${(positive / 1000).toFixed(2)} s`;
  if (positive < 59_950) return `${(positive / 1000).toFixed(1)} s`;
  return duration(positive);
}

/** A length of time in whole seconds: `12 s`, `1 m 12 s`, `1 h 11 m`. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} m ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} m`;
}

function threeDigits(value: number): string {
  return value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

function isWholeCents(amount: number): boolean {
  const cents = amount * 100;
  return Math.abs(cents - Math.round(cents)) < 1e-6;
}
