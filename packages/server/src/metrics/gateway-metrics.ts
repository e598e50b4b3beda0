import type { StreamMetrics } from "@tickerplant/client";
import {
  type Labelled,
  type Metric,
  prometheusText,
  type Sample,
  STREAM_METRICS,
  samplesBy,
} from "@tickerplant/client/metrics";
import type { ClusterFeedReport, FeedReport, GatewayReport } from "../gateway/gateway-report.ts";

/** What a metric is, without its values: gateways and ingests share some. */
type Description = Omit<Metric<never>, "read">;

/** The metric of the version. */
export const BUILD_INFO: Description = {
  name: "tickerplant_build_info",
  type: "gauge",
  help: "1, with the version of the package.",
};

/** The metric of a feed's connection upstream. */
export const UPSTREAM_CONNECTED: Description = {
  name: "tickerplant_upstream_connected",
  type: "gauge",
  help: "1 while the connection upstream is authenticated, otherwise 0.",
};

/**
 * What a gateway counts, as metrics. The label `feed` is the name of the feed's first endpoint. No label has a symbol,
 * a key or an address: their number has no limit, and graphs are read by more people than keys are known to.
 */
export const GATEWAY_METRICS: readonly Metric<GatewayReport>[] = [
  {
    ...BUILD_INFO,
    read: ({ version }) => [{ labels: { version }, value: 1 }],
  },
  {
    name: "tickerplant_feed_up",
    type: "gauge",
    help: "1 if clients get the feed's records, otherwise 0: /readyz names the problem.",
    read: byFeed(({ problem }) => [{ value: problem === undefined ? 1 : 0 }]),
  },
  {
    name: "tickerplant_sinks_up",
    type: "gauge",
    help: "1 if every sink of the feed, such as a recorder, does its work, otherwise 0.",
    read: byFeed(({ sinkProblem }) => [{ value: sinkProblem === undefined ? 1 : 0 }]),
  },
  {
    name: "tickerplant_records",
    type: "counter",
    help: "Records published, by channel.",
    read: byFeed(({ records }) => samplesBy("channel", records)),
  },
  {
    name: "tickerplant_delivered_records",
    type: "counter",
    help: "Records handed to clients, one for each client.",
    read: byFeed(({ deliveredCount }) => [{ value: deliveredCount }]),
  },
  {
    name: "tickerplant_frames_sent_bytes",
    type: "counter",
    help: "Bytes of frames that the network accepted for clients, before compression.",
    read: byFeed(({ sentBytes }) => [{ value: sentBytes }]),
  },
  {
    name: "tickerplant_sessions",
    type: "gauge",
    help: "Open connections of clients.",
    read: byFeed(({ endpoints }) => [{ value: endpoints.reduce((sum, { clientCount }) => sum + clientCount, 0) }]),
  },
  {
    name: "tickerplant_outbox_bytes",
    type: "gauge",
    help: "Bytes that wait for clients.",
    read: byFeed(({ waitingBytes }) => [{ value: waitingBytes }]),
  },
  {
    name: "tickerplant_outbox_largest_bytes",
    type: "gauge",
    help: "Bytes that wait for the client of all feeds with the most.",
    read: ({ clients }) => [{ value: clients[0]?.waitingBytes ?? 0 }],
  },
  {
    name: "tickerplant_outbox_limit_bytes",
    type: "gauge",
    help: "Bytes waiting for one client at which it is closed as slow.",
    read: ({ maxWaitingBytes }) => [{ value: maxWaitingBytes }],
  },
  {
    name: "tickerplant_slow_clients",
    type: "counter",
    help: "Clients closed as slow.",
    read: byFeed(({ slowClientCount }) => [{ value: slowClientCount }]),
  },
  {
    name: "tickerplant_gaps",
    type: "counter",
    help: "Reports of records that may be missing, by the code of the cause; without gaps that were filled.",
    read: byFeed(({ gapCounts }) => samplesBy("cause", gapCounts)),
  },
  {
    name: "tickerplant_gaps_filled",
    type: "counter",
    help: "Gaps that were filled before clients saw later records.",
    read: byFeed(({ filledGapCount }) => [{ value: filledGapCount }]),
  },
  {
    name: "tickerplant_filled_records",
    type: "counter",
    help: "Records with which gaps were filled.",
    read: byFeed(({ filledRecordCount }) => [{ value: filledRecordCount }]),
  },
  {
    name: "tickerplant_rejections",
    type: "counter",
    help: "Errors that clients were sent, by their number in the protocol.",
    read: ({ rejections }) => samplesBy("code", rejections),
  },
  {
    name: "tickerplant_http_rejections",
    type: "counter",
    help: "HTTP requests and upgrades that were rejected, by status.",
    read: ({ httpRejections }) => samplesBy("status", httpRejections),
  },
  {
    ...UPSTREAM_CONNECTED,
    read: byFeed(({ upstream }) => (upstream ? [{ value: upstream.isConnected ? 1 : 0 }] : [])),
  },
  {
    name: "tickerplant_upstream_requests_used",
    type: "gauge",
    help: "Requests for history that are used of the minute's budget upstream.",
    read: byFeed(({ upstream }) => (upstream?.requests ? [{ value: upstream.requests.used }] : [])),
  },
  {
    name: "tickerplant_upstream_requests_limit",
    type: "gauge",
    help: "Requests for history that upstream accepts in a minute.",
    read: byFeed(({ upstream }) => (upstream?.requests ? [{ value: upstream.requests.perMinute }] : [])),
  },
  {
    name: "tickerplant_cluster_connected",
    type: "gauge",
    help: "1 while NATS can be read and an ingest publishes the feed, otherwise 0.",
    read: byCluster(({ isConnected }) => (isConnected ? 1 : 0)),
  },
  {
    name: "tickerplant_cluster_epoch",
    type: "gauge",
    help: "Number of the ingest that leads the feed.",
    read: byCluster(({ epoch }) => epoch),
  },
  {
    name: "tickerplant_cluster_leader_changes",
    type: "counter",
    help: "How often another ingest took over.",
    read: byCluster(({ leaderChangeCount }) => leaderChangeCount),
  },
  {
    name: "tickerplant_cluster_frame_number",
    type: "gauge",
    help: "Number of the newest frame that was read from NATS.",
    read: byCluster(({ number }) => number),
  },
  {
    name: "tickerplant_cluster_behind_frames",
    type: "gauge",
    help: "Frames in NATS that were not read yet.",
    read: byCluster(({ behindCount }) => behindCount),
  },
  {
    name: "tickerplant_cluster_lag_seconds",
    type: "gauge",
    help: "Time from the making of the newest frame by the ingest to its reading, by the clocks of both machines.",
    read: byCluster(({ lagMs }) => (lagMs === undefined ? undefined : lagMs / 1000)),
  },
  {
    name: "tickerplant_cluster_frames",
    type: "counter",
    help: "Frames read from NATS.",
    read: byCluster(({ frameCount }) => frameCount),
  },
  {
    name: "tickerplant_cluster_records",
    type: "counter",
    help: "Records in the frames read from NATS.",
    read: byCluster(({ recordCount }) => recordCount),
  },
  {
    name: "tickerplant_cluster_skipped",
    type: "counter",
    help: "How often frames were missing that NATS did not keep any more.",
    read: byCluster(({ skippedCount }) => skippedCount),
  },
  {
    name: "tickerplant_cluster_rewound",
    type: "counter",
    help: "How often frames were replaced that had been read, because NATS had lost them.",
    read: byCluster(({ rewoundCount }) => rewoundCount),
  },
  {
    name: "tickerplant_recorder_rows",
    type: "counter",
    help: "Rows written into the recording.",
    read: byFeed(({ recorder }) => (recorder ? [{ value: recorder.rowCount }] : [])),
  },
  {
    name: "tickerplant_recorder_written_bytes",
    type: "counter",
    help: "Bytes written into the log of the recording, compressed.",
    read: byFeed(({ recorder }) => (recorder ? [{ value: recorder.writtenBytes }] : [])),
  },
  {
    name: "tickerplant_recorder_waiting_bytes",
    type: "gauge",
    help: "Bytes of the recording that wait for the disk.",
    read: byFeed(({ recorder }) => (recorder ? [{ value: recorder.waitingBytes }] : [])),
  },
  {
    name: "tickerplant_recorder_dropped_frames",
    type: "counter",
    help: "Frames that are missing in the recording because the disk did not accept them in time.",
    read: byFeed(({ recorder }) => (recorder ? [{ value: recorder.droppedFrameCount }] : [])),
  },
  {
    name: "tickerplant_history_rows",
    type: "gauge",
    help: "Rows of the past that are held in memory.",
    read: byFeed(({ history }) => (history ? [{ value: history.rowCount }] : [])),
  },
  {
    name: "tickerplant_history_bytes",
    type: "gauge",
    help: "Bytes of the past that are held in memory, of all feeds.",
    read: ({ feeds }) => historyOf(feeds).map(({ usedBytes }) => ({ value: usedBytes })),
  },
  {
    name: "tickerplant_history_limit_bytes",
    type: "gauge",
    help: "Bytes of the past that may be held in memory, of all feeds.",
    read: ({ feeds }) => historyOf(feeds).map(({ maxBytes }) => ({ value: maxBytes })),
  },
];

/** Writes a gateway's metrics, and those of its connections upstream, in Prometheus' text format. */
export function gatewayMetricsText(report: GatewayReport): string {
  const ofGateway = prometheusText(GATEWAY_METRICS, [{ labels: {}, source: report }]);
  return ofGateway + prometheusText(STREAM_METRICS, upstreamMetrics(report));
}

/** Returns the counters of the streams upstream, by feed. */
export function upstreamMetrics({ feeds }: GatewayReport): Labelled<StreamMetrics>[] {
  return feeds.flatMap(({ endpoints, upstream }) =>
    upstream === undefined ? [] : [{ labels: feedLabel(endpoints), source: upstream.metrics }],
  );
}

/** Makes what reads samples of each feed, with its name as a label. */
function byFeed(read: (feed: FeedReport) => readonly Sample[]): Metric<GatewayReport>["read"] {
  return ({ feeds }) =>
    feeds.flatMap((feed) =>
      read(feed).map(({ labels, value }) => ({ labels: { ...feedLabel(feed.endpoints), ...labels }, value })),
    );
}

/** Makes what reads one sample of each feed that comes from a cluster; none if the value is not known. */
function byCluster(read: (cluster: ClusterFeedReport) => number | undefined): Metric<GatewayReport>["read"] {
  return byFeed(({ cluster }) => {
    const value = cluster && read(cluster);
    return value === undefined ? [] : [{ value }];
  });
}

function feedLabel([first]: FeedReport["endpoints"]): { readonly feed: string } {
  return { feed: first?.name ?? "" }; // a report has a feed with its endpoints, at least one
}

/** The histories of all feeds share one memory: the first of them reports it. */
function historyOf(feeds: readonly FeedReport[]): readonly NonNullable<FeedReport["history"]>[] {
  return feeds.flatMap(({ history }) => (history === undefined ? [] : [history])).slice(0, 1);
}
