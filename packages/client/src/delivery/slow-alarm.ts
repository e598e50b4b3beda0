import * as LIMITS from "../limits.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import type { Consumer } from "./consumer.ts";

/** A consumer that was told of less than `LIMITS.slowEventIntervalMs` ago. */
interface Resting {
  timer: Timer;
  /** It came to its bound again since. */
  hasMore: boolean;
}

/**
 * Tells of consumers at their bound: at once, and then at most once a second. What comes within that
 * second is told at its end, so that a short burst's losses do not stay unsaid.
 */
export class SlowAlarm {
  readonly #clock: Clock;
  readonly #tell: (consumer: Consumer) => void;
  readonly #resting = new Map<Consumer, Resting>();

  constructor(clock: Clock, tell: (consumer: Consumer) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** A consumer reached its bound, or lost a record there. May be called for every record. */
  raise(consumer: Consumer): void {
    const resting = this.#resting.get(consumer);
    if (resting === undefined) this.#tellOf(consumer);
    else resting.hasMore = true;
  }

  /** The run is over: reports the losses that are left, and leaves no timer behind. */
  stop(): void {
    const resting = [...this.#resting];
    this.#resting.clear();
    for (const [consumer, { timer, hasMore }] of resting) {
      this.#clock.clearTimer(timer);
      if (hasMore && consumer.hasMissed) this.#tell(consumer);
    }
  }

  #tellOf(consumer: Consumer): void {
    const resting: Resting = { timer: undefined, hasMore: false };
    this.#resting.set(consumer, resting);
    resting.timer = this.#clock.setTimer(() => {
      this.#resting.delete(consumer);
      if (resting.hasMore) this.#tellOf(consumer);
    }, LIMITS.slowEventIntervalMs);
    this.#tell(consumer);
  }
}
