import type { Clock } from "@tickerplant/client";
import { REPLAY_LIMITS } from "./limits.ts";
import type { ReplayNotice } from "./notices.ts";

/** Keeps the distances of recorded times, at a speed. */
export class Pace {
  readonly #speed: number;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #onPause: (notice: ReplayNotice) => void;
  /** Where the recording's time and the clock met. */
  #origin: { readonly fileMs: number; readonly clockMs: number } | undefined;

  constructor(speed: number, clock: Clock, signal: AbortSignal, onPause: (notice: ReplayNotice) => void) {
    this.#speed = speed;
    this.#clock = clock;
    this.#signal = signal;
    this.#onPause = onPause;
  }

  /** Goes on from a time without waiting for it. */
  restart(): void {
    this.#origin = undefined;
  }

  /** Until a time of the recording is due, or the signal is aborted. Undefined when it is due now. */
  wait(fileMs: number): Promise<void> | undefined {
    const clockMs = this.#clock.monotonic();
    this.#origin ??= { fileMs, clockMs };
    const dueMs = this.#origin.clockMs + (fileMs - this.#origin.fileMs) / this.#speed;
    const delayMs = dueMs - clockMs;
    if (!(delayMs > 0)) return undefined;
    const { minPauseMs, minQuietMs } = REPLAY_LIMITS;
    if (delayMs >= minPauseMs && Math.max(delayMs, delayMs * this.#speed) >= minQuietMs)
      this.#onPause({ type: "pause", until: new Date(fileMs), durationMs: delayMs });
    return this.#sleep(delayMs);
  }

  #sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#clock.clearTimer(timer);
        this.#signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = this.#clock.setTimer(done, delayMs);
      this.#signal.addEventListener("abort", done, { once: true });
      if (this.#signal.aborted) done(); // by the sink, a moment ago
    });
  }
}
