import type { Attributes, BatchObservableResult, Meter, Observable } from "@opentelemetry/api";
import { type Labelled, type Metric, samplesOf } from "./metric.ts";

/** Removes what was registered. */
export type Unregister = () => void;

/**
 * Makes one observable instrument for each metric, and observes all in one callback: what is read at a collection is of
 * one moment. `read` is called once for each collection.
 */
export function registerAll<Source>(
  meter: Meter,
  metrics: readonly Metric<Source>[],
  read: () => readonly Labelled<Source>[],
): Unregister {
  const instruments = new Map(metrics.map((metric) => [metric, instrumentOf(meter, metric)]));
  const observe = (result: BatchObservableResult<Attributes>): void => {
    const sources = read();
    for (const [metric, instrument] of instruments)
      for (const { value, labels = {} } of samplesOf(metric, sources)) result.observe(instrument, value, labels);
  };
  const observed = [...instruments.values()];
  meter.addBatchObservableCallback(observe, observed);
  return () => meter.removeBatchObservableCallback(observe, observed);
}

/** An exporter for Prometheus adds `_total` to counters, so that both have the same names there. */
function instrumentOf(meter: Meter, { name, type, help }: Metric<never>): Observable {
  const options = { description: help, unit: unitOf(name) };
  return type === "counter" ? meter.createObservableCounter(name, options) : meter.createObservableGauge(name, options);
}

/** The unit in UCUM. Source: opentelemetry.io/docs/specs/semconv/general/metrics, "Instrument units". */
function unitOf(name: string): string {
  if (name.endsWith("_seconds")) return "s";
  return name.endsWith("_bytes") ? "By" : "1";
}
