const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** Shown for a value that is not known. */
export const UNKNOWN = "–";

/** A price in dollars: two decimals, four under $1 and for sub-penny prices. */
export function price(value: number | undefined): string {
  if (value === undefined) return UNKNOWN;
  return value.toFixed(value < 1 || !isWholeCents(value) ? 4 : 2);
}

/** A change against a previous price: `▲ +1.52 (+6.42%)`, with a true minus. */
export function change(value: number | undefined, before: number | undefined): string {
  if (value === undefined || before === undefined || before === 0) return UNKNOWN;
  const amount = value - before;
  const size = Math.abs(amount);
  const sign = amount > 0 ? "+" : amount < 0 ? "−" : "";
  const dollars = size.toFixed(isWholeCents(size) ? 2 : 4);
  return `${arrow(amount)} ${sign}${dollars} (${sign}${((size / before) * 100).toFixed(2)}%)`;
}

function isWholeCents(dollars: number): boolean {
  const cents = dollars * 100;
  return Math.abs(cents - Math.round(cents)) < 1e-6;
}

/** The sign of a change: `▲`, `▼` or `·`. */
export function arrow(amount: number): string {
  return amount > 0 ? "▲" : amount < 0 ? "▼" : "·";
}

/** A number of shares: `18,412`. */
export function shares(value: number | undefined): string {
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

function threeDigits(value: number): string {
  return value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

/** A length of time: `0.8 s`, `12 s`, `2 m 54 s`, `22 m`, `1 h 11 m`. */
export function duration(ms: number | undefined): string {
  if (ms === undefined) return UNKNOWN;
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${seconds} s`;
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes} m` : `${minutes} m ${seconds % 60} s`;
  if (minutes < 60) return `${minutes} m`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} m`;
}

/** A number with its noun: `1 gap`, `3 gaps`. */
export function counted(value: number, noun: string): string {
  return `${WHOLE.format(value)} ${noun}${value === 1 ? "" : "s"}`;
}
