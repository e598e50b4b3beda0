import { AggregationTemporality, MeterProvider, MetricReader } from "@opentelemetry/sdk-metrics";
import { STREAM_METRICS } from "@tickerplant/client/metrics";
import { expect, onTestFinished, test } from "vitest";
import { registerMetrics } from "../../src/index-otel.ts";
import { GATEWAY_METRICS } from "../../src/metrics/gateway-metrics.ts";
import { fullReport } from "./support/full-report.ts";

/** Collects when the test asks for it. */
class Reader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

test("OpenTelemetry collects each metric of a gateway and of its streams upstream, with the same values", async () => {
  const reader = new Reader({ aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE });
  const provider = new MeterProvider({ readers: [reader] });
  onTestFinished(() => provider.shutdown());
  registerMetrics(provider.getMeter("test"), { report: () => fullReport() });
  const { resourceMetrics } = await reader.collect();
  const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
  const names = [...GATEWAY_METRICS, ...STREAM_METRICS].map(({ name }) => name);
  expect(metrics.map(({ descriptor }) => descriptor.name).sort()).toEqual(names.sort());
  const gaps = metrics.find(({ descriptor }) => descriptor.name === "tickerplant_gaps");
  expect(gaps?.dataPoints.map(({ attributes, value }) => ({ attributes, value }))).toEqual([
    { attributes: { feed: "sip", cause: "connection_lost" }, value: 2 },
  ]);
});
