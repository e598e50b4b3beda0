import type { StreamMetrics } from "@tickerplant/client";
import { HEALTH_SECONDS } from "../limits.ts";

/** The figures of one second. */
export interface HealthSample {
  /** Records of each channel. */
  readonly records: Readonly<Record<string, number>>;
  readonly lagP50Ms: number;
  readonly lagP99Ms: number;
}

/** The figures of a stream over ten minutes, a sample each second. */
export class HealthHistory {
  #samples: HealthSample[] = [];
  #before: Readonly<Record<string, number>> = {};

  /** Oldest first. */
  get samples(): readonly HealthSample[] {
    return this.#samples;
  }

  /** Adds the second that has passed. */
  sample({ records, lag }: StreamMetrics): void {
    const counts = Object.entries(records).map(([channel, count]) => [channel, count - (this.#before[channel] ?? 0)]);
    this.#before = records;
    this.#samples.push({ records: Object.fromEntries(counts), lagP50Ms: lag.p50, lagP99Ms: lag.p99 });
    if (this.#samples.length > HEALTH_SECONDS) this.#samples.shift();
  }
}
