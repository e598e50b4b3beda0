/** A timer that was set; opaque to everyone but the runtime that made it. */
export type Timer = unknown;

/**
 * Time and chance, the only impurities besides the socket. Everything that waits or draws lots
 * takes them from here, so that a test owns both.
 */
export interface Runtime {
  /** Milliseconds since the Unix epoch. May jump when the machine's clock is set. */
  now(): number;
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonic(): number;
  /** A number from 0 to below 1. */
  random(): number;
  /** Calls `callback` once, `delayMs` from now at the earliest. */
  setTimer(callback: () => void, delayMs: number): Timer;
  /** Forgets a timer. Harmless when it has fired. */
  clearTimer(timer: Timer): void;
}

/** Longest delay of one platform timer; a longer one would fire at once (2^31 - 1 ms). */
const MAX_TIMER_MS = 2_147_483_647;

/** The platform's clocks, timers and random numbers. */
export const systemRuntime: Runtime = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  random: () => Math.random(),
  setTimer: (callback, delayMs) => setTimeout(callback, Math.min(delayMs, MAX_TIMER_MS)),
  clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>), // made by setTimer above
};
