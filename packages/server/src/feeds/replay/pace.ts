import type { Clock } from "@tickerplant/client";
import { REPLAY_LIMITS } from "./limits.ts";
import type { ReplayNotice } from "./notices.ts";

/** Keeps the intervals between recorded times, divided by a speed. */
export class Pace {
  readonly #speed: number;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #onPause: (notice: ReplayNotice) => void;
  /** A time of the recording and the clock's time at which it was due. */
  #origin: { readonly fileMs: number; readonly clockMs: number } | undefined;

  constructor(speed: number, clock: Clock, signal: AbortSignal, onPause: (notice: ReplayNotice) => void) {
    this.#speed = speed;
    this.#clock = clock;
    this.#signal = signal;
    this.#onPause = onPause;
  }

  /** Restarts the pace: the next time is due at once. */
  restart(): void {
    this.#origin = undefined;
  }

  /** Resolves when a time of the recording is due, or when the signal is aborted. Returns undefined if it is due now. */
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
      if (this.#signal.aborted) done(); // the sink aborted it during the last publish
    });
  }
}
