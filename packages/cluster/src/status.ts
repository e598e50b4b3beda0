import { type Clock, systemClock } from "@tickerplant/client";
import type { Cluster, ExistingFeed, FeedStreamInfo } from "./cluster.ts";
import { ClusterError } from "./cluster-error.ts";
import type { FeedState } from "./frames/feed-event.ts";
import { decodeFrame, type FrameHeader } from "./frames/frame.ts";
import { type LeaseEntry, readEntry } from "./lease/lease.ts";
import { CLUSTER_LIMITS } from "./limits.ts";
import type { LogState } from "./log/message-log.ts";
import { tokenOf } from "./log/names.ts";
import { Pause } from "./pause.ts";
import { type ReaderEntry, readReader } from "./reading/presence.ts";

/** The ingest that leads a feed, or was the last to. Times are in milliseconds since the Unix epoch, by its clock. */
export interface LeaderStatus extends Pick<LeaseEntry, "ingest" | "epoch" | "sinceMs" | "renewedMs"> {
  /** Whether it has the lease at the moment. */
  readonly isLeading: boolean;
}

/** A reader of a feed. */
export interface ReaderStatus extends ReaderEntry {
  /** Frames that it had not read when it last told how far it is, which it does every two seconds. */
  readonly behindCount: number;
}

/** A feed in NATS, and those that write and read it. */
export interface ClusterFeedStatus extends FeedStreamInfo {
  /** The numbers of the oldest and the newest frame, and the bytes of all. */
  readonly firstNumber: number;
  readonly lastNumber: number;
  readonly byteLength: number;
  /** The newest frame; undefined if it cannot be read. */
  readonly newest: Pick<FrameHeader, "epoch" | "madeMs" | "completeMs" | "isComplete"> | undefined;
  /** Undefined if no ingest has led the feed. */
  readonly leader: LeaderStatus | undefined;
  /** What the leader has said of its source. */
  readonly state: FeedState | undefined;
  readonly readers: readonly ReaderStatus[];
  /** Why its readers get nothing, or not everything that they expect, in a sentence; undefined if all is well. */
  readonly problem: string | undefined;
}

/** A cluster at a moment. */
export interface ClusterStatus {
  /** When it was read, in milliseconds since the Unix epoch. */
  readonly atMs: number;
  /** All feeds, by name. */
  readonly feeds: readonly ClusterFeedStatus[];
}

/**
 * Reads how a cluster is, and changes nothing in it. Takes five seconds longer if an ingest may have ended: clocks of
 * machines differ, so that only a second look shows whether it still renews its lease and publishes.
 *
 * @throws ClusterError `unreachable`, `not_allowed`.
 */
export async function clusterStatus(
  cluster: Pick<Cluster, "feeds" | "existingFeed">,
  clock: Clock = systemClock,
): Promise<ClusterStatus> {
  const streams = await cluster.feeds();
  const feeds = await Promise.all(
    streams.map(async (stream) => feedStatus(stream, await cluster.existingFeed(stream.feed), clock)),
  );
  return { atMs: clock.now(), feeds: feeds.sort((a, b) => (a.feed < b.feed ? -1 : 1)) };
}

/** What one look at a feed shows. */
interface Look {
  readonly log: LogState;
  readonly newest: FrameHeader | undefined;
  /** Why the newest frame cannot be read. */
  readonly fault: string | undefined;
  readonly lease: LeaseEntry | undefined;
  readonly leaseRevision: number;
}

async function feedStatus(stream: FeedStreamInfo, existing: ExistingFeed, clock: Clock): Promise<ClusterFeedStatus> {
  const readers = await readersOf(stream.feed, existing);
  let look = await lookAt(stream.feed, existing);
  let isRenewed = isRecent(look.lease?.renewedMs, look.lease?.leaseMs, clock);
  let isPublishing = isRecent(look.newest?.madeMs, CLUSTER_LIMITS.silentMs, clock);
  if (look.lease?.isReleased === false && !(isRenewed && isPublishing)) {
    const before = look;
    await new Pause(clock).wait(Math.max(look.lease.leaseMs, CLUSTER_LIMITS.silentMs), new AbortController().signal);
    look = await lookAt(stream.feed, existing);
    isRenewed = look.leaseRevision !== before.leaseRevision;
    isPublishing = look.log.lastSequence !== before.log.lastSequence;
  }
  const { log, newest, lease } = look;
  const isLeading = lease !== undefined && !lease.isReleased && isRenewed;
  return {
    ...stream,
    firstNumber: log.firstSequence,
    lastNumber: log.lastSequence,
    byteLength: log.byteLength,
    newest: newest && briefly(newest),
    leader: lease && leaderOf(lease, isLeading),
    state: lease?.state,
    readers: readers.map((reader) => ({ ...reader, behindCount: Math.max(0, log.lastSequence - reader.number) })),
    problem: problemOf(look, isLeading, isPublishing),
  };
}

async function lookAt(feed: string, { log, leases }: ExistingFeed): Promise<Look> {
  const entry = await leases?.get(tokenOf(feed));
  const state = await log.state();
  const look = { log: state, lease: entry && readEntry(entry.value), leaseRevision: entry?.revision ?? 0 };
  const message = await log.get(state.lastSequence);
  try {
    return { ...look, newest: message && decodeFrame(message.bytes), fault: undefined };
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    return { ...look, newest: undefined, fault: error.message };
  }
}

async function readersOf(feed: string, { readers }: ExistingFeed): Promise<readonly ReaderEntry[]> {
  const entries = (await readers?.list()) ?? [];
  const prefix = `${tokenOf(feed)}.`;
  return entries
    .filter(({ key }) => key.startsWith(prefix))
    .map(({ value }) => readReader(value))
    .sort((a, b) => (`${a.kind} ${a.name} ${a.id}` < `${b.kind} ${b.name} ${b.id}` ? -1 : 1));
}

/** Whether a time is not older than a length, as far as two clocks agree: one in the future shows that they do not. */
function isRecent(ms: number | undefined, lengthMs: number | undefined, clock: Clock): boolean {
  return ms !== undefined && lengthMs !== undefined && Math.abs(clock.now() - ms) <= lengthMs;
}

function briefly({ epoch, madeMs, completeMs, isComplete }: FrameHeader): ClusterFeedStatus["newest"] {
  return { epoch, madeMs, completeMs, isComplete };
}

function leaderOf({ ingest, epoch, sinceMs, renewedMs }: LeaseEntry, isLeading: boolean): LeaderStatus {
  return { ingest, epoch, sinceMs, renewedMs, isLeading };
}

function problemOf({ lease, newest, fault }: Look, isLeading: boolean, isPublishing: boolean): string | undefined {
  if (lease === undefined) return "no ingest leads it";
  const { name } = lease.ingest;
  if (lease.isReleased) return `no ingest leads it: ${name} has given the lease up`;
  if (!isLeading) return `no ingest leads it: ${name} has not renewed its lease since ${timeOf(lease.renewedMs)}`;
  if (fault !== undefined) return fault;
  if (newest === undefined) return `${name} leads it, and its newest frame is not in the stream`;
  if (!isPublishing) return `${name} leads it, and has published nothing since ${timeOf(newest.madeMs)}`;
  const { problem } = lease.state;
  return problem === undefined ? undefined : `the source of ${name} sends nothing: ${problem}`;
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
