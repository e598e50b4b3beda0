import * as LIMITS from "./limits.ts";

/** The last ten minutes of one figure, one value a second; `NaN` where it is not known. */
export class Samples {
  readonly #ring = new Float64Array(LIMITS.historySeconds).fill(Number.NaN);
  #next = 0;

  /** Adds the value of a second and drops that of ten minutes ago. */
  push(value: number): void {
    this.#ring[this.#next] = value;
    this.#next = (this.#next + 1) % this.#ring.length;
  }

  /** All values, oldest first. */
  values(): number[] {
    return [...this.#ring.subarray(this.#next), ...this.#ring.subarray(0, this.#next)];
  }

  /** The known values of the last seconds. */
  known(seconds: number = LIMITS.historySeconds): number[] {
    return this.values()
      .slice(-seconds)
      .filter((value) => !Number.isNaN(value));
  }
}

/** The mean of values; undefined for none. */
export function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The smallest and the largest value; undefined for none. */
export function extent(values: readonly number[]): readonly [number, number] | undefined {
  return values.length === 0 ? undefined : [Math.min(...values), Math.max(...values)];
}

/**
 * Values in fewer, equal bins, each the largest of its bin, so that a spike of one second stays visible. A bin
 * without a known value is `NaN`.
 */
export function binned(values: readonly number[], bins: number): number[] {
  const size = values.length / bins;
  return Array.from({ length: bins }, (_, bin) => {
    const part = values.slice(Math.floor(bin * size), Math.floor((bin + 1) * size));
    return extent(part.filter((value) => !Number.isNaN(value)))?.[1] ?? Number.NaN;
  });
}
