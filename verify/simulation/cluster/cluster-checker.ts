import { CLUSTER_LIMITS } from "@tickerplant/cluster";
import type { IngestEvent } from "tickerplant/cluster";
import type { Invariants } from "../invariants.ts";
import type { IngestUnderTest } from "./ingest-under-test.ts";
import type { LogChecker } from "./log-checker.ts";
import type { ReaderUnderTest } from "./reader-under-test.ts";
import type { SimulatedNats } from "./simulated-nats.ts";

/** How long a reader may take to read what the log has, when nothing keeps it from reading. */
const READ_MS = 20_000;

/** How long an ingest may take to stop: what it waits for has limits of its own. */
export const STOP_MS = 20_000;

/** More than a record has in a frame: one is added to a frame that is not full. */
const RECORD_BYTES = 300;

/** What the requests of a take-over take at most, over a good link. */
const HAND_OVER_MS = 800;

/** Leases for which a take-over of one that was given up differs clearly from one that has expired. */
const LONG_LEASE_MS = 4_000;

/** Parts of a {@link ClusterChecker}. */
export interface CheckerParts {
  readonly invariants: Invariants;
  readonly nats: SimulatedNats;
  readonly log: LogChecker;
  readonly ingests: readonly IngestUnderTest[];
  readonly readers: readonly ReaderUnderTest[];
  readonly leaseMs: number;
}

/** Checks what concerns several processes of a cluster, and their progress. */
export class ClusterChecker {
  readonly #parts: CheckerParts;
  /** The log's end at some times, oldest first. */
  readonly #ends: { readonly atMs: number; readonly sequence: number }[] = [];
  /** Until when another ingest has to lead, because the leader has given the lease up. */
  #handOver: { readonly epoch: number; readonly dueMs: number } | undefined;

  constructor(parts: CheckerParts) {
    this.#parts = parts;
  }

  /** What the cluster lacks; undefined if it is complete. */
  get lack(): string | undefined {
    const { ingests, log, readers } = this.#parts;
    const leaders = ingests.filter(({ isLeader }) => isLeader).length;
    if (leaders !== 1) return `${leaders} ingests lead`;
    if (log.newest?.frame.isComplete !== true) return "the leader does not have everything";
    const reader = readers.find(({ isCurrent }) => !isCurrent);
    return reader && `${reader.name} does not have everything`;
  }

  /** A process has started: it may take the lease, and need longer. */
  started(): void {
    this.#handOver = undefined;
  }

  /** A leader that ends in good order gives its lease up: another leads before it would expire. */
  ingestEvent(ingest: IngestUnderTest, event: IngestEvent): void {
    const { ingests, leaseMs, invariants } = this.#parts;
    if (event.type !== "stoppedLeading" || event.cause !== undefined || leaseMs < LONG_LEASE_MS) return;
    if (!isReady(ingest) || !ingests.some(this.#isReadyToLead)) return;
    this.#handOver = { epoch: event.epoch, dueMs: invariants.nowMs + leaseMs / 2 + HAND_OVER_MS };
  }

  /** After each event. */
  checkEach(): void {
    const { invariants } = this.#parts;
    invariants.check();
    this.#checkHandOver();
    const connected = this.#parts.ingests.filter(
      ({ connection, process }) => connection !== undefined && process?.isPaused === false,
    );
    if (connected.length < 2) return;
    // A process that has just gone on needs a moment to find out that it has lost the lease.
    const isNew = connected.some(({ process }) => process?.resumedMs === invariants.nowMs);
    invariants.assert(isNew, () => `${connected.map(({ name }) => name).join(" and ")} are connected upstream`);
  }

  /** Now and then. */
  checkProgress(): void {
    const { maxWaitingBytes, maxFrameBytes } = CLUSTER_LIMITS;
    for (const ingest of this.#parts.ingests) ingest.check(maxWaitingBytes + maxFrameBytes + RECORD_BYTES, STOP_MS);
    this.#checkReaders();
  }

  /** The end: nobody has to lead any more. */
  end(): void {
    this.#handOver = undefined;
  }

  #checkHandOver(): void {
    const handOver = this.#handOver;
    if (handOver === undefined) return;
    const { log, ingests, invariants } = this.#parts;
    const isLed = (log.newest?.frame.epoch ?? 0) > handOver.epoch;
    if (isLed || !ingests.some(this.#isReadyToLead)) this.#handOver = undefined;
    else
      invariants.assert(
        invariants.nowMs <= handOver.dueMs,
        () => `no ingest has taken over from the epoch ${handOver.epoch}, which was given up`,
      );
  }

  readonly #isReadyToLead = (ingest: IngestUnderTest): boolean => {
    const { leaseMs, invariants } = this.#parts;
    const sinceMs = ingest.process?.healthySinceMs ?? Number.POSITIVE_INFINITY;
    return isReady(ingest) && !ingest.isStopping && sinceMs < invariants.nowMs - leaseMs;
  };

  /** A reader that nothing disturbs is not far behind. */
  #checkReaders(): void {
    const { invariants, nats, readers } = this.#parts;
    const { nowMs } = invariants;
    const { lastSequence } = nats;
    while ((this.#ends[1]?.atMs ?? nowMs) <= nowMs - READ_MS) this.#ends.shift();
    const before = this.#ends[0];
    this.#ends.push({ atMs: nowMs, sequence: lastSequence });
    if (before === undefined || before.atMs > nowMs - READ_MS) return;
    for (const reader of readers)
      if (isReady(reader) && (reader.process?.healthySinceMs ?? nowMs) <= before.atMs)
        reader.checkProgress(Math.min(before.sequence, lastSequence));
  }
}

/** Whether nothing delays what a process does, or asks NATS for. */
function isReady({ process }: IngestUnderTest | ReaderUnderTest): boolean {
  return process?.isHealthy === true && process.isLinkGood;
}
