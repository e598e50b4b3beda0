import type { SourceConnection } from "../feeds/feed.ts";
import type { ConnectedClient } from "./connected-client.ts";
import type { FeedCounts } from "./feed-counts.ts";
import type { FeedReport, UpstreamReport } from "./gateway-report.ts";
import type { Hub } from "./hub.ts";

/**
 * Returns what a hub's feed does, and what it has counted. `endpoints` are those that the report names, and `clients`
 * all connections to the feed.
 */
export function feedReport(
  hub: Hub,
  endpoints: FeedReport["endpoints"],
  clients: readonly ConnectedClient[],
): FeedReport {
  const { fanOut, counts, source, problem, sinkProblem, connection, cluster, usage, sinkReport } = hub;
  return {
    endpoints,
    ...(source !== undefined && { source }),
    state: hub.state,
    ...(problem !== undefined && { problem }),
    ...(sinkProblem !== undefined && { sinkProblem }),
    records: fanOut.publishedByChannel,
    deliveredCount: fanOut.delivered,
    sentBytes: clients.reduce((sum, client) => sum + client.sentBytes, counts.sentBytes),
    waitingBytes: clients.reduce((sum, client) => sum + client.bufferedBytes, 0),
    slowClientCount: counts.slowClients,
    gapCounts: { ...counts.gaps },
    filledGapCount: counts.filledGaps,
    filledRecordCount: counts.filledRecords,
    gaps: [...counts.newestGaps],
    ...(connection !== undefined && { upstream: upstreamReport(connection, counts, usage) }),
    ...(cluster !== undefined && { cluster: { ...cluster, losses: [...counts.losses] } }),
    ...sinkReport,
  };
}

function upstreamReport(
  { url, isConnected, sinceMs, metrics }: SourceConnection,
  { losses }: FeedCounts,
  requests: UpstreamReport["requests"],
): UpstreamReport {
  return {
    url,
    isConnected,
    ...(sinceMs !== undefined && { sinceMs }),
    losses: [...losses],
    metrics,
    ...(requests !== undefined && { requests }),
  };
}
