import { AggregationTemporality, MeterProvider, MetricReader } from "@opentelemetry/sdk-metrics";
import { expect, onTestFinished, test } from "vitest";
import { trade } from "../../../../verify/shared/records.ts";
import { STREAM_METRICS } from "../../src/index-metrics.ts";
import { registerMetrics } from "../../src/index-otel.ts";
import { open } from "../support/stream.ts";

/** Collects when the test asks for it. */
class Reader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

function setUp() {
  const reader = new Reader({ aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE });
  const provider = new MeterProvider({ readers: [reader] });
  onTestFinished(() => provider.shutdown());
  const collected = async () => {
    const { resourceMetrics } = await reader.collect();
    return resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics);
  };
  return { meter: provider.getMeter("test"), collected };
}

test("OpenTelemetry collects a stream's counters of the moment, with units, until they are unregistered", async () => {
  const { meter, collected } = setUp();
  const { stream, serving, clock } = open();
  const unregister = registerMetrics(meter, stream);
  const session = await serving();
  session.records(trade("A"), trade("B"));
  await clock.settle();
  const metrics = await collected();
  const records = metrics.find(({ descriptor }) => descriptor.name === "tickerplant_stream_records");
  expect(records?.dataPoints.find(({ attributes }) => attributes.channel === "trades")?.value).toBe(2);
  const bytes = metrics.find(({ descriptor }) => descriptor.name === "tickerplant_stream_received_bytes");
  expect(bytes?.descriptor.unit).toBe("By");
  expect(bytes?.dataPoints[0]?.value).toBe(stream.metrics.bytes);
  unregister();
  session.records(trade("A"));
  await clock.settle();
  const later = (await collected()).find(({ descriptor }) => descriptor.name === "tickerplant_stream_records");
  expect(later?.dataPoints.find(({ attributes }) => attributes.channel === "trades")?.value).toBe(2); // the SDK keeps it
});

test("OpenTelemetry gets each metric of the text, by one description", async () => {
  const { meter, collected } = setUp();
  registerMetrics(meter, { first: open().stream, second: open().stream });
  const metrics = await collected();
  const withoutLag = STREAM_METRICS.filter(({ name }) => !name.includes("_lag_"));
  expect(metrics.map(({ descriptor }) => descriptor.name)).toEqual(
    expect.arrayContaining(withoutLag.map(({ name }) => name)),
  );
  for (const { descriptor } of metrics)
    expect(STREAM_METRICS.find(({ name }) => name === descriptor.name)?.help).toBe(descriptor.description);
  const frames = metrics.find(({ descriptor }) => descriptor.name === "tickerplant_stream_frames");
  expect(frames?.dataPoints.map(({ attributes }) => attributes.stream)).toEqual(["first", "second"]);
});

test("registerMetrics rejects a value that is no stream at once", () => {
  expect(() => registerMetrics(setUp().meter, {} as never)).not.toThrow(); // an object of no streams
  expect(() => registerMetrics(setUp().meter, { stocks: 1 } as never)).toThrow(TypeError);
});
