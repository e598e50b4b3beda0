import type { StreamMetrics } from "@tickerplant/client";
import type { Log } from "./log.ts";
import { showCount, showDuration } from "./numbers.ts";

/** Logs the counters of a stream that has ended after some seconds. */
export function logSummary(metrics: StreamMetrics, log: Log, seconds: number): void {
  const { recordCount, lagSinceStart: lag, dropped, reconnects } = metrics;
  const rate = Math.round(recordCount / seconds);
  log.info(
    `${showCount(recordCount)} records in ${seconds.toFixed(1)} s (${showCount(rate)}/s), ` +
      `lag p50 ${showDuration(lag.p50)} p99 ${showDuration(lag.p99)}, ${showCount(dropped)} dropped`,
    { recordCount, seconds, lagP50Ms: lag.p50, lagP99Ms: lag.p99, dropped, reconnects },
  );
}
