import { VERSION } from "@tickerplant/client";
import { type Metric, prometheusText, STREAM_METRICS } from "@tickerplant/client/metrics";
import type { IngestReport } from "../ingest/ingest-report.ts";
import { BUILD_INFO, UPSTREAM_CONNECTED } from "./gateway-metrics.ts";

/** What an ingest counts, as metrics. The label `feed` is the name that the cluster has for the feed. */
export const INGEST_METRICS: readonly Metric<IngestReport>[] = [
  { ...BUILD_INFO, read: () => [{ labels: { version: VERSION }, value: 1 }] },
  {
    name: "tickerplant_ingest_ready",
    type: "gauge",
    help: "1 if this ingest leads and its source sends, or follows a leader that it sees, otherwise 0: /readyz names the problem.",
    read: byFeed(({ problem }) => (problem === undefined ? 1 : 0)),
  },
  {
    name: "tickerplant_ingest_leader",
    type: "gauge",
    help: "1 if this ingest leads the feed, otherwise 0.",
    read: byFeed(({ role }) => (role === "leader" ? 1 : 0)),
  },
  {
    name: "tickerplant_ingest_epoch",
    type: "gauge",
    help: "Number of the ingest that leads the feed, as this one knows it; 0 before any.",
    read: byFeed(({ epoch }) => epoch),
  },
  {
    name: "tickerplant_ingest_takeovers",
    type: "counter",
    help: "How often this ingest began to lead.",
    read: byFeed(({ takeOverCount }) => takeOverCount),
  },
  {
    name: "tickerplant_ingest_frames",
    type: "counter",
    help: "Frames made for NATS.",
    read: byFeed(({ counts }) => counts.frames),
  },
  {
    name: "tickerplant_ingest_records",
    type: "counter",
    help: "Records in the frames made for NATS.",
    read: byFeed(({ counts }) => counts.records),
  },
  {
    name: "tickerplant_ingest_bytes",
    type: "counter",
    help: "Bytes of the frames made for NATS.",
    read: byFeed(({ counts }) => counts.bytes),
  },
  {
    name: "tickerplant_ingest_resyncs",
    type: "counter",
    help: "How often the end of the stream was read again, because NATS did not acknowledge a frame.",
    read: byFeed(({ counts }) => counts.resyncs),
  },
  {
    name: "tickerplant_ingest_waiting_bytes",
    type: "gauge",
    help: "Bytes that NATS has not acknowledged.",
    read: byFeed(({ waitingBytes }) => waitingBytes),
  },
  {
    name: "tickerplant_ingest_waiting_frames",
    type: "gauge",
    help: "Frames that NATS has not acknowledged.",
    read: byFeed(({ waitingFrames }) => waitingFrames),
  },
  {
    name: "tickerplant_ingest_watermark_age_seconds",
    type: "gauge",
    help: "Now minus the market time up to which the feed is complete, of a leader with a live source. It grows while the market is silent.",
    read: byFeed(({ watermarkAgeMs }) => (watermarkAgeMs === undefined ? undefined : watermarkAgeMs / 1000)),
  },
  {
    ...UPSTREAM_CONNECTED,
    read: byFeed(({ upstream }) => (upstream === undefined ? undefined : upstream.isConnected ? 1 : 0)),
  },
];

/** Writes an ingest's metrics, and those of its connection upstream, in Prometheus' text format. */
export function ingestMetricsText(report: IngestReport): string {
  const { feed, upstream } = report;
  const ofIngest = prometheusText(INGEST_METRICS, [{ labels: {}, source: report }]);
  if (upstream === undefined) return ofIngest;
  return ofIngest + prometheusText(STREAM_METRICS, [{ labels: { feed }, source: upstream.metrics }]);
}

/** Makes what reads one sample with the feed's name as a label; none if the value is not known. */
function byFeed(read: (report: IngestReport) => number | undefined): Metric<IngestReport>["read"] {
  return (report) => {
    const value = read(report);
    return value === undefined ? [] : [{ labels: { feed: report.feed }, value }];
  };
}
