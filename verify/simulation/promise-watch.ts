import type { WorldClock } from "./world-clock.ts";

interface Pending {
  readonly what: string;
  /** By when it has to settle; infinite until somebody stops the stream. */
  deadlineMs: number;
}

/** Promises that the product gave out, and when they have to be settled. */
export class PromiseWatch {
  readonly #clock: WorldClock;
  readonly #pending = new Set<Pending>();

  constructor(clock: WorldClock) {
    this.#clock = clock;
  }

  /** Watches a promise. What it rejects with is told to `failed`. */
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

  /** Whatever is pending has to be settled within `ms` from now. */
  settleWithin(ms: number): void {
    const deadlineMs = this.#clock.monotonic() + ms;
    for (const pending of this.#pending) pending.deadlineMs = Math.min(pending.deadlineMs, deadlineMs);
  }

  /** What should have settled by now and has not. */
  get overdue(): string[] {
    return [...this.#pending].filter(({ deadlineMs }) => deadlineMs < this.#clock.monotonic()).map(({ what }) => what);
  }

  /** What has not settled. */
  get pending(): string[] {
    return [...this.#pending].map(({ what }) => what);
  }
}
