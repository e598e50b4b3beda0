import type { StreamMetrics } from "@tickerplant/client";
import type { ClusterReport } from "../feeds/feed.ts";

/**
 * The answer of `/status.json`: what a gateway does at the moment, and what it has counted since it was made. Two
 * answers give rates: the difference of a counter by that of `uptimeMs`.
 *
 * A page can import the types from `tickerplant/report`, which brings no types of Node.
 */
export interface GatewayReport {
  /** The version of the package, such as `0.1.0`. */
  readonly version: string;
  /** When the gateway was made, in ISO 8601. */
  readonly startedAt: string;
  /** Milliseconds since then, by the monotonic clock. */
  readonly uptimeMs: number;
  /** The feeds that the key of the request is entitled to. */
  readonly feeds: readonly FeedReport[];
  /** The connections of these feeds with the most bytes waiting, at most 200. */
  readonly clients: readonly ClientReport[];
  /** Connections of these feeds, with those that `clients` leaves out. */
  readonly clientCount: number;
  /** Bytes waiting for one client at which it is closed as slow. */
  readonly maxWaitingBytes: number;
  /** Errors that clients were sent, by their number in the protocol; those that were not sent are left out. */
  readonly rejections: Readonly<Record<string, number>>;
  /** HTTP requests and upgrades that were rejected, by status; an origin that is not allowed counts as 403. */
  readonly httpRejections: Readonly<Record<string, number>>;
}

/** A feed, and what it has counted. */
export interface FeedReport {
  /** The endpoints that serve it, at least one; a feed may serve several. */
  readonly endpoints: readonly EndpointReport[];
  /** What its records are; absent if that is not known, as of an upstream that is another gateway. */
  readonly source?: "live" | "simulated" | "replay";
  /** `waiting`: for its start, or the first subscription. */
  readonly state: "waiting" | "running" | "ended" | "failed";
  /** Why clients get no records at the moment, in one sentence; absent if the feed does its work. */
  readonly problem?: string;
  /** What a sink, such as a recorder, cannot do at the moment; clients get their records. */
  readonly sinkProblem?: string;
  /** Records published, by channel; channels without any are left out. */
  readonly records: Readonly<Record<string, number>>;
  /** Records handed to clients: one for each client. */
  readonly deliveredCount: number;
  /** Bytes of frames that the network has accepted for clients, before compression. */
  readonly sentBytes: number;
  /** Bytes that wait for clients now. */
  readonly waitingBytes: number;
  /** Clients closed as slow. */
  readonly slowClientCount: number;
  /**
   * Reports of records that may be missing, one for each channel and range of time, by the code of the cause. Gaps that
   * were filled are not among them.
   */
  readonly gapCounts: Readonly<Record<string, number>>;
  /** Reports of gaps that were filled before clients saw later records. */
  readonly filledGapCount: number;
  /** Records with which they were filled. */
  readonly filledRecordCount: number;
  /** The newest gaps, filled ones too, the newest first, at most 20. */
  readonly gaps: readonly GapReport[];
  /** Absent for a feed that is no connection to a server. */
  readonly upstream?: UpstreamReport;
  /** Absent for a feed that does not come from a cluster. */
  readonly cluster?: ClusterFeedReport;
  /** Absent without a recorder. */
  readonly recorder?: RecorderReport;
  /** Absent without a history. */
  readonly history?: HistoryReport;
}

/** A path at which a feed is served. */
export interface EndpointReport {
  /** Its name, such as `iex`. */
  readonly name: string;
  /** The path of the websocket, such as `/v2/iex`. */
  readonly path: string;
  /** Open connections. */
  readonly clientCount: number;
}

/** Records that may be missing, or that were and have been filled. */
export interface GapReport {
  readonly channel: string;
  /** How many symbols; `*` for all. */
  readonly symbols: number | "*";
  /** Records with times from here to `to` may be missing, in ISO 8601. */
  readonly from: string;
  readonly to: string;
  /** Why, as a code and a sentence; absent for a gap that was filled. */
  readonly cause?: CauseReport;
  /** Records with which it was filled; absent for one that is open. */
  readonly filledCount?: number;
}

/** A cause: the code of the error, such as `connection_lost`, or `unknown`; and its message. */
export interface CauseReport {
  readonly code: string;
  readonly message: string;
}

/** One connection of a client. */
export interface ClientReport {
  /** Its number since the gateway was made, from 1, as in the gateway's log. */
  readonly number: number;
  /** The name of its key; absent before it has authenticated. */
  readonly key?: string;
  /** The endpoint, such as `iex`. */
  readonly feed: string;
  readonly codec: "msgpack" | "json";
  readonly connectedMs: number;
  /** Symbols of the channel of which it has most; `*` if it has all of a channel. */
  readonly symbols: number | "*";
  /** Records handed to it, to be sent. */
  readonly recordCount: number;
  /** Bytes of frames that the network has accepted for it, before compression. */
  readonly sentBytes: number;
  /** Bytes that wait for it. */
  readonly waitingBytes: number;
  /** Whether more than 1 MiB waits for it, which is the first sign of a slow client. */
  readonly isSlow: boolean;
}

/** The connection of a feed to its source. */
export interface UpstreamReport {
  /** The address, without user, password and query. */
  readonly url: string;
  readonly isConnected: boolean;
  /** How long it has been connected or not; absent before the first connection. */
  readonly sinceMs?: number;
  /** Why the newest connections were lost or not made, the newest first, at most 20; each cause once in an outage. */
  readonly losses: readonly (CauseReport & { readonly at: string })[];
  /** The counters of its stream: records, reconnects, lag and others. */
  readonly metrics: StreamMetrics;
  /** The budget of requests for history; absent for one that is not known. */
  readonly requests?: RequestReport;
}

/** A feed of a cluster, as this gateway reads it. */
export interface ClusterFeedReport extends ClusterReport {
  /** Why there were no records lately, the newest first, at most 20; each cause once in an outage. */
  readonly losses: UpstreamReport["losses"];
}

/** Requests for history in a minute. */
export interface RequestReport {
  readonly perMinute: number;
  /** How many of them are used now. */
  readonly used: number;
  /** Requests that are reserved for filling gaps. */
  readonly reserved: number;
}

/** The recorder of a feed. */
export interface RecorderReport {
  /** Rows written since the start. */
  readonly rowCount: number;
  /** Bytes written, compressed. */
  readonly writtenBytes: number;
  /** Bytes that wait for the disk. */
  readonly waitingBytes: number;
  /** Frames dropped because the disk did not accept them in time. */
  readonly droppedFrameCount: number;
}

/** What the gateway holds of the past. */
export interface HistoryReport {
  /** Rows held of this feed: trades, quotes and bars. */
  readonly rowCount: number;
  /** Bytes held of all feeds together. */
  readonly usedBytes: number;
  /** Bytes that all feeds together may hold. */
  readonly maxBytes: number;
}
