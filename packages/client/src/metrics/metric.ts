/** One value of a metric, and the labels that distinguish it from the metric's other values. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Describes a metric once, for Prometheus and for OpenTelemetry. Values are read from a source when they are asked for. */
export interface Metric<Source> {
  /** In the style of Prometheus, with the unit at the end and without `_total`, such as `tickerplant_stream_frames`. */
  readonly name: string;
  /** A counter only grows, until the program ends; a gauge is a value of now. */
  readonly type: "counter" | "gauge";
  /** What it is, in one sentence. */
  readonly help: string;
  /** Returns its values; none if they are not known. */
  read(source: Source): readonly Sample[];
}

/** A source of values, and the labels that distinguish it from other sources of the same metrics. */
export interface Labelled<Source> {
  readonly labels: Readonly<Record<string, string>>;
  readonly source: Source;
}

/** Returns a metric's values of several sources. */
export function samplesOf<Source>(metric: Metric<Source>, sources: readonly Labelled<Source>[]): Sample[] {
  return sources.flatMap(({ labels, source }) =>
    metric.read(source).map((sample) => ({ value: sample.value, labels: { ...labels, ...sample.labels } })),
  );
}

/** Returns the values of an object as samples, with their names as a label. */
export function samplesBy(label: string, values: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));
}
