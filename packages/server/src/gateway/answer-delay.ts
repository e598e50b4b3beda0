import type { Clock, Timer } from "@tickerplant/client";
import type { Faults } from "./faults.ts";

/** Holds answers back, for `Faults.ackDelayMs`; without the fault they pass at once. */
export class AnswerDelay {
  readonly #clock: Clock;
  readonly #faults: Faults;
  readonly #timers = new Set<Timer>();

  constructor(clock: Clock, faults: Faults) {
    this.#clock = clock;
    this.#faults = faults;
  }

  /** Calls `send`, now or later. */
  pass(send: () => void): void {
    const { ackDelayMs } = this.#faults;
    if (ackDelayMs === undefined) return send();
    const timer = this.#clock.setTimer(() => {
      this.#timers.delete(timer);
      send();
    }, ackDelayMs);
    this.#timers.add(timer);
  }

  /** Drops the answers that it holds. */
  clear(): void {
    for (const timer of this.#timers) this.#clock.clearTimer(timer);
    this.#timers.clear();
  }
}
