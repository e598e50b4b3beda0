import type { StreamError } from "../wire/index.ts";
import { type LedgerEntry, withSymbols } from "./ledger-entry.ts";

/** What is awaited of entries: that the server has them, has decided about them, or no longer has them. */
type Goal = "active" | "decided" | "gone";

interface Waiter {
  readonly entries: readonly LedgerEntry[];
  readonly goal: Goal;
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

  /**
   * Calls `decided` when the server has confirmed or rejected every entry, with the rejection if there is one:
   * at once, or during the call that brings the last answer. Requests without an answer and ends of the stream
   * are waited out.
   */
  whenDecided(entries: readonly LedgerEntry[], decided: (rejection: StreamError | undefined) => void): void {
    const waiter: Waiter = { entries, goal: "decided", resolve: () => decided(undefined), reject: decided };
    if (!this.#settle(waiter)) this.#waiters.add(waiter);
  }

  /** Settles the promises whose entries are. To be called after every change. */
  settle(): void {
    for (const waiter of this.#waiters) if (this.#settle(waiter)) this.#waiters.delete(waiter);
  }

  /**
   * Rejects what waits for entries to become active, now and until {@link allow}. What waits for entries to
   * be gone resolves when the connection is; what waits for a decision may get it in the next run.
   */
  fail(error: StreamError): void {
    this.#endError = error;
    for (const waiter of this.#waiters) {
      if (waiter.goal !== "active") continue;
      this.#waiters.delete(waiter);
      waiter.reject(error);
    }
  }

  /** From now on entries can become active, on this connection or the next. */
  allow(): void {
    this.#endError = undefined;
  }

  #settle({ entries, goal, resolve, reject }: Waiter): boolean {
    if (!entries.every((entry) => this.#isSettled(entry, goal))) return false;
    const isHeld = goal !== "gone";
    const failed = entries.filter(({ error, refCount }) => error !== undefined && refCount > 0 === isHeld);
    const first = failed[0]?.error;
    if (first === undefined) resolve();
    else reject(withSymbols(first, failed));
    return true;
  }

  #isSettled(entry: LedgerEntry, goal: Goal): boolean {
    const { state, error, refCount } = entry;
    if (goal === "gone") return error !== undefined || refCount > 0 || this.#isGone(entry);
    // Without a subscription it is not wanted any more: what was waited for cannot come.
    if (state === "active" || refCount === 0) return true;
    return goal === "active" ? error !== undefined : state === "rejected";
  }
}
