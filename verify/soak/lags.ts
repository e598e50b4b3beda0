const STEPS_PER_MS = 10;
const MAX_MS = 10_000;

/** A histogram of lags in tenths of a millisecond, up to ten seconds. The stream's own metric counts late trades and bars as well. */
export class Lags {
  readonly #counts = new Float64Array(MAX_MS * STEPS_PER_MS + 1);
  #total = 0;

  /** Adds one lag. */
  add(lagMs: number): void {
    const step = Math.min(Math.max(0, Math.floor(lagMs * STEPS_PER_MS)), MAX_MS * STEPS_PER_MS);
    this.#counts[step] = (this.#counts[step] ?? 0) + 1;
    this.#total++;
  }

  /** The lag that a share of the records did not exceed, in milliseconds. */
  quantile(share: number): number {
    let left = share * this.#total;
    for (const [step, count] of this.#counts.entries()) {
      left -= count;
      if (left <= 0) return (step + 1) / STEPS_PER_MS;
    }
    return MAX_MS;
  }
}
