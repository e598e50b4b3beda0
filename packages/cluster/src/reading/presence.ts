import type { Clock, Timer } from "@tickerplant/client";
import type { ChannelSymbols } from "@tickerplant/client/wire";
import { ClusterError } from "../cluster-error.ts";
import { CLUSTER_LIMITS } from "../limits.ts";
import type { EntryStore } from "../log/entry-store.ts";
import { tokenOf } from "../log/names.ts";
import type { ReaderPosition } from "./feed-reader.ts";

/** What a reader of a feed tells of itself. */
export interface ReaderIdentity {
  /** Unique for each run; letters, digits and hyphens. */
  readonly id: string;
  /** Chosen for people, such as the name of its machine. */
  readonly name: string;
  /** The version of this project that it runs. */
  readonly version: string;
  readonly kind: "gateway" | "recorder";
  /** The feed that it reads. */
  readonly feed: string;
}

/** The entry of a reader: who it is, and up to where it has read. */
export interface ReaderEntry extends ReaderIdentity {
  /** The newest frame that it has read, and the epoch of that; 0 before the first. */
  readonly number: number;
  readonly epoch: number;
  /** When the frame was made, by the ingest's clock, and read, by the reader's; in milliseconds since the Unix epoch. */
  readonly madeMs: number;
  readonly readMs: number;
  /** The difference of the two. */
  readonly lagMs: number;
  /** How many clients it serves; absent for one that serves none. */
  readonly clients?: number | undefined;
  /** What its clients ask for, of a feed that carries what is asked for. */
  readonly wants?: ChannelSymbols | undefined;
}

/** What a reader's entry has besides its identity and position. */
export type ReaderDetails = Pick<ReaderEntry, "clients" | "wants">;

/** Parts of a {@link Presence}. */
export interface PresenceParts {
  readonly entries: EntryStore;
  readonly identity: ReaderIdentity;
  readonly clock: Clock;
  readonly position: () => ReaderPosition | undefined;
  readonly details: () => ReaderDetails;
  /** The entry could not be written, and the next one is tried at its time: once for each cause. */
  readonly failed: (error: ClusterError) => void;
}

/** Writes a reader's entry into the bucket of readers every two seconds, until it is ended. */
export class Presence {
  readonly #parts: PresenceParts;
  readonly #key: string;
  #timer: Timer;
  #writing: Promise<void> | undefined;
  /** Whether the entry has changed since the one that is being written. */
  #isStale = false;
  #isEnded = false;
  #failure: string | undefined;

  constructor(parts: PresenceParts) {
    this.#parts = parts;
    this.#key = `${tokenOf(parts.identity.feed)}.${parts.identity.id}`;
    this.write();
  }

  /** Writes the entry now, or behind one that is being written: what it wants has changed. */
  write(): void {
    if (this.#isEnded) return;
    if (this.#writing !== undefined) {
      this.#isStale = true;
      return;
    }
    this.#isStale = false;
    this.#parts.clock.clearTimer(this.#timer);
    this.#timer = this.#parts.clock.setTimer(() => this.write(), CLUSTER_LIMITS.presenceMs);
    this.#writing = this.#put().finally(() => {
      this.#writing = undefined;
      if (this.#isStale) this.write();
    });
  }

  /** Removes the entry. Waits a second at most: NATS may be gone, and forgets the entry by itself. */
  async end(): Promise<void> {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const { clock } = this.#parts;
    clock.clearTimer(this.#timer);
    let timer: Timer;
    const late = new Promise<void>((resolve) => {
      timer = clock.setTimer(resolve, CLUSTER_LIMITS.closeMs);
    });
    await Promise.race([this.#remove(), late]);
    clock.clearTimer(timer);
  }

  async #put(): Promise<void> {
    const { entries, identity, position, details } = this.#parts;
    const { number = 0, epoch = 0, madeMs = 0, readMs = 0 } = position() ?? {};
    const entry: ReaderEntry = { ...identity, number, epoch, madeMs, readMs, lagMs: readMs - madeMs, ...details() };
    try {
      await entries.put(this.#key, JSON.stringify(entry));
      this.#failure = undefined;
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      if (error.message === this.#failure) return;
      this.#failure = error.message;
      this.#parts.failed(error);
    }
  }

  async #remove(): Promise<void> {
    await this.#writing; // which would bring the entry back
    try {
      await this.#parts.entries.remove(this.#key);
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error; // it expires
    }
  }
}

/** Reads the entry of a reader, which {@link Presence} has written. */
export function readReader(value: string): ReaderEntry {
  return JSON.parse(value) as ReaderEntry;
}
