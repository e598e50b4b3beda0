const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

/** A count for people: `441,333`. */
export function showCount(count: number): string {
  return whole.format(count);
}

/** A count with its noun: `1 record`, `2 records`. */
export function counted(count: number, what: string): string {
  return `${showCount(count)} ${what}${count === 1 ? "" : "s"}`;
}

/** A large count in few places: `12.3K`. */
export function showCompact(count: number): string {
  return count < 10_000 ? String(count) : compact.format(count);
}

/** A price in US dollars: cents, or four digits where cents do not say it. */
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

/** Longest duration that is shown: beyond all times that records can have. */
const MAX_SHOWN_MS = 10_000 * 365 * 86_400_000;

/** A duration in two or three digits: `0.4 ms`, `12 s`, `373 d`. */
export function showDuration(durationMs: number): string {
  if (durationMs > MAX_SHOWN_MS) return "over 10,000 years";
  const [, unitMs, unit] = UNITS.find(([limitMs]) => durationMs < limitMs) ?? [0, 86_400_000, "d"];
  const value = durationMs / unitMs;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}
