import type { Clock } from "@tickerplant/client";

/** Waits that a signal ends early. */
export class Pause {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves after `ms`, or when `signal` is aborted. */
  wait(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        this.#clock.clearTimer(timer);
        signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = this.#clock.setTimer(end, ms);
      signal.addEventListener("abort", end, { once: true });
    });
  }
}
