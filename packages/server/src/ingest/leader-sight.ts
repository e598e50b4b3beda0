import type { Clock } from "@tickerplant/client";
import type { LeaseEntry } from "@tickerplant/cluster";

/**
 * Whether an ingest that follows sees the leader of its feed: the entry of the lease changes with each renewal, and is
 * read several times within the lease.
 */
export class LeaderSight {
  readonly #clock: Clock;
  #seen: { readonly entry: LeaseEntry; readonly atMs: number } | undefined;
  /** Why the lease could not be read lately. */
  #failure: string | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The entry was read, and has changed. */
  saw(entry: LeaseEntry): void {
    this.#seen = { entry, atMs: this.#clock.monotonic() };
    this.#failure = undefined;
  }

  /** The lease could not be read, or not be taken. */
  failed(error: Error): void {
    this.#failure = error.message;
  }

  /** What was seen is of an earlier time: this ingest has led since. A failure stays, because each is reported once. */
  forget(): void {
    this.#seen = undefined;
  }

  /** Why no leader is seen, in one sentence; undefined while one is. */
  get problem(): string | undefined {
    const reason = this.#unseen;
    return reason && (this.#failure ?? reason);
  }

  get #unseen(): string | undefined {
    if (this.#seen === undefined) return "no leader was seen yet";
    const { entry, atMs } = this.#seen;
    if (entry.isReleased) return `${entry.ingest.name} has given the lease up, and no ingest has taken it yet`;
    return this.#clock.monotonic() - atMs < entry.leaseMs ? undefined : `${entry.ingest.name} does not renew its lease`;
  }
}
