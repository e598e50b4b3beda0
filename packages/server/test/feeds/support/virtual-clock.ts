import type { Clock } from "@tickerplant/client";

interface PendingTimer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** A clock whose time stands still until a test moves it. */
export class VirtualClock implements Clock {
  #startMs: number;
  #elapsedMs = 0;
  readonly #timers = new Set<PendingTimer>();

  constructor(start: Date) {
    this.#startMs = start.getTime();
  }

  get pendingTimers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#startMs + this.#elapsedMs;
  }

  monotonic(): number {
    return this.#elapsedMs;
  }

  random(): number {
    throw new Error("a seeded feed must not use the random numbers of its clock");
  }

  setTimer(callback: () => void, delayMs: number): PendingTimer {
    const timer = { dueMs: this.#elapsedMs + delayMs, callback };
    this.#timers.add(timer);
    return timer;
  }

  clearTimer(timer: unknown): void {
    this.#timers.delete(timer as PendingTimer); // made by setTimer, or not in the set
  }

  /** Moves time forward and fires no timer, like a process that is suspended. */
  sleep(forMs: number): void {
    this.#elapsedMs += forMs;
  }

  /** Sets the wall clock forward, without effect on timers. */
  jump(byMs: number): void {
    this.#startMs += byMs;
  }

  /** Moves time forward and fires the timers that are due, including those set meanwhile. */
  advance(byMs: number): void {
    const untilMs = this.#elapsedMs + byMs;
    for (;;) {
      const [next] = [...this.#timers].sort((one, other) => one.dueMs - other.dueMs);
      if (next === undefined || next.dueMs > untilMs) break;
      this.#elapsedMs = Math.max(this.#elapsedMs, next.dueMs);
      this.#timers.delete(next);
      next.callback();
    }
    this.#elapsedMs = untilMs;
  }
}
