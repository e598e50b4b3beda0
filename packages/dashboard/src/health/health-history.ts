import type { Channel, StreamMetrics } from "@tickerplant/client";
import * as LIMITS from "./limits.ts";
import { mean, Samples } from "./samples.ts";

/** The channels that the health tab shows, in its order, with their names on the page. */
export const SHOWN_CHANNELS: readonly (readonly [Channel, string])[] = [
  ["trades", "Trades"],
  ["quotes", "Quotes"],
  ["bars", "Bars"],
  ["lulds", "LULD"],
  ["statuses", "Statuses"],
];

/** What a sample reads of a stream's counters. */
export type SampledMetrics = Pick<StreamMetrics<Channel>, "records" | "recordCount" | "lag">;

/** Rates and lag of the last ten minutes, from a stream's counters, sampled once a second. */
export class HealthHistory {
  readonly rates: ReadonlyMap<Channel, Samples> = new Map(SHOWN_CHANNELS.map(([channel]) => [channel, new Samples()]));
  /** Records of all channels, those that are not shown included. */
  readonly total: Samples = new Samples();
  readonly p50: Samples = new Samples();
  readonly p99: Samples = new Samples();
  #before: { readonly records: Readonly<Record<Channel, number>>; readonly recordCount: number } | undefined;
  #sampledAtMs = 0;

  /**
   * Adds a sample. A timer that fires late (a tab in the background) counts the records of all seconds since the last
   * sample, so the rate is spread over those seconds.
   *
   * @param nowMs the monotonic clock
   * @param isConnected whether records can come: without a connection the lag is not known
   */
  sample({ records, recordCount, lag }: SampledMetrics, nowMs: number, isConnected: boolean): void {
    const before = this.#before;
    const elapsedMs = nowMs - this.#sampledAtMs;
    const seconds = Math.min(LIMITS.historySeconds, Math.max(1, Math.round(elapsedMs / 1000)));
    const rate = (now: number, then: number | undefined): number =>
      then === undefined || elapsedMs <= 0 ? Number.NaN : ((now - then) / elapsedMs) * 1000;
    // All zero without a record in the last minute, and with a clock that is behind: neither is a lag.
    const { p50, p99 } = isConnected && lag.max > 0 ? lag : { p50: Number.NaN, p99: Number.NaN };
    for (let second = 0; second < seconds; second++) {
      if (before === undefined && second > 0) break;
      for (const [channel, samples] of this.rates) samples.push(rate(records[channel], before?.records[channel]));
      this.total.push(rate(recordCount, before?.recordCount));
      this.p50.push(p50);
      this.p99.push(p99);
    }
    this.#before = { records: { ...records }, recordCount };
    this.#sampledAtMs = nowMs;
  }
}

/** The rate of now: the mean of the last seconds. Undefined before the first two samples. */
export function rateNow(samples: Samples): number | undefined {
  return mean(samples.known(LIMITS.rateSeconds));
}
