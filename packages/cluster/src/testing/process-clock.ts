import type { Clock, Timer } from "@tickerplant/client";

/**
 * The clock of one process of several, which share the time of another clock. While the process is paused, as a
 * collection of garbage or a stopped machine pauses it, time goes on and its timers wait; they fire when it resumes.
 */
export class ProcessClock implements Clock {
  readonly #clock: Clock;
  /** Timers that fell due during the pause, in that order. */
  readonly #due = new Map<object, () => void>();
  /** Timers that are set, each with the one of the clock. */
  readonly #set = new Map<object, Timer>();
  #isPaused = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  random(): number {
    return this.#clock.random();
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    const timer = {};
    this.#arm(timer, callback, delayMs);
    return timer;
  }

  clearTimer(timer: Timer): void {
    const handle = timer as object; // made by setTimer above
    this.#clock.clearTimer(this.#set.get(handle));
    this.#set.delete(handle);
    this.#due.delete(handle);
  }

  /** Pauses the process: none of its timers fires until {@link ProcessClock.resume}. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Resumes the process. Its timers that fell due fire next, in order. */
  resume(): void {
    this.#isPaused = false;
    const due = [...this.#due];
    this.#due.clear();
    for (const [timer, callback] of due) this.#arm(timer, callback, 0);
  }

  #arm(timer: object, callback: () => void, delayMs: number): void {
    const fire = (): void => {
      this.#set.delete(timer);
      if (this.#isPaused) this.#due.set(timer, callback);
      else callback();
    };
    this.#set.set(timer, this.#clock.setTimer(fire, delayMs));
  }
}
