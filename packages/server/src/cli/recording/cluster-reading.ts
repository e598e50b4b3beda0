import type { Clock } from "@tickerplant/client";
import type { ChannelSymbols, StreamSchema } from "@tickerplant/client/wire";
import type * as ClusterPackage from "@tickerplant/cluster";
import type { ClusterError, FeedEvent, FeedPorts, Frame, ReaderIdentity, ReaderPosition } from "@tickerplant/cluster";
import type { Recorder } from "@tickerplant/recorder";
import { ClusterHealth } from "../../feeds/cluster/cluster-health.ts";
import type { FeedGap, SourceEvent } from "../../feeds/feed.ts";
import { positionOfPlace } from "./cluster-place.ts";
import { FrameRecorder, gapOf, type NumberedSink } from "./frame-recorder.ts";
import { CLUSTER_RECORDING_LIMITS as LIMITS } from "./limits.ts";
import type { RecordingProgress } from "./recording-progress.ts";

/** A recorder, as far as a reading needs it. */
export interface NumberedRecorder extends Pick<Recorder, "place" | "problem"> {
  readonly sink: NumberedSink;
  readonly metrics: Pick<Recorder["metrics"], "waitingBytes">;
}

/** Parts of a {@link ClusterReading}. */
export interface ClusterReadingParts {
  readonly cluster: typeof ClusterPackage;
  /** Opens the feed in NATS; resolves to undefined if the reading is to end. */
  readonly open: () => Promise<FeedPorts | undefined>;
  readonly identity: ReaderIdentity;
  /** The addresses of NATS, without user and password. */
  readonly servers: string;
  readonly recorder: NumberedRecorder;
  /** That of the feed's asset class. */
  readonly schema: StreamSchema;
  readonly clock: Clock;
  /** What happens between this process and NATS, and to the ingest. */
  readonly source: (event: SourceEvent) => void;
  readonly gap: (gap: FeedGap) => void;
}

/**
 * Reads a feed in NATS into a recorder: every frame once, from the recorder's place on, or from the oldest one that NATS
 * keeps. Stops reading while the disk does not accept what was read, because NATS keeps it, and a recorder drops it.
 */
export class ClusterReading implements RecordingProgress {
  readonly #parts: ClusterReadingParts;
  readonly #health: ClusterHealth;
  readonly #frames: FrameRecorder;
  readonly #unknownKinds = new Set<number>();
  /** Undefined before the first frame. */
  #position: ReaderPosition | undefined;
  #leaderEpoch = 0;
  #isLive = false;
  #isWaiting = false;
  /** Counts the states that frames have brought. */
  #stateCount = 0;
  #readPorts: FeedPorts | undefined;

  constructor(parts: ClusterReadingParts) {
    this.#parts = parts;
    const { cluster, recorder, schema, clock, servers, source } = parts;
    const { heartbeatMs, silentMs } = cluster.CLUSTER_LIMITS;
    this.#frames = new FrameRecorder({ cluster, sink: recorder.sink, schema });
    const sink = { report: source };
    this.#health = new ClusterHealth({ sink, clock, servers, heartbeatMs, silentMs, silent: () => {} });
  }

  get state(): string {
    if (this.#isWaiting) return "waiting for the disk";
    const { status } = this.#health;
    return status.isReady ? "open" : status.reason;
  }

  get recordCount(): number {
    return this.#frames.counts.record;
  }

  get openGaps(): number {
    return this.#frames.counts.gap;
  }

  get filledGaps(): number {
    return this.#frames.counts.filled;
  }

  /** What the feed carries; empty before that is known. */
  get carried(): ChannelSymbols {
    return this.#frames.carried;
  }

  /** Why nothing was read since the start; undefined if something was. */
  get failure(): string | undefined {
    return this.#isLive || this.#frames.counts.frame > 0 ? undefined : this.state;
  }

  /** Reads until the signal is aborted. Rejects with a ClusterError if trying again does not help. */
  async run(signal: AbortSignal): Promise<void> {
    const { cluster, open, clock, identity } = this.#parts;
    const ports = await this.#retried(open, signal);
    if (ports === undefined) return;
    this.#readPorts = ports;
    await this.#retried(() => this.#readLease(ports), signal);
    const presence = new cluster.Presence({
      entries: ports.readers,
      identity,
      clock,
      position: () => this.#position,
      details: () => ({}),
      failed: (error) => this.#failed(error),
    });
    try {
      while (!signal.aborted) {
        await this.#read(ports, signal);
        await this.#roomOnDisk(signal);
      }
    } finally {
      await presence.end();
    }
  }

  /** Calls `call` until NATS answers. Resolves to undefined when the signal is aborted. */
  async #retried<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
    const { cluster, clock } = this.#parts;
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

  /** Reads who leads and what is carried: the frames may say it only from the next change on. */
  async #readLease({ leases }: FeedPorts): Promise<void> {
    const { cluster, identity } = this.#parts;
    const before = this.#stateCount;
    const entry = await leases.get(cluster.tokenOf(identity.feed));
    if (entry === undefined) return;
    const { ingest, epoch, state } = cluster.readEntry(entry.value);
    if (this.#stateCount !== before) return; // a frame may have brought a later one
    this.#frames.stateChanged(state);
    this.#health.sourceChanged(state.problem);
    this.#led(ingest.name, epoch);
  }

  /** Reads from the recorder's place on, until the disk does not keep up, or the signal is aborted. */
  async #read({ log }: FeedPorts, signal: AbortSignal): Promise<void> {
    const { cluster, clock, recorder } = this.#parts;
    const { place } = recorder;
    const full = new AbortController();
    const reader = new cluster.FeedReader({
      log,
      clock,
      start: place === undefined ? { sequence: 1 } : { after: positionOfPlace(place) },
      events: {
        frame: (frame) => {
          const { position } = reader; // that of this frame
          if (position !== undefined) this.#frame(frame, position);
          if (!this.#hasRoom(LIMITS.maxWaitingBytes)) full.abort();
        },
        skipped: (skipped) => this.#skipped(skipped),
        rewound: (number) =>
          this.#failed(
            new Error(`NATS has lost the frames from ${number} on, which were recorded: records may come twice`),
          ),
        caughtUp: () => {
          this.#isLive = true;
          this.#health.caughtUp();
        },
        lost: (error) => this.#health.lost(error, error.code !== "no_stream"),
      },
    });
    this.#health.start();
    try {
      await reader.run(AbortSignal.any([signal, full.signal]));
    } finally {
      this.#health.stop();
    }
  }

  /** Waits until the disk accepts frames again. */
  async #roomOnDisk(signal: AbortSignal): Promise<void> {
    const pause = new this.#parts.cluster.Pause(this.#parts.clock);
    this.#isWaiting = true;
    while (!signal.aborted && !this.#hasRoom(LIMITS.resumeWaitingBytes)) await pause.wait(LIMITS.diskCheckMs, signal);
    this.#isWaiting = false;
  }

  #hasRoom(maxBytes: number): boolean {
    const { metrics, problem } = this.#parts.recorder;
    return problem === undefined && metrics.waitingBytes < maxBytes;
  }

  #frame(frame: Frame, position: ReaderPosition): void {
    this.#health.frame();
    // In a stream that was made again, epochs may count from 1.
    if (this.#position !== undefined && this.#position.logId !== position.logId) this.#leaderEpoch = 0;
    this.#position = position;
    const { event, unknownKind } = this.#frames.frame(frame, position);
    if (event !== undefined) this.#event(event, frame.epoch);
    if (unknownKind === undefined || this.#unknownKinds.has(unknownKind)) return;
    this.#unknownKinds.add(unknownKind);
    this.#failed(
      new Error(`the ingest writes frames of the kind ${unknownKind}, which this version leaves out: update it`),
    );
  }

  /** The recorder has the event by now. */
  #event(event: FeedEvent, epoch: number): void {
    switch (event.type) {
      case "epoch":
        this.#health.led();
        return this.#led(event.ingest.name, epoch);
      case "state":
        this.#stateCount++;
        return this.#health.sourceChanged(event.state.problem);
      case "gap":
        return this.#parts.gap(gapOf(event));
      case "filled": {
        const { type, channel, symbols, fromMs, toMs, recordCount } = event;
        return this.#parts.source({ type, channel, symbols, from: new Date(fromMs), to: new Date(toMs), recordCount });
      }
      case "ended":
        return this.#health.ended();
      default: // of the gateway's clients, or of a later version
    }
  }

  #led(name: string, epoch: number): void {
    if (epoch <= this.#leaderEpoch) return;
    this.#leaderEpoch = epoch;
    this.#parts.source({ type: "leader", name, epoch });
  }

  /** Frames are missing, and with them perhaps what the feed carries. */
  #skipped(skipped: ClusterPackage.SkippedFrames): void {
    for (const gap of this.#frames.skipped(skipped)) this.#parts.gap(gap);
    if (this.#readPorts === undefined) return;
    this.#readLease(this.#readPorts).catch((error: ClusterError) => this.#failed(error));
  }

  #failed(error: Error): void {
    this.#parts.source({ type: "failed", error });
  }
}
