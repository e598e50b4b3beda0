import type { Clock, Timer } from "@tickerplant/client";
import { ClusterError } from "../cluster-error.ts";
import type { FeedState, IngestInfo } from "../frames/feed-event.ts";
import { CLUSTER_LIMITS } from "../limits.ts";
import type { Entry, EntryStore } from "../log/entry-store.ts";
import { Pause } from "../pause.ts";

/** What the entry of a lease says: who leads a feed, and how the feed is. */
export interface LeaseEntry {
  readonly ingest: IngestInfo;
  readonly epoch: number;
  /** How long the lease lasts without a renewal, in milliseconds. */
  readonly leaseMs: number;
  /** When the epoch began and when the lease was renewed, in milliseconds since the Unix epoch, by the leader's clock. */
  readonly sinceMs: number;
  readonly renewedMs: number;
  /** Whether the leader has given the lease up: another may take it at once. */
  readonly isReleased: boolean;
  readonly state: FeedState;
}

/** Parts of a {@link Lease}. */
export interface LeaseParts {
  readonly entries: EntryStore;
  /** The feed, as a key. */
  readonly key: string;
  readonly ingest: IngestInfo;
  readonly leaseMs: number;
  readonly clock: Clock;
  /** The state of the feed, which each renewal tells. */
  readonly state: () => FeedState;
  /** NATS does not answer while the lease is waited for or held; each cause once. */
  readonly failed: (error: ClusterError) => void;
}

/**
 * The right to lead a feed, held by one process at a time: an entry that the leader renews. A follower takes it when the
 * entry has not changed for the lease's length, by its own monotonic clock; the leader gives up earlier than that, by
 * its own, so that no clock has to agree with another. Needs nothing of NATS but a write that fails if the entry has
 * changed.
 *
 * A lease alone cannot keep a process that was paused from writing: the log does, which accepts nothing behind the first
 * frame of a later epoch.
 */
export class Lease {
  readonly #parts: LeaseParts;
  readonly #pause: Pause;
  #revision = 0;
  #epoch = 0;
  #sinceMs = 0;
  /** When the newest renewal that succeeded was sent, by the monotonic clock. */
  #renewedAtMs = Number.NEGATIVE_INFINITY;
  #timer: Timer;
  #isHeld = false;
  #lost: (error: ClusterError) => void = () => {};
  #failure: string | undefined;

  constructor(parts: LeaseParts) {
    this.#parts = parts;
    this.#pause = new Pause(parts.clock);
  }

  /** The epoch of the term that is held, or was last. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Whether the lease is held, as far as this process can know at this moment. */
  get isHeld(): boolean {
    return this.#isHeld && this.#parts.clock.monotonic() < this.#renewedAtMs + this.#validMs;
  }

  /**
   * Waits for the lease and takes it. `led` is called with each new value of the entry while another process leads.
   * Resolves to false when `signal` is aborted. `lost` is called once if the lease is lost.
   */
  async take(
    lost: (error: ClusterError) => void,
    signal: AbortSignal,
    led: (entry: LeaseEntry) => void = () => {},
  ): Promise<boolean> {
    const { entries, key, clock } = this.#parts;
    let seen: Entry | undefined;
    let seenAtMs = 0;
    while (!signal.aborted) {
      try {
        const entry = await entries.get(key);
        if (entry?.revision !== seen?.revision || seen === undefined) {
          seenAtMs = clock.monotonic();
          if (entry !== undefined) led(readEntry(entry.value));
        }
        seen = entry;
        const { epoch, leaseMs, isReleased } = entry === undefined ? NOBODY : readEntry(entry.value);
        const isFree = isReleased || clock.monotonic() - seenAtMs >= leaseMs;
        if (isFree && !signal.aborted && (await this.#write(entry, epoch + 1, false))) {
          this.#lost = lost;
          this.#isHeld = true;
          this.#failure = undefined;
          this.#armRenewal();
          return true;
        }
        this.#failure = undefined;
      } catch (error) {
        this.#report(error);
      }
      await this.#pause.wait(this.#parts.leaseMs / CLUSTER_LIMITS.renewalsPerLease, signal);
    }
    return false;
  }

  /** Gives the lease up, so that another process can take it at once. Does nothing if it is not held. */
  async release(): Promise<void> {
    if (!this.#isHeld) return;
    this.#end();
    try {
      await this.#parts.entries.update(this.#parts.key, this.#value(true), this.#revision);
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error; // it expires
    }
  }

  /** Gives the lease up without a word, because NATS does not answer or the term was fenced off. */
  drop(): void {
    this.#end();
  }

  get #validMs(): number {
    return this.#parts.leaseMs * CLUSTER_LIMITS.leaseMargin;
  }

  #end(): void {
    this.#isHeld = false;
    this.#parts.clock.clearTimer(this.#timer);
  }

  /** Writes the entry. Returns false if another process was faster. */
  async #write(before: Entry | undefined, epoch: number, isRenewal: boolean): Promise<boolean> {
    const { entries, key, clock } = this.#parts;
    const sentAtMs = clock.monotonic();
    const previous = [this.#epoch, this.#sinceMs] as const;
    this.#epoch = epoch;
    if (!isRenewal) this.#sinceMs = clock.now();
    const value = this.#value(false);
    const revision =
      before === undefined ? await entries.create(key, value) : await entries.update(key, value, before.revision);
    if (revision === undefined) {
      [this.#epoch, this.#sinceMs] = previous;
      return false;
    }
    this.#revision = revision;
    this.#renewedAtMs = sentAtMs;
    return true;
  }

  #value(isReleased: boolean): string {
    const { ingest, leaseMs, clock, state } = this.#parts;
    const entry: LeaseEntry = {
      ingest,
      epoch: this.#epoch,
      leaseMs,
      sinceMs: this.#sinceMs,
      renewedMs: clock.now(),
      isReleased,
      state: state(),
    };
    return JSON.stringify(entry);
  }

  #armRenewal(): void {
    const { clock, leaseMs } = this.#parts;
    const dueMs = Math.min(
      leaseMs / CLUSTER_LIMITS.renewalsPerLease,
      this.#renewedAtMs + this.#validMs - clock.monotonic(),
    );
    this.#timer = clock.setTimer(() => void this.#renew(), Math.max(0, dueMs));
  }

  async #renew(): Promise<void> {
    if (!this.isHeld) return this.#lose("it was not renewed in time: this process was paused, or NATS did not answer");
    const { entries, key, clock } = this.#parts;
    // The answer may come too late: then the lease is lost at its time, and not when NATS says so.
    const expired = clock.setTimer(
      () => this.#lose("NATS did not answer in time"),
      this.#renewedAtMs + this.#validMs - clock.monotonic(),
    );
    try {
      const sentAtMs = clock.monotonic();
      const revision = await entries.update(key, this.#value(false), this.#revision);
      if (revision === undefined) await this.#checkOwner();
      else {
        this.#revision = revision;
        this.#renewedAtMs = sentAtMs;
        this.#failure = undefined;
      }
    } catch (error) {
      this.#report(error);
    } finally {
      clock.clearTimer(expired);
    }
    if (this.#isHeld) this.#armRenewal();
  }

  /** A renewal failed because the entry has changed: by another process, or by a renewal whose answer was lost. */
  async #checkOwner(): Promise<void> {
    const entry = await this.#parts.entries.get(this.#parts.key);
    const owner = entry === undefined ? undefined : readEntry(entry.value);
    if (entry === undefined || owner?.ingest.id !== this.#parts.ingest.id || owner.epoch !== this.#epoch)
      return this.#lose(owner === undefined ? "its entry was removed" : `${owner.ingest.name} has taken it`);
    this.#revision = entry.revision;
  }

  #lose(reason: string): void {
    if (!this.#isHeld) return;
    this.#end();
    this.#lost(new ClusterError("lease_lost", `the lease was lost: ${reason}`));
  }

  #report(error: unknown): void {
    if (!(error instanceof ClusterError)) throw error;
    if (error.message === this.#failure) return;
    this.#failure = error.message;
    this.#parts.failed(error);
  }
}

const NOBODY = { epoch: 0, leaseMs: 0, isReleased: true };

/** Reads the value of a lease's entry, which {@link Lease} has written. */
export function readEntry(value: string): LeaseEntry {
  return JSON.parse(value) as LeaseEntry;
}
