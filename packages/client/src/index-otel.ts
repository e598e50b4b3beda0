import type { Meter } from "@opentelemetry/api";
import { labelledMetrics, type MetricsSources } from "./metrics/metrics-text.ts";
import { registerAll, type Unregister } from "./metrics/register-metrics.ts";
import { STREAM_METRICS } from "./metrics/stream-metrics.ts";

export { registerAll, type Unregister } from "./metrics/register-metrics.ts";

/**
 * Registers the counters of a stream with a meter of OpenTelemetry, as observable instruments: they are read when the
 * meter collects, and cost nothing between. Several streams are passed as an object, whose names become the attribute
 * `stream`. Returns a function that removes the registration. Needs the package `@opentelemetry/api`.
 *
 * @throws TypeError for a value that is neither a stream nor an object of streams.
 * @example
 * ```ts
 * registerMetrics(metrics.getMeter("prices"), stream);
 * ```
 */
export function registerMetrics(meter: Meter, streams: MetricsSources): Unregister {
  labelledMetrics(streams); // a wrong argument is an error here, and not at the first collection
  return registerAll(meter, STREAM_METRICS, () => labelledMetrics(streams));
}
