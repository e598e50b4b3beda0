/** A handle of a timer, opaque to all but the clock that made it. */
export type Timer = unknown;

/**
 * Clock, timers and randomness: the only sources of nondeterminism besides the socket. All code takes
 * them from here, so that a test controls them.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. Jumps when the machine's clock is set. */
  now(): number;
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonic(): number;
  /** A number from 0 to below 1. */
  random(): number;
  /**
   * Calls `callback` once, `delayMs` from now at the earliest. The delay may exceed the platform's
   * maximum of 24.8 days; with `Infinity` the timer never fires.
   */
  setTimer(callback: () => void, delayMs: number): Timer;
  /** Cancels a timer. Does nothing if it has fired. */
  clearTimer(timer: Timer): void;
}

/** Longest delay of one platform timer; the platform fires a longer one at once (2^31 - 1 ms, 24.8 days). */
const MAX_TIMER_MS = 2_147_483_647;

/** A delay of any length, made of consecutive platform timers. */
class LongTimer {
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(callback: () => void, delayMs: number) {
    this.#wait(callback, performance.now() + delayMs);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }

  #wait(callback: () => void, dueMs: number): void {
    const leftMs = dueMs - performance.now();
    this.#timer =
      leftMs > MAX_TIMER_MS
        ? setTimeout(() => this.#wait(callback, dueMs), MAX_TIMER_MS)
        : setTimeout(callback, Math.max(0, leftMs));
  }
}

/** The platform's clocks, timers and random numbers. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  random: () => Math.random(),
  setTimer: (callback, delayMs) =>
    delayMs > MAX_TIMER_MS ? new LongTimer(callback, delayMs) : setTimeout(callback, delayMs),
  clearTimer: (timer) => {
    if (timer instanceof LongTimer) timer.clear();
    else clearTimeout(timer as ReturnType<typeof setTimeout>); // made by setTimer above
  },
};
