import type { Clock, Timer } from "@tickerplant/client";
import { StreamError } from "@tickerplant/client/wire";
import type { FeedSink, FeedStatus, Outage } from "../feed.ts";
import { OutageReporter } from "../upstream/outage-reporter.ts";

/** Parts of a {@link ClusterHealth}. */
export interface ClusterHealthParts {
  readonly sink: Pick<FeedSink, "report" | "outage">;
  readonly clock: Clock;
  /** The addresses of NATS, without user and password. */
  readonly servers: string;
  /** How often the feed has a frame at least, in milliseconds, and after how long without one no ingest publishes. */
  readonly heartbeatMs: number;
  readonly silentMs: number;
  /** No ingest publishes: nothing of the past is still to be read. */
  readonly silent: () => void;
}

/** The reason of a feed that has not read NATS yet. */
export const NOT_READ = "NATS has not been read yet";

const SILENT = "no ingest publishes this feed";

/** Whether a feed of a cluster gets its records, and why not: for its status, for events, and for its clients. */
export class ClusterHealth {
  readonly #parts: ClusterHealthParts;
  readonly #outages: OutageReporter;
  #timer: Timer;
  /** Checks in a row without a frame. A time would count a pause of this process as silence of the ingest. */
  #silentCount = 0;
  /** Why NATS or the ingest is silent. */
  #loss: string | undefined;
  /** Why the ingest's source is. */
  #problem: string | undefined;
  #hasEnded = false;
  /** Whether what NATS had at the start was read: what ingests reported before is the past. */
  #isCaughtUp = false;
  #isReported = false;
  /** That of a lost cluster, and that of the ingest's source. */
  #ownOutage: Outage | undefined;
  #ingestOutage: Outage | undefined;
  #outage: Outage | undefined;

  constructor(parts: ClusterHealthParts) {
    this.#parts = parts;
    const report = parts.sink.report?.bind(parts.sink);
    const outage = (own: Outage | undefined): void => {
      this.#ownOutage = own;
      this.#updateOutage();
    };
    this.#outages = new OutageReporter({ ...(report && { report }), outage }, parts.clock);
  }

  /** Whether the feed gets its records at the moment. */
  get status(): FeedStatus {
    const reason = this.#reason;
    return reason === undefined ? { isReady: true } : { isReady: false, reason };
  }

  /** Whether NATS can be read and an ingest publishes. */
  get isConnected(): boolean {
    return this.#isCaughtUp && this.#loss === undefined;
  }

  /** Why the ingest's source sends nothing. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Frames are read from now on. */
  start(): void {
    const { clock, heartbeatMs } = this.#parts;
    this.#timer = clock.setTimer(() => {
      this.#check();
      this.start();
    }, heartbeatMs);
  }

  /** A frame came. */
  frame(): void {
    this.#silentCount = 0;
    if (this.#loss !== undefined) this.#restored();
  }

  /** Everything was read that NATS had. */
  caughtUp(): void {
    this.#isCaughtUp = true;
    this.#silentCount = 0;
    if (this.#loss !== SILENT) this.#restored();
    this.#updateOutage();
  }

  /** NATS cannot be read, or has no stream of the feed. */
  lost(error: Error, hasStream: boolean): void {
    if (hasStream) this.#lose(`NATS cannot be read: ${error.message}`, "connection_lost");
    else this.#lose(SILENT, "stale");
  }

  /** What an ingest says of its source has changed. */
  sourceChanged(problem: string | undefined): void {
    this.#hasEnded = false;
    if (problem === this.#problem) return;
    this.#problem = problem;
    if (!this.#isCaughtUp || this.#loss !== undefined) return;
    if (problem === undefined) this.#connected();
    else this.#outages.lost(new StreamError("server_error", `the ingest's source sends nothing: ${problem}`));
  }

  /** Another ingest leads: what the one before has reported is no longer so. */
  led(): void {
    this.#hasEnded = false;
    this.ingestOutage(undefined);
  }

  /** An ingest's source rejects the feed, or serves it again. */
  ingestOutage(outage: Outage | undefined): void {
    this.#ingestOutage = outage;
    this.#updateOutage();
  }

  /** The ingest's source has ended, and the ingest ends after it. */
  ended(): void {
    this.#hasEnded = true;
  }

  /** The feed ends. */
  stop(): void {
    this.#parts.clock.clearTimer(this.#timer);
    this.#outages.stop();
  }

  get #reason(): string | undefined {
    if (this.#hasEnded) return "the feed's source has ended";
    if (this.#loss !== undefined) return this.#loss;
    return this.#isCaughtUp ? this.#problem : NOT_READ;
  }

  #check(): void {
    const { heartbeatMs, silentMs, silent } = this.#parts;
    if (++this.#silentCount * heartbeatMs < silentMs || this.#loss !== undefined) return;
    silent();
    if (!this.#hasEnded) this.#lose(SILENT, "stale");
  }

  /** Codes are apart, because the reporter repeats none before the next connection. */
  #lose(reason: string, code: "connection_lost" | "stale"): void {
    if (this.#loss === reason) return;
    this.#loss = reason;
    this.#outages.lost(new StreamError(code, reason));
  }

  #restored(): void {
    const wasLost = this.#loss !== undefined;
    this.#loss = undefined;
    if (!this.#isCaughtUp || (this.#isReported && !wasLost)) return;
    if (this.#problem === undefined) this.#connected();
  }

  #connected(): void {
    this.#isReported = true;
    this.#outages.connected(this.#parts.servers);
  }

  #updateOutage(): void {
    const outage = this.#isCaughtUp ? (this.#ingestOutage ?? this.#ownOutage) : this.#ownOutage;
    const before = this.#outage;
    this.#outage = outage;
    if (outage?.number === before?.number && outage?.isTerminal === before?.isTerminal) return;
    this.#parts.sink.outage?.(outage);
  }
}
