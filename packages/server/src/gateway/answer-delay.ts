import type { Clock, Timer } from "@tickerplant/client";
import type { Faults } from "./faults.ts";

/** Holds answers back, for `Faults.ackDelayMs`; without the fault they pass at once. */
export class AnswerDelay {
  readonly #clock: Clock;
  readonly #faults: Faults;
  /** Undefined before the first: nearly no client has any. */
  #timers: Set<Timer> | undefined;

  constructor(clock: Clock, faults: Faults) {
    this.#clock = clock;
    this.#faults = faults;
  }

  /** Calls `send`, now or later. */
  pass(send: () => void): void {
    const { ackDelayMs } = this.#faults;
    if (ackDelayMs === undefined) return send();
    this.#timers ??= new Set();
    const timers = this.#timers;
    const timer = this.#clock.setTimer(() => {
      timers.delete(timer);
      send();
    }, ackDelayMs);
    timers.add(timer);
  }

  /** Drops the answers that it holds. */
  clear(): void {
    for (const timer of this.#timers ?? []) this.#clock.clearTimer(timer);
    this.#timers = undefined;
  }
}
