const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

/** Formats a count: `441,333`. */
export function showCount(count: number): string {
  return whole.format(count);
}

/** Formats a count with its noun: `1 record`, `2 records`. */
export function counted(count: number, noun: string): string {
  return `${showCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** Formats a large count in few characters: `12.3K`. */
export function showCompact(count: number): string {
  return count < 10_000 ? String(count) : compact.format(count);
}

/** Formats a number of bytes with two or three digits: `0 B`, `4.2 MB`, `231 GB`. */
export function showBytes(byteLength: number): string {
  let value = byteLength;
  for (const unit of ["B", "kB", "MB", "GB"]) {
    if (value < 999.5) return `${value < 9.95 && unit !== "B" ? value.toFixed(1) : Math.round(value)} ${unit}`;
    value /= 1000;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} TB`;
}

/** Formats a price in US dollars with two decimals, or with four if two are not exact. */
export function showPrice(price: number): string {
  const isWholeCents = Math.abs(price * 100 - Math.round(price * 100)) < 1e-6;
  return price.toFixed(isWholeCents && price >= 1 ? 2 : 4);
}

const UNITS: readonly (readonly [limitMs: number, unitMs: number, unit: string])[] = [
  [1_000, 1, "ms"],
  [100_000, 1_000, "s"],
  [100 * 60_000, 60_000, "min"],
  [48 * 3_600_000, 3_600_000, "h"],
  [Number.POSITIVE_INFINITY, 86_400_000, "d"],
];

/** Longest duration to format: longer than between any two times of records. */
const MAX_SHOWN_MS = 10_000 * 365 * 86_400_000;

/** Formats a duration with two or three digits: `0.4 ms`, `12 s`, `373 d`. */
export function showDuration(durationMs: number): string {
  if (durationMs > MAX_SHOWN_MS) return "over 10,000 years";
  const [, unitMs, unit] = UNITS.find(([limitMs]) => durationMs < limitMs) ?? [0, 86_400_000, "d"];
  const value = durationMs / unitMs;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}
