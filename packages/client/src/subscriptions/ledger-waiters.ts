import type { StreamError } from "../wire/index.ts";
import { type LedgerEntry, withSymbols } from "./ledger-entry.ts";

interface Waiter {
  readonly entries: readonly LedgerEntry[];
  readonly goal: "active" | "gone";
  readonly resolve: () => void;
  readonly reject: (error: StreamError) => void;
}

/** The promises that wait for the server's answers about entries. */
export class LedgerWaiters {
  readonly #waiters = new Set<Waiter>();
  readonly #isGone: (entry: LedgerEntry) => boolean;
  /** Why no entry can become active any more, while the stream is about to end. */
  #endError: StreamError | undefined;

  /** `isGone` is whether the server no longer has an entry, and no request about it is open. */
  constructor(isGone: (entry: LedgerEntry) => boolean) {
    this.#isGone = isGone;
  }

  /** Resolves when all entries are active, or when all are gone; rejects, once all are settled, if any failed. */
  wait(entries: readonly LedgerEntry[], goal: "active" | "gone"): Promise<void> {
    const promise = new Promise<void>((resolve, reject) => {
      const waiter: Waiter = { entries, goal, resolve, reject };
      if (this.#settle(waiter)) return;
      if (goal === "active" && this.#endError !== undefined) reject(this.#endError);
      else this.#waiters.add(waiter);
    });
    promise.catch(() => {}); // prevents unhandledRejection when the promise is not awaited
    return promise;
  }

  /** Settles the promises whose entries are. To be called after every change. */
  settle(): void {
    for (const waiter of this.#waiters) if (this.#settle(waiter)) this.#waiters.delete(waiter);
  }

  /**
   * Rejects what waits for entries to become active, now and until {@link allow}. What waits for entries to
   * be gone resolves when the connection is.
   */
  fail(error: StreamError): void {
    this.#endError = error;
    for (const waiter of this.#waiters) {
      if (waiter.goal === "gone") continue;
      this.#waiters.delete(waiter);
      waiter.reject(error);
    }
  }

  /** From now on entries can become active, on this connection or the next. */
  allow(): void {
    this.#endError = undefined;
  }

  #settle({ entries, goal, resolve, reject }: Waiter): boolean {
    const isActive = goal === "active";
    if (!entries.every((entry) => (isActive ? isActiveOrFailed(entry) : this.#isGoneOrFailed(entry)))) return false;
    const failed = entries.filter(({ error, refCount }) => error !== undefined && refCount > 0 === isActive);
    const first = failed[0]?.error;
    if (first === undefined) resolve();
    else reject(withSymbols(first, failed));
    return true;
  }

  #isGoneOrFailed(entry: LedgerEntry): boolean {
    return entry.error !== undefined || entry.refCount > 0 || this.#isGone(entry);
  }
}

function isActiveOrFailed({ state, error, refCount }: LedgerEntry): boolean {
  // Without a subscription it is not wanted any more: what was waited for cannot come.
  return state === "active" || error !== undefined || refCount === 0;
}
