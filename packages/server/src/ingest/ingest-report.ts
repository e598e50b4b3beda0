import type { FeedState, IngestInfo, WriterCounts } from "@tickerplant/cluster";
import type { SourceConnection } from "../feeds/feed.ts";

/** What an ingest does, for reports. */
export interface IngestReport {
  /** The feed as the cluster names it. */
  readonly feed: string;
  readonly role: "leader" | "follower" | "stopped";
  /** The leader as this ingest knows it, itself or another one, and its epoch; undefined and 0 before any. */
  readonly epoch: number;
  readonly leader: IngestInfo | undefined;
  /**
   * Why it neither leads with a source that sends, nor is ready to continue a leader that it sees, in one sentence
   * without secrets; undefined if it does.
   */
  readonly problem: string | undefined;
  /** How often this process has begun to lead. */
  readonly takeOverCount: number;
  /** Counters of all terms of this process. */
  readonly counts: WriterCounts;
  /** What NATS has not acknowledged. */
  readonly waitingBytes: number;
  readonly waitingFrames: number;
  readonly lastNumber: number;
  /**
   * Now minus the market time up to which the feed is complete, in milliseconds; undefined unless it leads with a live
   * source, and before its first records.
   */
  readonly watermarkAgeMs: number | undefined;
  readonly state: FeedState | undefined;
  readonly upstream: SourceConnection | undefined;
}

/** Returns the report of an ingest that cannot start yet, because of `problem`. */
export function waitingReport(feed: string, problem: string): IngestReport {
  return {
    feed,
    role: "stopped",
    epoch: 0,
    leader: undefined,
    problem,
    takeOverCount: 0,
    counts: { frames: 0, records: 0, bytes: 0, resyncs: 0 },
    waitingBytes: 0,
    waitingFrames: 0,
    lastNumber: 0,
    watermarkAgeMs: undefined,
    state: undefined,
    upstream: undefined,
  };
}
