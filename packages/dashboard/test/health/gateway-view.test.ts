import type { ClusterFeedReport, FeedReport, GatewayReport } from "tickerplant/report";
import { expect, test } from "vitest";
import { type GatewayView, gatewayView } from "../../src/health/gateway-view.ts";

const NOW = Date.parse("2026-11-24T15:41:07Z");

const CLUSTER: ClusterFeedReport = {
  servers: "nats://10.0.0.5:4222",
  isConnected: true,
  leader: { name: "london", version: "1.2.3" },
  epoch: 1_204,
  number: 90_000,
  lagMs: 2.14,
  behindCount: 1,
  frameCount: 80_000,
  recordCount: 700_000,
  skippedCount: 0,
  rewoundCount: 0,
  leaderChangeCount: 3,
  losses: [],
};

/** What the tab shows of a gateway with one feed, and the feed's cluster if it has one. */
function viewOf(cluster: Partial<ClusterFeedReport> | undefined, feed: Partial<FeedReport> = {}): GatewayView {
  const shown: FeedReport = {
    endpoints: [{ name: "sip", path: "/v2/sip", clientCount: 0 }],
    source: "live",
    state: "running",
    records: {},
    deliveredCount: 0,
    sentBytes: 0,
    waitingBytes: 0,
    slowClientCount: 0,
    gapCounts: {},
    filledGapCount: 0,
    filledRecordCount: 0,
    gaps: [],
    ...(cluster && { cluster: { ...CLUSTER, ...cluster } }),
    ...feed,
  };
  const newest: GatewayReport = {
    version: "1.2.3",
    startedAt: "2026-11-24T15:00:00Z",
    uptimeMs: 1000,
    feeds: [shown],
    clients: [],
    clientCount: 0,
    maxWaitingBytes: 1,
    rejections: {},
    httpRejections: {},
  };
  return gatewayView({ newest, before: undefined }, NOW);
}

const clusterPart = (view: GatewayView) => view.parts.find(({ title }) => title === "Cluster");

test("a gateway of a cluster shows the leader, its epoch, the lag and take-overs, and nothing as an alarm", () => {
  const view = viewOf({});
  expect(clusterPart(view)).toEqual({
    title: "Cluster",
    note: "sip",
    facts: [
      ["Leader", "london, epoch 1,204"],
      ["Lag", "2.1 ms · 1 frame behind"],
      ["Take-overs", "3"],
      ["Lost frames", "none", false],
    ],
  });
  expect(view.upstreams).toMatchObject([{ state: "Connected", isConnected: true }]);
});

test("frames that NATS has lost, and a source that an ingest has lost, are alarms of the cluster", () => {
  const factsOf = (cluster: Partial<ClusterFeedReport>) => clusterPart(viewOf(cluster))?.facts;
  expect(factsOf({ skippedCount: 1, rewoundCount: 2, problem: "the line was cut" })?.slice(-2)).toEqual([
    ["Lost frames", "skipped 1 time, rewound 2 times", true],
    ["Ingest's source", "the line was cut", true],
  ]);
  expect(factsOf({ rewoundCount: 1 })?.at(-1)).toEqual(["Lost frames", "rewound 1 time", true]);
});

test("a cluster that was not read yet shows dashes, and a gateway that cannot read one is disconnected", () => {
  const { leader: _leader, lagMs: _lagMs, behindCount: _behindCount, ...unread } = CLUSTER;
  const loss = { code: "connection_lost", message: "NATS cannot be read", at: "2026-11-24T15:40:00Z" };
  const cluster: ClusterFeedReport = { ...unread, epoch: 0, isConnected: false, losses: [loss] };
  const view = viewOf(undefined, { cluster });
  expect(clusterPart(view)?.facts.slice(0, 2)).toEqual([
    ["Leader", "–"],
    ["Lag", "–"],
  ]);
  expect(view.upstreams).toMatchObject([{ state: "Disconnected", isConnected: false }]);
  expect(view.parts[0]?.facts).toEqual([["Last loss", expect.stringContaining("connection_lost"), false]]);
});

test("a gateway without a cluster shows nothing of one", () => {
  const view = viewOf(undefined);
  expect(view.parts).toEqual([]);
  expect(view.upstreams).toMatchObject([{ state: "Live", isConnected: true }]);
});
