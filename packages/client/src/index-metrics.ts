// Prometheus

export { type MetricsSource, type MetricsSources, metricsText } from "./metrics/metrics-text.ts";
export { PROMETHEUS_TYPE } from "./metrics/prometheus-text.ts";

// For a program that adds metrics of its own

export { type Labelled, type Metric, type Sample, samplesBy } from "./metrics/metric.ts";
export { prometheusText } from "./metrics/prometheus-text.ts";
export { STREAM_METRICS } from "./metrics/stream-metrics.ts";
