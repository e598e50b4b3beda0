// The gateway

export { createGateway, type FeedName, type GatewayOptions } from "./create-gateway.ts";
export { UndeliveredError } from "./gateway/departures.ts";
export type { EndpointStatus } from "./gateway/endpoint.ts";
export type { Gateway } from "./gateway/gateway.ts";
export type { GatewayEvent, GatewayStats } from "./gateway/gateway-events.ts";
export type {
  CauseReport,
  ClientReport,
  ClusterFeedReport,
  EndpointReport,
  FeedReport,
  GapReport,
  GatewayReport,
  HistoryReport,
  RecorderReport,
  RequestReport,
  UpstreamReport,
} from "./gateway/gateway-report.ts";
export type { ChangeableSettings, GatewaySettings } from "./gateway/gateway-settings.ts";
export { type Listener, type ListenOptions, listen } from "./http/listen.ts";

// The history

export type { HttpHandler, HttpMethods, HttpRequest, HttpResponse } from "./gateway/http-route.ts";
export type { HistoryOptions } from "./history/add-history.ts";
export type { Plan } from "./history/history-api.ts";
export type { FeedRecorder } from "./history/recorded/feed-recorder.ts";

// Keys, limits and faults

export type { Credential, Entitlement, KeyChange, Keyring } from "./gateway/auth/keyring.ts";
export { hashSecret } from "./gateway/auth/secret-hash.ts";
export type { Faults } from "./gateway/faults.ts";
export type { CloseCodes } from "./gateway/gateway-session.ts";
export { GATEWAY_LIMITS } from "./gateway/limits.ts";

// Sockets, for a server or a test that owns them

export type {
  CloseLimits,
  GatewayConnection,
  GatewaySocket,
  HttpRejection,
  SocketEnd,
  UpgradeRequest,
} from "./gateway/socket.ts";

// Feeds

export { type ClusterFeedOptions, clusterFeed } from "./feeds/cluster/cluster-feed.ts";
export { type CryptoSimulatorOptions, cryptoSimulator } from "./feeds/crypto-simulator/crypto-simulator.ts";
export {
  type ClusterLeader,
  type ClusterReport,
  type DemandChange,
  type DemandRequest,
  type Feed,
  type FeedGap,
  type FeedSink,
  FeedSource,
  type FeedStatus,
  type IsSent,
  type Outage,
  type Rejection,
  type SourceEvent,
  type SourcePlace,
  type UpstreamAnswer,
  type UpstreamHistory,
  type UpstreamRequest,
  type WireBytes,
} from "./feeds/feed.ts";
export type { RecordSink } from "./feeds/record-sink.ts";
export type { BadLine, ReplayNotice } from "./feeds/replay/notices.ts";
export type { RecordedOrder } from "./feeds/replay/recorded-gaps.ts";
export { type ReplayOptions, type ReplayProgress, recording, replay } from "./feeds/replay/replay.ts";
export { type SimulatorOptions, simulator } from "./feeds/simulator/simulator.ts";
export { type TestFeedOptions, testFeed } from "./feeds/simulator/test-feed.ts";
export { type UpstreamOptions, upstream } from "./feeds/upstream/upstream.ts";
export { UpstreamError } from "./feeds/upstream-history/upstream-error.ts";
export { upstreamHistory } from "./feeds/upstream-history/upstream-history.ts";
export { UpstreamRequests, type UpstreamRequestsOptions } from "./feeds/upstream-history/upstream-requests.ts";

// Bars

export { BarBuilder, type BarBuilderOptions } from "./bars/bar-builder.ts";
