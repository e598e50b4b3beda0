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

/** From taking a lease to losing it or giving it up. */
interface Term {
  readonly epoch: number;
  readonly sinceMs: number;
  readonly lost: (error: ClusterError) => void;
  /** The revision of the entry, as far as it is known. */
  revision: number;
  /** When the newest renewal that succeeded was sent, by the monotonic clock. */
  renewedAtMs: number;
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
  /** The term that is held; undefined while none is. */
  #term: Term | undefined;
  #epoch = 0;
  #timer: Timer;
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
    return this.#term !== undefined && this.#parts.clock.monotonic() < this.#term.renewedAtMs + this.#validMs;
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
    const { entries, key, clock, ingest } = this.#parts;
    let seen: Entry | undefined;
    let seenAtMs = 0;
    while (!signal.aborted) {
      try {
        const entry = await entries.get(key);
        const owner = entry === undefined ? undefined : readEntry(entry.value);
        // An entry of its own is of a term that it has lost, or of a write whose answer was lost.
        const isOwn = owner?.ingest.id === ingest.id;
        if (entry?.revision !== seen?.revision || seen === undefined) {
          seenAtMs = clock.monotonic();
          if (owner !== undefined && !isOwn) led(owner);
        }
        seen = entry;
        const isFree =
          owner === undefined || isOwn || owner.isReleased || clock.monotonic() - seenAtMs >= owner.leaseMs;
        if (isFree && !signal.aborted && (await this.#begin(entry, (owner?.epoch ?? 0) + 1, lost))) {
          if (!signal.aborted) return true;
          await this.release();
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
    const term = this.#term;
    if (term === undefined) return;
    this.#end();
    const { entries, key } = this.#parts;
    try {
      if ((await entries.update(key, this.#value(term, true), term.revision)) !== undefined) return;
      // A renewal was under way, or its answer was lost.
      const entry = await entries.get(key);
      if (entry !== undefined && this.#isOf(term, readEntry(entry.value)))
        await entries.update(key, this.#value(term, true), entry.revision);
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
    this.#term = undefined;
    this.#parts.clock.clearTimer(this.#timer);
  }

  /** Writes the entry of a new term. Returns false if another process was faster, or the answer came too late. */
  async #begin(before: Entry | undefined, epoch: number, lost: Term["lost"]): Promise<boolean> {
    const { entries, key, clock } = this.#parts;
    const term: Term = { epoch, sinceMs: clock.now(), lost, revision: 0, renewedAtMs: clock.monotonic() };
    const value = this.#value(term, false);
    const revision =
      before === undefined ? await entries.create(key, value) : await entries.update(key, value, before.revision);
    if (revision === undefined || clock.monotonic() >= term.renewedAtMs + this.#validMs) return false;
    term.revision = revision;
    this.#term = term;
    this.#epoch = epoch;
    this.#failure = undefined;
    this.#armRenewal(term);
    return true;
  }

  #value({ epoch, sinceMs }: Term, isReleased: boolean): string {
    const { ingest, leaseMs, clock, state } = this.#parts;
    const entry: LeaseEntry = { ingest, epoch, leaseMs, sinceMs, renewedMs: clock.now(), isReleased, state: state() };
    return JSON.stringify(entry);
  }

  #armRenewal(term: Term): void {
    const { clock, leaseMs } = this.#parts;
    const leftMs = term.renewedAtMs + this.#validMs - clock.monotonic();
    const dueMs = Math.min(leaseMs / CLUSTER_LIMITS.renewalsPerLease, leftMs);
    this.#timer = clock.setTimer(() => this.#renew(term), Math.max(0, dueMs));
  }

  /** The next renewal does not wait for the answer to this one, which may be lost. */
  #renew(term: Term): void {
    if (!this.isHeld) {
      this.#lose(term, "it was not renewed in time: this process was paused, or NATS did not answer");
      return;
    }
    this.#armRenewal(term);
    this.#sendRenewal(term).catch((error: unknown) => {
      if (this.#term === term || !(error instanceof ClusterError)) this.#report(error);
    });
  }

  async #sendRenewal(term: Term): Promise<void> {
    const { entries, key, clock } = this.#parts;
    let isOwn = true;
    while (isOwn && this.#term === term) {
      const sentAtMs = clock.monotonic();
      const revision = await entries.update(key, this.#value(term, false), term.revision);
      if (revision !== undefined) {
        // Answers may come in another order.
        term.revision = Math.max(term.revision, revision);
        term.renewedAtMs = Math.max(term.renewedAtMs, sentAtMs);
        this.#failure = undefined;
        return;
      }
      isOwn = await this.#checkOwner(term);
    }
  }

  /**
   * A renewal failed because the entry has changed: by another process, or by a renewal whose answer was lost. Returns
   * whether the term goes on.
   */
  async #checkOwner(term: Term): Promise<boolean> {
    const entry = await this.#parts.entries.get(this.#parts.key);
    const owner = entry === undefined ? undefined : readEntry(entry.value);
    if (entry === undefined || owner === undefined || !this.#isOf(term, owner)) {
      this.#lose(term, owner === undefined ? "its entry was removed" : `${owner.ingest.name} has taken it`);
      return false;
    }
    term.revision = entry.revision;
    return true;
  }

  #isOf(term: Term, { ingest, epoch }: LeaseEntry): boolean {
    return ingest.id === this.#parts.ingest.id && epoch === term.epoch;
  }

  #lose(term: Term, reason: string): void {
    if (this.#term !== term) return;
    this.#end();
    term.lost(new ClusterError("lease_lost", `the lease was lost: ${reason}`));
  }

  #report(error: unknown): void {
    if (!(error instanceof ClusterError)) throw error;
    if (error.message === this.#failure) return;
    this.#failure = error.message;
    this.#parts.failed(error);
  }
}

/**
 * Reads the value of a lease's entry, which {@link Lease} has written.
 *
 * @throws ClusterError `failed` for anything else.
 */
export function readEntry(value: string): LeaseEntry {
  try {
    const entry = JSON.parse(value) as LeaseEntry | null; // written by Lease, checked below
    if (typeof entry?.epoch === "number" && typeof entry.leaseMs === "number" && typeof entry.ingest?.id === "string")
      return entry;
  } catch (error) {
    throw new ClusterError("failed", "the entry of the lease cannot be read: it is not JSON", error);
  }
  throw new ClusterError("failed", "the entry of the lease cannot be read: it has no ingest, epoch or length");
}
