import { type Clock, systemClock } from "@tickerplant/client";

/** Options of {@link fastClock}. */
export interface FastClockOptions {
  /** The time at which the clock starts, in milliseconds since the epoch. */
  readonly startMs: number;
  /** How often a second of the clock fits into a real one. */
  readonly speed: number;
  /** Timers fire after this part of their delay, in real time. */
  readonly timerFactor: number;
}

/**
 * Makes a clock on which days pass within seconds, so that segments are sealed and days end all the time. Timers
 * follow the real time: what they promise, such as a block every half second, can be checked.
 */
export function fastClock({ startMs, speed, timerFactor }: FastClockOptions): Clock {
  const beganMs = performance.now();
  const elapsedMs = (): number => (performance.now() - beganMs) * speed;
  return {
    now: () => startMs + elapsedMs(),
    monotonic: elapsedMs,
    random: Math.random,
    setTimer: (callback, delayMs) => systemClock.setTimer(callback, delayMs * timerFactor),
    clearTimer: systemClock.clearTimer,
  };
}
