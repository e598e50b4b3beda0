import * as LIMITS from "../limits.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import type { Consumer } from "./consumer.ts";

/** A consumer that was reported less than `LIMITS.slowEventIntervalMs` ago. */
interface Muted {
  timer: Timer;
  /** Whether it reached its limit again since. */
  hasMore: boolean;
}

/**
 * Reports consumers at their limit: at once, then at most once a second. What happens within that second
 * is reported at its end, so that the losses of a short burst are reported, too.
 */
export class SlowAlarm {
  readonly #clock: Clock;
  readonly #report: (consumer: Consumer) => void;
  readonly #muted = new Map<Consumer, Muted>();

  constructor(clock: Clock, report: (consumer: Consumer) => void) {
    this.#clock = clock;
    this.#report = report;
  }

  /** A consumer reached its limit, or lost a record there. May be called for every record. */
  raise(consumer: Consumer): void {
    const muted = this.#muted.get(consumer);
    if (muted === undefined) this.#reportNow(consumer);
    else muted.hasMore = true;
  }

  /** A run ends: reports the losses not reported yet, and clears all timers. */
  stop(): void {
    const muted = [...this.#muted];
    this.#muted.clear();
    for (const [consumer, { timer, hasMore }] of muted) {
      this.#clock.clearTimer(timer);
      if (hasMore && consumer.hasMissed) this.#report(consumer);
    }
  }

  #reportNow(consumer: Consumer): void {
    const muted: Muted = { timer: undefined, hasMore: false };
    this.#muted.set(consumer, muted);
    muted.timer = this.#clock.setTimer(() => {
      this.#muted.delete(consumer);
      if (muted.hasMore) this.#reportNow(consumer);
    }, LIMITS.slowEventIntervalMs);
    this.#report(consumer);
  }
}
