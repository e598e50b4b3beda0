import { kindOf } from "../checks/shown-value.ts";
import type { StreamMetrics } from "../stream/metrics.ts";
import type { Labelled } from "./metric.ts";
import { prometheusText } from "./prometheus-text.ts";
import { STREAM_METRICS } from "./stream-metrics.ts";

/** What has the counters of a stream: a `StockDataStream`, or a `CryptoDataStream`. */
export interface MetricsSource {
  readonly metrics: StreamMetrics;
}

/** One stream, or several by the names that their label `stream` has. */
export type MetricsSources = MetricsSource | Readonly<Record<string, MetricsSource>>;

/**
 * Returns the counters of a stream in Prometheus' text format, for a path that Prometheus scrapes. They are read during
 * the call; between calls nothing is counted for it. No label has a symbol or a key.
 *
 * Several streams are passed in one call, as an object: the format has each metric once. Their names become the label
 * `stream`.
 *
 * @throws TypeError for a value that is neither.
 * @example
 * ```ts
 * createServer((_, response) => response.end(metricsText(stream))).listen(9464);
 * ```
 */
export function metricsText(streams: MetricsSources): string {
  return prometheusText(STREAM_METRICS, labelledMetrics(streams));
}

/** Returns the counters of now of each stream. */
export function labelledMetrics(streams: MetricsSources): Labelled<StreamMetrics>[] {
  if (isSource(streams)) return [{ labels: {}, source: streams.metrics }];
  if (typeof streams !== "object" || streams === null) throw wrongSource(streams);
  return Object.entries(streams).map(([name, stream]) => {
    if (!isSource(stream)) throw wrongSource(stream);
    return { labels: { stream: name }, source: stream.metrics };
  });
}

/** A stream of several may have the name `metrics`, so that its counters decide. */
function isSource(value: unknown): value is MetricsSource {
  return typeof (value as Partial<MetricsSource> | null | undefined)?.metrics?.recordCount === "number";
}

function wrongSource(value: unknown): TypeError {
  return new TypeError(`expected a stream, or an object of streams such as { live, test }, got ${kindOf(value)}`);
}
