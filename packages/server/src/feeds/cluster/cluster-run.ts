import type { Clock, Timer } from "@tickerplant/client";
import {
  type ChannelSymbols,
  isServerErrorNumber,
  SERVER_ERROR_TEXTS,
  StreamError,
  type StreamErrorCode,
  type StreamSchema,
  WILDCARD,
} from "@tickerplant/client/wire";
import type * as ClusterPackage from "@tickerplant/cluster";
import type {
  ClusterReport,
  DemandChange,
  FeedSink,
  FeedSource,
  FeedStatus,
  Outage,
  Rejection,
  SourcePlace,
} from "../feed.ts";
import { keysOf, symbolsOf } from "../upstream/symbol-keys.ts";
import { CarriedSymbols } from "./carried-symbols.ts";
import { ClusterDemand } from "./cluster-demand.ts";
import { ClusterHealth } from "./cluster-health.ts";
import { FrameRecords } from "./frame-records.ts";
import { CLUSTER_FEED_LIMITS } from "./limits.ts";

/** Parts of a {@link ClusterRun}. */
export interface ClusterRunParts {
  readonly cluster: typeof ClusterPackage;
  readonly open: () => Promise<ClusterPackage.FeedPorts>;
  readonly identity: ClusterPackage.ReaderIdentity;
  readonly servers: string;
  /** How far back it reads, unless there is a place to continue. */
  readonly historyMs: number;
  readonly after: () => SourcePlace | undefined;
  readonly schema: StreamSchema;
  readonly clock: Clock;
  readonly sink: FeedSink;
  readonly signal: AbortSignal;
}

/** One run of a feed of a cluster: the frames of the ingest, for the sink. */
export class ClusterRun {
  readonly #parts: ClusterRunParts;
  readonly #health: ClusterHealth;
  readonly #demand: ClusterDemand;
  readonly #records: FrameRecords;
  #ports: ClusterPackage.FeedPorts | undefined;
  #reader: ClusterPackage.FeedReader | undefined;
  #presence: ClusterPackage.Presence | undefined;
  #state: ClusterPackage.FeedState | undefined;
  #stateEpoch = 0;
  /** Counts the states that frames have brought. */
  #stateCount = 0;
  #leader: ClusterPackage.IngestInfo | undefined;
  #leaderEpoch = 0;
  #reportedEpoch: number | undefined;
  /** Whether frames are live: what NATS had at the start was read. */
  #isLive = false;
  /** Whether nothing of what NATS has is still to be read. */
  #isCaughtUp = false;
  #isComplete = false;
  /** Whether the time is reported from which on everything is read; until the ingest has everything, it may be later. */
  #begun: "no" | "perhaps" | "yes" = "no";
  /** Whether the first frame that was ever written was read. */
  #hasFirst = false;
  /** The log that is read. */
  #logId: string | undefined;
  /** Why frames behind the place to continue are missing. */
  #missing: string | undefined;
  #lookTimer: Timer;
  /** When the run was made, by the monotonic clock. */
  readonly #startedMs: number;
  #lastSequence: number | undefined;
  readonly #counts = { frame: 0, record: 0, skipped: 0, rewound: 0, leaderChange: 0 };
  readonly #unknownKinds = new Set<number>();

  constructor(parts: ClusterRunParts) {
    this.#parts = parts;
    const { clock, sink, identity, servers, cluster, schema } = parts;
    this.#startedMs = clock.monotonic();
    const { heartbeatMs, silentMs } = cluster.CLUSTER_LIMITS;
    this.#demand = new ClusterDemand({
      feed: identity.feed,
      clock,
      wantsChanged: () => this.#presence?.write(),
      withdrawn: (symbols, rejection) => sink.withdraw?.(symbols, rejection),
    });
    const silent = (): void => {
      this.#isLive = true; // what comes after a silence is new
      this.#demand.open();
    };
    this.#health = new ClusterHealth({ sink, clock, servers, heartbeatMs, silentMs, silent });
    this.#records = new FrameRecords(schema, sink, (error) => this.#failed(error));
  }

  /** Whether the feed gets its records at the moment. */
  get status(): FeedStatus {
    return this.#health.status;
  }

  /** What the records are, as far as an ingest has said it. */
  get source(): FeedSource | undefined {
    const source = this.#state?.source;
    return source === "live" || source === "simulated" || source === "replay" ? source : undefined;
  }

  /** Whether everything was published that the ingest has, and the ingest has everything. */
  get isCurrent(): boolean {
    return this.#isCaughtUp && this.#isComplete && this.#health.status.isReady;
  }

  /** Up to which market time the ingest has everything. */
  get marketMs(): number | undefined {
    const completeMs = this.#reader?.position?.completeMs;
    return Number.isFinite(completeMs) ? completeMs : undefined;
  }

  /** How it reads the cluster. */
  get report(): ClusterReport {
    const position = this.#reader?.position;
    const { frame, record, skipped, rewound, leaderChange } = this.#counts;
    const { problem } = this.#health;
    const leader = this.#leader && { name: this.#leader.name, version: this.#leader.version };
    return {
      servers: this.#parts.servers,
      isConnected: this.#health.isConnected,
      ...(leader !== undefined && { leader }),
      epoch: position?.epoch ?? 0,
      number: position?.number ?? 0,
      ...(position !== undefined && { lagMs: position.readMs - position.madeMs }),
      ...(this.#lastSequence !== undefined && {
        behindCount: Math.max(0, this.#lastSequence - (position?.number ?? 0)),
      }),
      frameCount: frame,
      recordCount: record,
      skippedCount: skipped,
      rewoundCount: rewound,
      leaderChangeCount: leaderChange,
      ...(problem !== undefined && { problem }),
    };
  }

  /** The clients' demand has changed. */
  demand(change: DemandChange): void {
    this.#demand.change(change);
  }

  /** Resolves when the signal is aborted. Rejects with what trying again does not help against. */
  async run(): Promise<void> {
    const { cluster, open, clock, identity, sink, signal } = this.#parts;
    try {
      const ports = await this.#retried(open);
      if (ports === undefined) return;
      this.#ports = ports;
      // Before the lease is read: what has changed since is in the frames.
      const start = await this.#retried(() => this.#start(ports.log));
      if (start === undefined) return;
      await this.#retried(() => this.#readLease(ports));
      if (signal.aborted) return;
      const reader = new cluster.FeedReader({
        log: ports.log,
        clock,
        start,
        events: this.#events(),
      });
      this.#reader = reader;
      this.#presence = new cluster.Presence({
        entries: ports.readers,
        identity,
        clock,
        position: () => reader.position,
        details: () => ({ clients: sink.clientCount, wants: this.#demand.wants }),
        failed: (error) => this.#failed(error),
      });
      this.#look(ports.log);
      this.#health.start();
      await reader.run(signal);
    } finally {
      this.#demand.stop();
      this.#health.stop();
      clock.clearTimer(this.#lookTimer);
      await this.#presence?.end();
    }
  }

  /** Calls `call` until NATS answers. Resolves to undefined when the signal is aborted. */
  async #retried<T>(call: () => Promise<T>): Promise<T | undefined> {
    const { cluster, clock, signal } = this.#parts;
    const pause = new cluster.Pause(clock);
    while (!signal.aborted) {
      try {
        return await call();
      } catch (error) {
        if (!cluster.hasCode(error, "unreachable")) throw error;
        this.#health.lost(error, true);
      }
      await pause.wait(cluster.CLUSTER_LIMITS.retryMaxMs, signal);
    }
    return undefined;
  }

  /** Where to begin: behind the place to continue, if there is one. */
  async #start(log: ClusterPackage.MessageLog): Promise<ClusterPackage.LogStart> {
    const { cluster, clock, historyMs, after } = this.#parts;
    const place = after();
    if (place === undefined) return { sinceMs: clock.now() - Math.max(historyMs, CLUSTER_FEED_LIMITS.minHistoryMs) };
    const state = await log.state().catch((error: unknown) => {
      if (cluster.hasCode(error, "no_stream")) return undefined;
      throw error;
    });
    if (state?.id !== place.source) {
      this.#missing = "the stream was deleted and made again";
      return { sequence: 1 };
    }
    const { firstSequence, lastSequence } = state;
    // NATS may have lost frames that were read: what it has in their place is new.
    const next = Math.min(place.sequence, lastSequence) + 1;
    if (next < firstSequence)
      this.#missing = `the stream does not keep ${firstSequence - next} frames any more that followed`;
    return { sequence: next };
  }

  /** Reads who leads and what is carried: the frames may say it only from the next change on. */
  async #readLease({ leases }: ClusterPackage.FeedPorts): Promise<void> {
    const { cluster, identity } = this.#parts;
    const before = this.#stateCount;
    const entry = await leases.get(cluster.tokenOf(identity.feed));
    if (entry === undefined) return;
    const { ingest, epoch, state } = cluster.readEntry(entry.value);
    this.#led(ingest, epoch);
    if (this.#stateCount === before) this.#stateChanged(state, epoch); // otherwise a frame may have brought a later one
  }

  #events(): ClusterPackage.FeedReaderEvents {
    return {
      frame: (frame) => this.#frame(frame),
      skipped: ({ fromMs, toMs, cause }) => this.#skipped({ fromMs, toMs, message: cause.message }),
      rewound: (number) => {
        this.#counts.rewound++;
        this.#failed(new Error(`NATS has lost the frames from ${number} on, which were read: records may come twice`));
      },
      caughtUp: () => this.#caughtUp(),
      lost: (error) => {
        this.#isCaughtUp = false;
        const hasStream = error.code !== "no_stream";
        this.#health.lost(error, hasStream);
        if (hasStream) this.#demand.close();
        else this.#demand.open();
      },
    };
  }

  #caughtUp(): void {
    this.#isLive = true;
    this.#isCaughtUp = true;
    this.#health.caughtUp();
    this.#reportLeader();
    this.#demand.open();
  }

  #frame(frame: ClusterPackage.Frame): void {
    this.#counts.frame++;
    this.#counts.record += frame.recordCount;
    this.#health.frame();
    this.#isComplete = frame.isComplete;
    const logId = this.#reader?.position?.logId ?? ""; // the position is that of this frame
    if (logId !== this.#logId) this.#beginLog(logId);
    if (this.#begun !== "yes") this.#begin(frame);
    this.#publish(frame);
    this.#parts.sink.reached?.({ source: logId, sequence: frame.number });
  }

  /** In a stream that was made again, epochs may count from 1. */
  #beginLog(logId: string): void {
    if (this.#logId !== undefined) {
      this.#leaderEpoch = 0;
      this.#stateEpoch = 0;
    }
    this.#logId = logId;
  }

  #publish(frame: ClusterPackage.Frame): void {
    const { FrameKind } = this.#parts.cluster;
    switch (frame.kind) {
      case FrameKind.RECORDS:
        return this.#records.publish(frame.payload, false);
      case FrameKind.FILLED:
        return this.#records.publish(frame.payload, true);
      case FrameKind.EVENT:
        return this.#event(this.#parts.cluster.decodeEvent(frame.payload), frame.epoch);
      case FrameKind.HEARTBEAT:
        return;
      default:
        return this.#unknown(frame.kind);
    }
  }

  /**
   * Of earlier times than the watermark of the first frame, records may be in frames before it. While the ingest has an
   * open gap, its watermark stays behind, and later ones may be.
   */
  #begin(frame: ClusterPackage.Frame): void {
    const { completeMs, isComplete, number } = frame;
    if (number === 1) this.#hasFirst = true;
    if (this.#hasFirst) return this.#beginWithFirst(frame);
    if (!Number.isFinite(completeMs) || (this.#begun === "perhaps" && !isComplete)) return;
    this.#begun = isComplete ? "yes" : "perhaps";
    this.#parts.sink.begins?.(new Date(completeMs));
    if (this.#missing === undefined || !isComplete) return;
    this.#skipped({ fromMs: Number.NEGATIVE_INFINITY, toMs: completeMs, message: this.#missing });
  }

  /** Nothing is missing from the first frame of all on: the feed begins with its first record. */
  #beginWithFirst({ kind, recordCount, payload }: ClusterPackage.Frame): void {
    const { RECORDS, FILLED } = this.#parts.cluster.FrameKind;
    if (recordCount === 0 || (kind !== RECORDS && kind !== FILLED)) return;
    this.#begun = "yes";
    const beginMs = this.#records.earliestMs(payload) - 1;
    this.#parts.sink.begins?.(new Date(beginMs));
    if (this.#missing !== undefined)
      this.#skipped({ fromMs: Number.NEGATIVE_INFINITY, toMs: beginMs, message: this.#missing });
  }

  #unknown(kind: number): void {
    if (this.#unknownKinds.has(kind)) return;
    this.#unknownKinds.add(kind);
    this.#failed(new Error(`the ingest writes frames of the kind ${kind}, which this version leaves out: update it`));
  }

  #event(event: ClusterPackage.FeedEvent, epoch: number): void {
    const { sink } = this.#parts;
    switch (event.type) {
      case "epoch":
        this.#health.led();
        return this.#led(event.ingest, epoch);
      case "state":
        this.#stateCount++;
        return this.#stateChanged(event.state, epoch);
      case "gap": {
        const { channel, symbols, fromMs, toMs, message } = event;
        // The code is of the ingest's version of this project, which may be a later one.
        const cause = new StreamError(event.cause as StreamErrorCode, message);
        return sink.gap?.({ channel, symbols, from: new Date(fromMs), to: new Date(toMs), cause });
      }
      case "filled": {
        const { channel, symbols, fromMs, toMs, recordCount } = event;
        const [from, to] = [new Date(fromMs), new Date(toMs)];
        return sink.report?.({ type: "filled", channel, symbols, from, to, recordCount });
      }
      case "rejected":
        return this.#demand.rejected(event.symbols, rejectionOf(event));
      case "withdrawn":
        return this.#demand.withdrawn(event.symbols, rejectionOf(event));
      case "outage":
        return this.#health.ingestOutage(outageOf(event));
      case "ended":
        return this.#health.ended();
      default: // of a later version
    }
  }

  #led(ingest: ClusterPackage.IngestInfo, epoch: number): void {
    if (epoch < this.#leaderEpoch) return; // the lease has shown a later one
    this.#leader = ingest;
    this.#leaderEpoch = epoch;
    if (this.#isLive) this.#reportLeader();
  }

  /** Those that led before this process had caught up are the past. */
  #reportLeader(): void {
    if (this.#leader === undefined || this.#leaderEpoch === this.#reportedEpoch) return;
    if (this.#reportedEpoch !== undefined) this.#counts.leaderChange++;
    this.#reportedEpoch = this.#leaderEpoch;
    this.#parts.sink.report?.({ type: "leader", name: this.#leader.name, epoch: this.#leaderEpoch });
  }

  #stateChanged(state: ClusterPackage.FeedState, epoch: number): void {
    if (epoch < this.#stateEpoch) return;
    const hadProblem = this.#state?.problem !== undefined;
    this.#state = state;
    this.#stateEpoch = epoch;
    const { isOnDemand, problem } = state;
    const carried = new CarriedSymbols(state.carried);
    this.#demand.stateChanged({ carried, isOnDemand, problem });
    this.#health.sourceChanged(problem);
    if (problem === undefined) this.#parts.sink.narrowed?.((channel, symbol) => carried.has(channel, symbol));
    else if (!hadProblem) this.#parts.sink.narrowed?.(() => false);
  }

  /** Frames are missing: records of everything that is carried, and perhaps what was reported between them. */
  #skipped({ fromMs, toMs, message }: { fromMs: number; toMs: number; message: string }): void {
    this.#counts.skipped++;
    const { sink, schema } = this.#parts;
    const to = new Date(toMs);
    // Before the first record there is no watermark: frames are missing from the time of this run alone.
    const firstMs = Number.isFinite(fromMs) ? fromMs : toMs - (this.#parts.clock.monotonic() - this.#startedMs);
    const error = new StreamError("connection_lost", message);
    const all = Object.fromEntries(schema.subscribable.map((channel) => [channel, [WILDCARD]]));
    const report = (missing: ChannelSymbols): void => {
      for (const [channel, symbols = []] of Object.entries(missing)) {
        const from = new Date(firstMs - (schema.traits[channel]?.spanMs ?? 0)); // a bar has the time of its start
        sink.gap?.({ channel, symbols, from, to, cause: error });
      }
    };
    const known = new CarriedSymbols(this.#state?.carried ?? all);
    report(known.symbols);
    if (this.#ports === undefined) return;
    // The missing frames may have said that more is carried.
    const reportMore = (carried: ChannelSymbols): void => report(symbolsOf(known.missing(keysOf(carried))));
    this.#readLease(this.#ports).then(
      () => reportMore(this.#state?.carried ?? all),
      (failure: Error) => {
        this.#failed(failure);
        reportMore(all);
      },
    );
  }

  /** Looks how far the log is, every two seconds, for reports. */
  #look(log: ClusterPackage.MessageLog): void {
    const { clock, cluster, signal } = this.#parts;
    log
      .state()
      .then(({ lastSequence }) => {
        this.#lastSequence = lastSequence;
      })
      .catch(() => {}) // the reader reports it
      .finally(() => {
        if (signal.aborted) return;
        this.#lookTimer = clock.setTimer(() => this.#look(log), cluster.CLUSTER_LIMITS.presenceMs);
      });
  }

  #failed(error: Error): void {
    this.#parts.sink.report?.({ type: "failed", error });
  }
}

function rejectionOf({ number, message }: Rejection): Rejection {
  return { number, message };
}

function outageOf({
  number,
  message,
  isTerminal = false,
}: ClusterPackage.FeedEvent & { readonly type: "outage" }): Outage | undefined {
  if (number === undefined) return undefined;
  return { number, message: message ?? (isServerErrorNumber(number) ? SERVER_ERROR_TEXTS[number] : ""), isTerminal };
}
