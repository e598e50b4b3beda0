import type { LinkFaults } from "@tickerplant/cluster/testing";
import type { Random } from "../../shared/random.ts";
import { CLUSTER_FAULTS, type ClusterFault } from "../fault-injector.ts";

/** Faults of a link, by kind. */
const LINK_FAULTS = [
  "requests lost",
  "answers lost",
  "answers late",
  "requests in another order",
  "messages left out",
] as const;

/** Decides which faults the processes of a cluster and NATS have in one world: every seed has its own few kinds. */
export class ClusterFaults {
  /** Faults that happened, by kind. */
  readonly counts: Map<ClusterFault, number> = new Map();
  readonly #random: Random;
  readonly #rates = new Map<ClusterFault, number>();
  readonly #delayMs: number;
  #isHealed = false;

  constructor(random: Random) {
    this.#random = random;
    this.#delayMs = random.pick([0, 1, 20, 200]);
    const isCalm = random.chance(0.1);
    for (const kind of CLUSTER_FAULTS)
      this.#rates.set(kind, random.chance(0.35) && !isCalm ? random.pick([0.05, 0.15, 0.4]) : 0);
  }

  get isHealed(): boolean {
    return this.#isHealed;
  }

  /** Ends all faults. */
  heal(): void {
    this.#isHealed = true;
  }

  /** Whether a kind of fault can occur in this world. */
  has(kind: ClusterFault): boolean {
    return (this.#rates.get(kind) ?? 0) > 0;
  }

  /** Returns true if a fault occurs now, at the rate of its kind, and counts it. */
  occurs(kind: ClusterFault): boolean {
    if (this.#isHealed || !this.#random.chance(this.#rates.get(kind) ?? 0)) return false;
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    return true;
  }

  /** Returns the faults of a link for a while. */
  ofLink(): Partial<LinkFaults> {
    if (this.#isHealed) return { maxDelayMs: Math.min(20, this.#delayMs) };
    const [lostRequests, lostAnswers, late, reordered, leftOut] = LINK_FAULTS.map((kind) =>
      this.occurs(kind) ? this.#random.pick([0.01, 0.1, 0.3]) : 0,
    ) as [number, number, number, number, number]; // as many as kinds
    const maxDelayMs = late > 0 ? this.#random.pick([500, 1500, 3000]) : this.#delayMs;
    return { maxDelayMs, lostRequests, lostAnswers, reordered, leftOut };
  }
}

/** Whether a link is without faults that a process needs time to get over. */
export function isGood({
  maxDelayMs = 0,
  lostRequests = 0,
  lostAnswers = 0,
  reordered = 0,
  leftOut = 0,
}: Partial<LinkFaults>): boolean {
  return maxDelayMs <= 20 && lostRequests + lostAnswers + reordered + leftOut === 0;
}
