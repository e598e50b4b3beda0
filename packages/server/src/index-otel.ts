import type { Meter } from "@opentelemetry/api";
import { STREAM_METRICS } from "@tickerplant/client/metrics";
import { registerAll, type Unregister } from "@tickerplant/client/otel";
import type { Gateway } from "./gateway/gateway.ts";
import { GATEWAY_METRICS, upstreamMetrics } from "./metrics/gateway-metrics.ts";

export type { Unregister } from "@tickerplant/client/otel";

/**
 * Registers what a gateway counts with a meter of OpenTelemetry, as observable instruments: values are read when the
 * meter collects, and cost nothing between. Returns a function that removes the registration. Needs the package
 * `@opentelemetry/api`.
 *
 * @example
 * ```ts
 * registerMetrics(metrics.getMeter("gateway"), gateway);
 * ```
 */
export function registerMetrics(meter: Meter, gateway: Pick<Gateway, "report">): Unregister {
  const removeGateway = registerAll(meter, GATEWAY_METRICS, () => [{ labels: {}, source: gateway.report() }]);
  const removeStreams = registerAll(meter, STREAM_METRICS, () => upstreamMetrics(gateway.report()));
  return () => {
    removeGateway();
    removeStreams();
  };
}
