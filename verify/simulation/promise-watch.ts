import type { WorldClock } from "./world-clock.ts";

interface Pending {
  readonly what: string;
  /** The virtual time by which it must settle; infinite until the stream is stopped. */
  deadlineMs: number;
}

/** Promises that the product returned, and their deadlines. */
export class PromiseWatch {
  readonly #clock: WorldClock;
  readonly #pending = new Set<Pending>();

  constructor(clock: WorldClock) {
    this.#clock = clock;
  }

  /** Watches a promise; calls `failed` with the reason of a rejection. */
  watch<T>(
    what: string,
    promise: Promise<T>,
    failed: (error: unknown) => void,
    withinMs: number = Number.POSITIVE_INFINITY,
  ): Promise<T | undefined> {
    const pending = { what, deadlineMs: this.#clock.monotonic() + withinMs };
    this.#pending.add(pending);
    return promise.then(
      (value) => {
        this.#pending.delete(pending);
        return value;
      },
      (error: unknown) => {
        this.#pending.delete(pending);
        failed(error);
        return undefined;
      },
    );
  }

  /** Sets a deadline for all pending promises, `ms` from now. */
  settleWithin(ms: number): void {
    const deadlineMs = this.#clock.monotonic() + ms;
    for (const pending of this.#pending) pending.deadlineMs = Math.min(pending.deadlineMs, deadlineMs);
  }

  /** The promises that missed their deadline. */
  get overdue(): string[] {
    return [...this.#pending].filter(({ deadlineMs }) => deadlineMs < this.#clock.monotonic()).map(({ what }) => what);
  }

  /** The promises that have not settled. */
  get pending(): string[] {
    return [...this.#pending].map(({ what }) => what);
  }
}
