import { randomUUID } from "node:crypto";
import { type Clock, systemClock, VERSION } from "@tickerplant/client";
import type { StreamTail } from "@tickerplant/client/history";
import { type ChannelSymbols, StreamError, type WritableSchema } from "@tickerplant/client/wire";
import {
  beginEpoch,
  CLUSTER_LIMITS,
  ClusterError,
  type Epoch,
  type FeedPorts,
  type FeedState,
  type IngestInfo,
  Lease,
  type LeaseEntry,
  Pause,
  tokenOf,
  type WriterCounts,
} from "@tickerplant/cluster";
import { type Feed, FeedSource } from "../feeds/feed.ts";
import { Follower } from "./follower.ts";
import type { IngestEvent } from "./ingest-event.ts";
import type { IngestReport } from "./ingest-report.ts";
import { LeaderSight } from "./leader-sight.ts";
import { Term } from "./term.ts";

/** Options of an {@link Ingest}. */
export interface IngestOptions {
  /** The feed as the cluster names it, such as `sip`. */
  readonly feed: string;
  readonly ports: FeedPorts;
  readonly schema: WritableSchema;
  /**
   * Makes the feed of a term. `resume` is what earlier ingests have published: the feed continues there. Undefined if
   * there was none.
   */
  readonly source: (resume: StreamTail | undefined) => Feed;
  /** Makes an empty tail of the asset class. */
  readonly tail: () => StreamTail;
  /** What the feed is subscribed to, by channel. */
  readonly symbols: ChannelSymbols;
  /** Whether it also subscribes to what gateways ask for. */
  readonly isOnDemand?: boolean;
  /** The name of this ingest, for people. */
  readonly name: string;
  /**
   * How long the lease lasts without a renewal, in milliseconds.
   *
   * @defaultValue 4,000
   */
  readonly leaseMs?: number | undefined;
  readonly clock?: Clock;
  readonly onEvent?: (event: IngestEvent) => void;
}

/**
 * Writes a feed into the cluster, together with others of its kind: one leads, the others follow and continue where it
 * ends. Whatever ends a term (a lost lease, another writer, NATS away for too long, too much that waits) ends it
 * as a whole: the source is closed, and the next leader, perhaps this process, fills from the watermark on.
 */
export class Ingest {
  readonly #options: IngestOptions;
  readonly #clock: Clock;
  readonly #info: IngestInfo;
  readonly #lease: Lease;
  readonly #counts: WriterCounts = { frames: 0, records: 0, bytes: 0, resyncs: 0 };
  /** The leader, while this ingest follows. */
  readonly #sight: LeaderSight;
  #takeOverCount = 0;
  #role: IngestReport["role"] = "stopped";
  #leader: IngestInfo | undefined;
  /** That of the leader, as far as this ingest knows it. */
  #epoch = 0;
  /** The newest state of a leader that is known. */
  #lastState: FeedState = { carried: {}, isOnDemand: false };
  #term: Term | undefined;
  /** Reads what the leader publishes, before this ingest leads; undefined before the first one. */
  #follower: Follower | undefined;

  /** @throws RangeError for a lease that is too short for its renewals. */
  constructor(options: IngestOptions) {
    const { ports, feed, leaseMs = CLUSTER_LIMITS.leaseMs, clock = systemClock, name } = options;
    if (!(leaseMs >= CLUSTER_LIMITS.minLeaseMs))
      throw new RangeError(`Ingest: leaseMs must be ${CLUSTER_LIMITS.minLeaseMs} or more, got ${leaseMs}`);
    this.#options = options;
    this.#clock = clock;
    this.#info = { name, id: randomUUID(), version: VERSION };
    this.#sight = new LeaderSight(clock);
    this.#lease = new Lease({
      entries: ports.leases,
      key: tokenOf(feed),
      ingest: this.#info,
      leaseMs,
      clock,
      // At first that of the leader before: what it carried has to be filled by the next leader, too.
      state: () => this.#term?.state ?? this.#lastState,
      failed: (error) => {
        this.#sight.failed(error);
        this.#emit({ type: "failed", error });
      },
    });
  }

  /** What it does at the moment. */
  get report(): IngestReport {
    const term = this.#term;
    const { counts } = this;
    return {
      feed: this.#options.feed,
      role: this.#role,
      epoch: this.#epoch,
      leader: this.#leader,
      problem: this.#problem,
      takeOverCount: this.#takeOverCount,
      counts,
      waitingBytes: term?.writer.waitingBytes ?? 0,
      waitingFrames: term?.writer.waitingFrames ?? 0,
      lastNumber: term?.writer.lastNumber ?? 0,
      watermarkAgeMs: this.#watermarkAgeMs,
      state: term?.state,
      upstream: term?.feed.connection,
    };
  }

  /** Why it is not as it should be. */
  get #problem(): string | undefined {
    if (this.#role === "stopped") return "the ingest does not run";
    if (this.#term !== undefined) return this.#term.problem;
    if (this.#lease.isHeld) return "the ingest takes the feed over, and does not lead yet";
    return this.#sight.problem ?? this.#follower?.problem;
  }

  get #watermarkAgeMs(): number | undefined {
    const { feed, completeMs = Number.NaN } = this.#term ?? {};
    return feed?.source === FeedSource.LIVE && Number.isFinite(completeMs) ? this.#clock.now() - completeMs : undefined;
  }

  /** Counters of all terms of this process. */
  get counts(): WriterCounts {
    const sum = { ...this.#counts };
    const term = this.#term?.writer.counts;
    if (term !== undefined) addCounts(sum, term);
    return sum;
  }

  /**
   * Follows and leads until `signal` is aborted or the source has ended. What was published is written before it
   * resolves, and the lease is given up. Rejects when the source fails.
   */
  async run(signal: AbortSignal): Promise<void> {
    let hasEnded = false;
    try {
      while (!signal.aborted && !hasEnded) hasEnded = await this.#turn(signal);
    } finally {
      this.#role = "stopped";
    }
    if (hasEnded) this.#emit({ type: "ended" });
  }

  /** Follows until this process has the lease, then leads until it loses it. Returns whether the source has ended. */
  async #turn(signal: AbortSignal): Promise<boolean> {
    const { ports, schema, tail: newTail } = this.#options;
    const tail = newTail();
    const ended = new AbortController();
    const lost = new AbortController();
    const follower = new Follower({
      log: ports.log,
      schema,
      clock: this.#clock,
      tail,
      ended: () => ended.abort(),
      rewound: (error) => {
        this.#emit({ type: "failed", error });
        lost.abort(error); // the next turn remembers what the log has
      },
      failed: (error) => this.#emit({ type: "failed", error }),
    });
    this.#follower = follower;
    this.#role = "follower";
    const following = follower.run();
    following.catch((error: unknown) => lost.abort(error)); // reported below
    try {
      const over = AbortSignal.any([signal, ended.signal, lost.signal]);
      const lose = (error: ClusterError): void => lost.abort(error);
      if (!(await this.#lease.take(lose, over, (leader) => this.#follows(leader)))) return ended.signal.aborted;
      const epoch = await this.#beginEpoch(over);
      if (epoch === undefined) return false;
      await follower.reaches(epoch, over);
      await follower.stop();
      if (over.aborted) return false;
      return await this.#lead(epoch, follower, tail, signal, lost);
    } finally {
      await this.#lease.release();
      await follower.stop();
      await following;
    }
  }

  /** Fences off the leaders before. Undefined if `signal` is aborted first. */
  async #beginEpoch(signal: AbortSignal): Promise<Epoch | undefined> {
    const pause = new Pause(this.#clock);
    while (!signal.aborted) {
      try {
        const { log } = this.#options.ports;
        return await beginEpoch(log, this.#lease.epoch, this.#info, this.#clock, () => this.#lease.isHeld);
      } catch (error) {
        if (!(error instanceof ClusterError)) throw error;
        this.#emit({ type: "failed", error });
        if (error.code === "lease_lost") return undefined;
        if (error.code !== "unreachable" && error.code !== "no_room") throw error;
        await pause.wait(CLUSTER_LIMITS.retryMaxMs, signal);
      }
    }
    return undefined;
  }

  async #lead(
    epoch: Epoch,
    follower: Follower,
    tail: StreamTail,
    signal: AbortSignal,
    lost: AbortController,
  ): Promise<boolean> {
    const { feed, ports, schema, source, symbols, isOnDemand = false } = this.#options;
    // Frames tell it in their order, and are the newest; a follower that began behind them has it from the lease.
    const { carried } = follower.state ?? this.#lastState;
    const hasPast = Object.keys(carried).length > 0;
    if (hasPast) tail.end({ symbols: carried, completeMs: epoch.completeMs, cause: leaderLost(this.#leader) });
    const term = new Term({
      name: feed,
      log: ports.log,
      readers: ports.readers,
      schema,
      clock: this.#clock,
      epoch,
      feed: source(hasPast ? tail : undefined),
      symbols,
      isOnDemand,
      inherited: carried,
      lost: (error) => lost.abort(error),
      emit: (event) => this.#emit(event),
    });
    this.#term = term;
    this.#role = "leader";
    this.#leader = this.#info;
    this.#epoch = epoch.epoch;
    this.#takeOverCount++;
    this.#sight.forget();
    const resumedMs = hasPast && Number.isFinite(epoch.completeMs) ? epoch.completeMs : undefined;
    this.#emit({ type: "leading", epoch: epoch.epoch, resumedMs });
    try {
      return await term.run(signal, lost.signal);
    } finally {
      addCounts(this.#counts, term.writer.counts);
      this.#lastState = term.state;
      this.#term = undefined;
      this.#role = "follower";
      const { aborted, reason } = lost.signal;
      this.#emit({ type: "stoppedLeading", epoch: epoch.epoch, cause: aborted ? (reason as Error) : undefined });
    }
  }

  #follows(leader: LeaseEntry): void {
    this.#sight.saw(leader);
    this.#lastState = leader.state;
    this.#epoch = leader.epoch;
    if (leader.ingest.id === this.#leader?.id || leader.isReleased) return;
    this.#leader = leader.ingest;
    this.#emit({ type: "following", leader });
  }

  #emit(event: IngestEvent): void {
    this.#options.onEvent?.(event);
  }
}

function leaderLost(leader: IngestInfo | undefined): StreamError {
  return new StreamError(
    "connection_lost",
    `the ingest that led the feed has ended${leader ? `: ${leader.name}` : ""}`,
  );
}

function addCounts(sum: WriterCounts, counts: WriterCounts): void {
  sum.frames += counts.frames;
  sum.records += counts.records;
  sum.bytes += counts.bytes;
  sum.resyncs += counts.resyncs;
}
