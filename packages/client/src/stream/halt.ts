import type { Clock } from "../platform/clock.ts";

/** How a run is halted: `stop` waits for running handler calls, `close` does not. */
export type HaltKind = "stop" | "close";

/** Whether a run is halted, and the waits that a halt ends. */
export class Halt {
  /** How the run was halted; undefined while it continues. */
  kind: HaltKind | undefined;
  /** How often a run was halted. */
  count = 0;
  readonly #clock: Clock;
  /** Ends the wait that the run is in, if it is in one. */
  #endWait: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Halts the run. A `close` after a `stop` counts, a `stop` after a `close` does not. */
  request(kind: HaltKind): void {
    this.count++;
    if (this.kind !== "close") this.kind = kind;
    this.#endWait();
  }

  /** Ends the wait that the run is in, without a halt. */
  wake(): void {
    this.#endWait();
  }

  /** Resolves after `delayMs`, when `earlier` does, or when the run is halted. Clears its timer. */
  wait(delayMs: number, earlier?: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#clock.clearTimer(timer);
        resolve();
      };
      const timer = this.#clock.setTimer(done, delayMs);
      this.#endWait = done;
      void earlier?.then(done);
    });
  }
}
