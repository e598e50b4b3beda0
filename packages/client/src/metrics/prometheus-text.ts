import { type Labelled, type Metric, type Sample, samplesOf } from "./metric.ts";

/** The content type of the text. Source: prometheus.io/docs/instrumenting/exposition_formats. */
export const PROMETHEUS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/**
 * Writes metrics in Prometheus' text format, one group of lines for each metric that has a value.
 * Source: prometheus.io/docs/instrumenting/exposition_formats.
 */
export function prometheusText<Source>(
  metrics: readonly Metric<Source>[],
  sources: readonly Labelled<Source>[],
): string {
  return metrics.map((metric) => groupOf(metric, samplesOf(metric, sources))).join("");
}

function groupOf(
  { name, type, help }: Pick<Metric<never>, "name" | "type" | "help">,
  samples: readonly Sample[],
): string {
  if (samples.length === 0) return "";
  const fullName = type === "counter" ? `${name}_total` : name;
  const lines = samples.map(({ labels = {}, value }) => `${fullName}${labelsOf(labels)} ${value}\n`);
  return `# HELP ${fullName} ${escapeHelp(help)}\n# TYPE ${fullName} ${type}\n${lines.join("")}`;
}

function labelsOf(labels: Readonly<Record<string, string>>): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeLabel(value: string): string {
  return escapeHelp(value).replaceAll('"', '\\"');
}
