/** Each power of two of microseconds is cut into this many steps: a reading is at most 6 % too high. */
const STEPS = 16;
const STEP_BITS = 4;
const BUCKETS = 64 * STEPS;

/** Receive time minus the record's time, in milliseconds. */
export interface LagSummary {
  /** Half of the records came with less lag. */
  readonly p50: number;
  /** All but one in a hundred came with less. */
  readonly p99: number;
  /** The largest. */
  readonly max: number;
}

/** Counts lags into buckets of growing width: constant time and memory, whatever comes. */
export class LagHistogram {
  readonly #counts = new Float64Array(BUCKETS);
  #total = 0;
  #maxMs = 0;
  /** The lag added last, and its bucket: the records of a frame have nearly always the same. */
  #lastMs = 0;
  #lastBucket = 0;

  /** Adds one lag. A clock that is behind gives negative ones: they count as 0. */
  add(lagMs: number): void {
    this.#total++;
    if (lagMs !== this.#lastMs) {
      this.#lastMs = lagMs;
      this.#lastBucket = bucketOf(lagMs);
      if (lagMs > this.#maxMs) this.#maxMs = lagMs;
    }
    const bucket = this.#lastBucket;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
  }

  /** The lags so far; zeros while there are none. */
  summary(): LagSummary {
    return { p50: this.#quantile(0.5), p99: this.#quantile(0.99), max: this.#maxMs };
  }

  #quantile(share: number): number {
    let left = share * this.#total;
    if (left === 0) return 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= this.#counts[bucket] ?? 0;
      if (left <= 0) return Math.min(upperEdgeMs(bucket), this.#maxMs);
    }
    return this.#maxMs;
  }
}

function bucketOf(lagMs: number): number {
  const micros = lagMs * 1000;
  if (!(micros >= STEPS)) return micros > 0 ? Math.floor(micros) : 0;
  // Beyond 31 bits of microseconds (36 minutes) count in units of 2^20 microseconds instead.
  const isLarge = micros >= 2 ** 31;
  const value = isLarge ? Math.min(Math.floor(micros / 2 ** 20), 2 ** 31 - 1) : Math.floor(micros);
  const power = 31 - Math.clz32(value);
  const step = (value >>> (power - STEP_BITS)) & (STEPS - 1);
  return (power - STEP_BITS + 1 + (isLarge ? 20 : 0)) * STEPS + step;
}

function upperEdgeMs(bucket: number): number {
  if (bucket < STEPS) return (bucket + 1) / 1000;
  const power = Math.floor(bucket / STEPS) - 1 + STEP_BITS;
  return ((STEPS + (bucket % STEPS) + 1) * 2 ** (power - STEP_BITS)) / 1000;
}
