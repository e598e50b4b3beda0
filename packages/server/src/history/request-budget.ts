import { HISTORY_LIMITS } from "./limits.ts";

interface Bucket {
  /** Requests that are left. */
  left: number;
  atMs: number;
}

/** Counts requests by key: so many at once, refilled evenly over a minute. */
export class RequestBudget {
  readonly #perMinute: number;
  /** By key, that which asked longest ago first. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /** Counts a request at a time of the monotonic clock. Returns how many are left; undefined if none was. */
  spend(key: string, nowMs: number): number | undefined {
    const bucket = this.#buckets.get(key) ?? { left: this.#perMinute, atMs: nowMs };
    const refill = ((nowMs - bucket.atMs) * this.#perMinute) / 60_000;
    bucket.left = Math.min(this.#perMinute, bucket.left + refill);
    bucket.atMs = nowMs;
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size <= HISTORY_LIMITS.maxCountedKeys) break;
      this.#buckets.delete(oldest);
    }
    if (bucket.left < 1) return undefined;
    bucket.left--;
    return Math.floor(bucket.left);
  }
}
