// The gateway

export { BarBuilder, type BarBuilderOptions } from "./bars/bar-builder.ts";
// Feeds
export type { Feed, FeedSink } from "./feeds/feed.ts";
export type { BadLine, ReplayNotice } from "./feeds/replay/notices.ts";
export { type ReplayOptions, type ReplayProgress, replay } from "./feeds/replay/replay.ts";
export { type SimulatorOptions, simulator } from "./feeds/simulator/simulator.ts";
export { type TestFeedOptions, testFeed } from "./feeds/simulator/test-feed.ts";
export type { Credential, Entitlement } from "./gateway/auth/keyring.ts";
export { hashSecret } from "./gateway/auth/secret-hash.ts";
export type { Faults } from "./gateway/faults.ts";
export {
  createGateway,
  type Gateway,
  type GatewayEvent,
  type GatewayOptions,
  type GatewayStats,
} from "./gateway/gateway.ts";
export type { CloseCodes } from "./gateway/gateway-session.ts";
export { UndeliveredError } from "./gateway/hub.ts";
export { GATEWAY_LIMITS } from "./gateway/limits.ts";
export type { CloseLimits, GatewayConnection, GatewaySocket, SocketEnd, UpgradeRequest } from "./gateway/socket.ts";
export { type Listener, type ListenOptions, listen } from "./http/listen.ts";
