/** Time over which the rate is averaged, in milliseconds: over one second it would jump. */
const RATE_WINDOW_MS = 3_000;

/** Measures the rate of a counter that is read now and then. */
export class RateMeter {
  readonly #samples: { readonly atMs: number; readonly count: number }[] = [];

  /** Returns how much the counter grew per second. */
  perSecond(count: number): number {
    const atMs = performance.now();
    this.#samples.push({ atMs, count });
    while (this.#samples.length > 2 && (this.#samples[0]?.atMs ?? atMs) < atMs - RATE_WINDOW_MS) this.#samples.shift();
    const first = this.#samples[0];
    if (first === undefined || atMs - first.atMs < 1) return 0;
    return ((count - first.count) * 1000) / (atMs - first.atMs);
  }
}
