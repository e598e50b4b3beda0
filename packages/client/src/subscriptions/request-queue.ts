import type { LedgerEntry } from "./ledger-entry.ts";
import { removeChunk } from "./request-parts.ts";

/** One request to send. */
export interface QueuedRequest {
  readonly action: "subscribe" | "unsubscribe";
  readonly entries: readonly LedgerEntry[];
}

/** The entries that are to be requested, and in which order. */
export class RequestQueue {
  /** What the last connection had: requested first, and not together with anything else. */
  #toRestore = new Set<LedgerEntry>();
  #toSubscribe = new Set<LedgerEntry>();
  readonly #toUnsubscribe = new Set<LedgerEntry>();
  /** Parts of a rejected request, each to be requested alone. */
  #parts: LedgerEntry[][] = [];

  /** Whether nothing is to be requested. */
  get isEmpty(): boolean {
    return this.#toRestore.size + this.#toSubscribe.size + this.#toUnsubscribe.size + this.#parts.length === 0;
  }

  /** Adds an entry to be subscribed to. */
  subscribe(entry: LedgerEntry): void {
    this.#toSubscribe.add(entry);
  }

  /** An entry is not to be subscribed to: it is confirmed, or no longer wanted. */
  cancelSubscribe(entry: LedgerEntry): void {
    this.#toRestore.delete(entry);
    this.#toSubscribe.delete(entry);
  }

  /** Adds an entry to be unsubscribed from. */
  unsubscribe(entry: LedgerEntry): void {
    this.#toUnsubscribe.add(entry);
  }

  /** An entry is not to be unsubscribed from: it is wanted again, or gone. */
  cancelUnsubscribe(entry: LedgerEntry): void {
    this.#toUnsubscribe.delete(entry);
  }

  /** Adds the parts of a rejected request, to be requested one by one before anything new. */
  addParts(parts: readonly LedgerEntry[][]): void {
    this.#parts.unshift(...parts);
  }

  /** The connection is lost: on the next one, `confirmed` is requested first, then `pending`. */
  reset(confirmed: readonly LedgerEntry[], pending: readonly LedgerEntry[]): void {
    this.#parts = [];
    this.#toUnsubscribe.clear();
    this.#toRestore = new Set(confirmed);
    this.#toSubscribe = new Set(pending);
  }

  /** Removes and returns the next request; one without entries if there is none. */
  next(): QueuedRequest {
    if (this.#toUnsubscribe.size > 0) return { action: "unsubscribe", entries: removeChunk(this.#toUnsubscribe) };
    return { action: "subscribe", entries: this.#nextToSubscribe() };
  }

  #nextToSubscribe(): LedgerEntry[] {
    if (this.#toRestore.size > 0) return removeChunk(this.#toRestore);
    for (;;) {
      // Some may be confirmed by now: the answer came after all.
      const part = this.#parts.shift()?.filter(({ refCount, state }) => refCount > 0 && state !== "active");
      if (part === undefined) return removeChunk(this.#toSubscribe);
      if (part.length > 0) return part;
    }
  }
}
