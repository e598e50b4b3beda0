import type { Faults } from "tickerplant";
import type { Random } from "../shared/random.ts";
import type { WorldClock } from "./world-clock.ts";

/** Every kind of fault; the names that the program prints. */
export const FAULT_KINDS = [
  "connection refused",
  "connection unanswered",
  "HTTP 429",
  "HTTP 500",
  "HTTP 401",
  "406 at auth",
  "500 at auth",
  "402 at auth",
  "subscribe rejected",
  "unsolicited error",
  "late answer",
  "lost answer",
  "frame split",
  "network stalled",
  "narrow network",
  "connection cut",
  "cut within a frame",
  "half open",
  "mute",
  "closed by the gateway",
  "handler slow",
  "handler throws",
  "handler rejects",
  "handler never settles",
  "iterator not read",
  "outlying time",
] as const;

/** What a history may do wrong; decided by {@link SimulatedHistory}. */
export type HistoryFault =
  | "history late"
  | "history slow"
  | "history fails"
  | "history fails for long"
  | "history begins later"
  | "history loses a record"
  | "history loses a page"
  | "history shifts a page"
  | "history refuses"
  | "history rejects a symbol";

/** What may happen to the gateway of the market behind a relay; decided by {@link RelayChain}. */
export type RelayFault = "gateway restarted" | "symbol rejected";

/** What may happen to the processes of a cluster and to NATS; decided by {@link ClusterFaults}. */
export type ClusterFault = (typeof CLUSTER_FAULTS)[number];

/** Every {@link ClusterFault}. */
export const CLUSTER_FAULTS = [
  "ingest killed",
  "ingest killed as it takes over",
  "ingest killed during a fill",
  "ingest killed without upstream",
  "ingest stopped",
  "ingest paused",
  "ingest without NATS",
  "ingest without upstream",
  "reader killed",
  "reader paused",
  "reader without NATS",
  "NATS restarted",
  "NATS lost its newest frames",
  "old frames removed",
  "requests lost",
  "answers lost",
  "answers late",
  "requests in another order",
  "messages left out",
  "market's gateway restarted",
] as const;

/** A kind of fault. */
export type FaultKind = (typeof FAULT_KINDS)[number] | HistoryFault | RelayFault | ClusterFault;

/** Error numbers that answer a subscribe, plausible or not. */
const SUBSCRIBE_ERRORS = [400, 405, 405, 409, 410, 500];
/** Numbers of errors that answer no request. */
const UNSOLICITED_ERRORS = [405, 406, 407, 429, 500];

/**
 * Decides which faults occur in one world. Every seed has its own few kinds of faults, at different
 * rates: with all of them at once no connection would last long enough for the rare ones.
 */
export class FaultInjector {
  /** Faults that happened, by kind. */
  readonly counts: Map<FaultKind, number> = new Map();
  /** While true, no records leave the gateway. */
  isMute = false;
  /** True if the connection is cut within the next record that is sent. */
  cutsNextRecord = false;
  /** Virtual time of the newest fault. */
  lastFaultMs = 0;
  readonly #clock: WorldClock;
  readonly #random: Random;
  readonly #rates = new Map<FaultKind, number>();
  readonly #ackDelayMs: number;
  #ackDueMs = 0;
  #isHealed = false;

  /** Faults of the kinds in `without` do not occur. */
  constructor(clock: WorldClock, random: Random, without: readonly FaultKind[] = []) {
    this.#clock = clock;
    this.#random = random;
    this.#ackDelayMs = random.pick([50, 700, 3000, 9000]);
    const isCalm = random.chance(0.1);
    for (const kind of FAULT_KINDS) {
      const isEnabled = random.chance(0.4) && !isCalm && !without.includes(kind);
      this.#rates.set(kind, isEnabled ? random.pick([0.03, 0.1, 0.3]) : 0);
    }
  }

  /** True once no more faults occur. */
  get isHealed(): boolean {
    return this.#isHealed;
  }

  /** Ends all faults. */
  heal(): void {
    this.#isHealed = true;
    this.isMute = false;
    this.cutsNextRecord = false;
  }

  /** Returns true if a fault occurs now, at the rate of its kind times `factor`, and counts it. */
  occurs(kind: FaultKind, factor = 1): boolean {
    if (this.#isHealed || !this.#random.chance((this.#rates.get(kind) ?? 0) * factor)) return false;
    this.count(kind);
    return true;
  }

  /** True if a kind of fault can occur in this world. */
  has(kind: FaultKind): boolean {
    return (this.#rates.get(kind) ?? 0) > 0;
  }

  /** Counts a fault. */
  count(kind: FaultKind): void {
    this.lastFaultMs = this.#clock.monotonic();
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }

  /** Returns the number of an error for an authenticated session. */
  unsolicitedError(): number {
    return this.#random.pick(UNSOLICITED_ERRORS);
  }

  /** Returns the faults of the gateway, which reads them each time: every read is a new decision. */
  forGateway(): Faults {
    const faults = this;
    let retryAfterS: number | undefined;
    return {
      get httpStatus(): number {
        retryAfterS = faults.#random.chance(0.5) ? faults.#random.between(0, 5) : undefined;
        if (faults.occurs("HTTP 429")) return 429;
        if (faults.occurs("HTTP 500")) return faults.#random.pick([500, 502, 503]);
        if (faults.occurs("HTTP 401", 0.2)) return 401;
        return undefined as unknown as number; // undefined is no fault to the gateway
      },
      get retryAfterS(): number {
        return retryAfterS as number; // undefined is no header, as above
      },
      get authError(): number {
        if (faults.occurs("406 at auth")) return 406;
        if (faults.occurs("500 at auth")) return 500;
        if (faults.occurs("402 at auth", 0.2)) return 402;
        return undefined as unknown as number; // as above
      },
      get subscribeError(): number {
        const isRejected = faults.occurs("subscribe rejected");
        return (isRejected ? faults.#random.pick(SUBSCRIBE_ERRORS) : undefined) as number; // as above
      },
      get ackDelayMs(): number {
        return faults.#nextAckDelayMs() as number; // as above
      },
      get isMute(): boolean {
        return faults.isMute;
      },
      get maxRecordsPerFrame(): number {
        const isSplit = faults.occurs("frame split");
        return (isSplit ? 1 : undefined) as number; // as above
      },
      get cutAfterRecords(): number {
        return (faults.cutsNextRecord ? 1 : undefined) as number; // as above
      },
    };
  }

  /** Late answers keep their order, as those of a server do. */
  #nextAckDelayMs(): number | undefined {
    const nowMs = this.#clock.monotonic();
    if (this.occurs("late answer")) this.#ackDueMs = Math.max(this.#ackDueMs, nowMs + this.#ackDelayMs);
    return this.#ackDueMs > nowMs ? this.#ackDueMs - nowMs : undefined;
  }
}
