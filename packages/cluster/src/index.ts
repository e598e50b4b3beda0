// NATS

export { Cluster, type ExistingFeed, type FeedPorts, type FeedStreamInfo, type FeedStreamOptions } from "./cluster.ts";
export { ClusterError, type ClusterErrorCode, hasCode } from "./cluster-error.ts";
export type { NatsOptions } from "./nats/nats-connection.ts";

// A feed in NATS

export { decodeEvent, type FeedEvent, type FeedState, type IngestInfo } from "./frames/feed-event.ts";
export { type Frame, type FrameHeader, FrameKind } from "./frames/frame.ts";
export { CLUSTER_LIMITS } from "./limits.ts";
export type { Entry, EntryStore } from "./log/entry-store.ts";
export type { LogMessage, LogStart, LogState, LogWriter, MessageLog } from "./log/message-log.ts";
export { tokenOf } from "./log/names.ts";
export { Pause } from "./pause.ts";

// Looking on

export {
  type ClusterFeedStatus,
  type ClusterStatus,
  clusterStatus,
  type LeaderStatus,
  type ReaderStatus,
} from "./status.ts";

// Writing

export { Lease, type LeaseEntry, type LeaseParts, readEntry } from "./lease/lease.ts";
export { beginEpoch, type Epoch } from "./writing/begin-epoch.ts";
export { FeedWriter, type FeedWriterParts, type Watermark, type WriterCounts } from "./writing/feed-writer.ts";

// Reading

export {
  FeedReader,
  type FeedReaderEvents,
  type FeedReaderParts,
  type MissingFrames,
  type ReaderPosition,
  type SkippedFrames,
} from "./reading/feed-reader.ts";
export {
  Presence,
  type PresenceParts,
  type ReaderDetails,
  type ReaderEntry,
  type ReaderIdentity,
  readReader,
} from "./reading/presence.ts";
export { tailStart } from "./reading/tail-start.ts";
