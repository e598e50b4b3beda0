import * as LIMITS from "../limits.ts";

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

/** Counts of lags in buckets of growing width: constant time and memory for any input. */
class LagHistogram {
  readonly counts = new Float64Array(BUCKETS);
  maxMs = 0;

  add(lagMs: number, times: number): void {
    const bucket = bucketOf(lagMs);
    this.counts[bucket] = (this.counts[bucket] ?? 0) + times;
    this.maxMs = Math.max(this.maxMs, lagMs);
  }

  addAll(other: LagHistogram): void {
    for (let bucket = 0; bucket < BUCKETS; bucket++)
      this.counts[bucket] = (this.counts[bucket] ?? 0) + (other.counts[bucket] ?? 0);
    this.maxMs = Math.max(this.maxMs, other.maxMs);
  }

  clear(): void {
    this.counts.fill(0);
    this.maxMs = 0;
  }

  summary(): LagSummary {
    const total = this.counts.reduce((sum, count) => sum + count, 0);
    return { p50: this.#quantile(0.5 * total), p99: this.#quantile(0.99 * total), max: this.maxMs };
  }

  #quantile(rank: number): number {
    if (rank === 0) return 0;
    let left = rank;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= this.counts[bucket] ?? 0;
      if (left <= 0) return Math.min(upperEdgeMs(bucket), this.maxMs);
    }
    return this.maxMs;
  }
}

/** Lags of the last minute, and of all time: a ring of histograms, and one for what left the ring. */
export class LagWindow {
  readonly #ring = Array.from({ length: LIMITS.lagWindowSteps }, () => new LagHistogram());
  readonly #past = new LagHistogram();
  #current = this.#ring[0] as LagHistogram; // the ring is never empty
  #step = 0;
  /** When the current step ends, by the monotonic clock. */
  #stepEndMs = Number.NEGATIVE_INFINITY;
  /** The lag added last, and how often since the last flush: most records of a frame have the same lag. */
  #lastMs = 0;
  #repeats = 0;

  /** Adds one lag. A clock that is behind gives negative ones: they count as 0. NaN is not counted. */
  add(lagMs: number): void {
    if (lagMs !== this.#lastMs) {
      if (Number.isNaN(lagMs)) return;
      this.#flush();
      this.#lastMs = lagMs;
    }
    this.#repeats++;
  }

  /** The monotonic clock is at `atMs`: the window moves on. */
  move(atMs: number): void {
    if (atMs < this.#stepEndMs) return;
    const stepMs = LIMITS.lagWindowMs / LIMITS.lagWindowSteps;
    // After a long silence all steps are over; a full turn empties the ring.
    const isFirst = this.#stepEndMs === Number.NEGATIVE_INFINITY;
    const passed = isFirst ? 0 : Math.floor((atMs - this.#stepEndMs) / stepMs) + 1;
    for (let turn = Math.min(passed, LIMITS.lagWindowSteps); turn > 0; turn--) this.#turn();
    this.#stepEndMs = isFirst ? atMs + stepMs : this.#stepEndMs + passed * stepMs;
  }

  /** The lags of the last minute, to a sixth of it; zeros while there are none. */
  recent(): LagSummary {
    return this.#sum(new LagHistogram()).summary();
  }

  /** All lags since the start; zeros while there are none. */
  sinceStart(): LagSummary {
    const all = new LagHistogram();
    all.addAll(this.#past);
    return this.#sum(all).summary();
  }

  #sum(sum: LagHistogram): LagHistogram {
    this.#flush();
    for (const histogram of this.#ring) sum.addAll(histogram);
    return sum;
  }

  /** Moves the repeats of the last lag to the current step. */
  #flush(): void {
    if (this.#repeats === 0) return;
    this.#current.add(this.#lastMs, this.#repeats);
    this.#repeats = 0;
  }

  #turn(): void {
    this.#flush();
    this.#step = (this.#step + 1) % LIMITS.lagWindowSteps;
    this.#current = this.#ring[this.#step] as LagHistogram; // within the ring
    this.#past.addAll(this.#current);
    this.#current.clear();
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
