import type { Consumer } from "../delivery/consumer.ts";
import { Overflow } from "../delivery/record-queue.ts";
import { SlowAlarm } from "../delivery/slow-alarm.ts";
import { StallWatch } from "../delivery/stall-watch.ts";
import type { Clock } from "../platform/clock.ts";
import type { Subscription } from "../subscriptions/subscription.ts";
import type { StreamError } from "../wire/index.ts";
import type { Reporter } from "./reporter.ts";
import { abandonedAtStop, noProgress, readingCannotStop, type StallCause } from "./stall-errors.ts";

/** What the reporter needs from the stream. */
export interface SlowReporterParts {
  readonly clock: Clock;
  /** Whether reading can be stopped, so that an isolated subscription may stop it again when it recovers. */
  readonly pauses: boolean;
  consumers(): Iterable<Consumer>;
  subscriptionOf(consumer: Consumer): Subscription | undefined;
  readonly reporter: Reporter;
}

/** Reports subscriptions that are at their limit or make no progress, and isolates those that block all others. */
export class SlowReporter {
  readonly #parts: SlowReporterParts;
  readonly #alarm: SlowAlarm;
  readonly #stalls: StallWatch;

  constructor(parts: SlowReporterParts) {
    this.#parts = parts;
    this.#alarm = new SlowAlarm(parts.clock, (consumer) => this.report(consumer));
    this.#stalls = new StallWatch(
      parts.clock,
      () => parts.consumers(),
      (consumer, hasProgress) => this.#stalled(consumer, hasProgress),
    );
  }

  /** A run begins. */
  start(): void {
    this.#stalls.start();
  }

  /** A run ends: reports the losses not reported yet, and clears all timers. */
  stop(): void {
    this.#stalls.stop();
    this.#alarm.stop();
  }

  /** A consumer was added. */
  added(consumer: Consumer): void {
    this.#stalls.added(consumer);
  }

  /** A consumer reached its limit, or lost a record there. May be called for every record. */
  atLimit(consumer: Consumer): void {
    this.#alarm.raise(consumer);
  }

  /** How many subscriptions are stalled. */
  get stalledCount(): number {
    return this.#stalls.count;
  }

  /** Isolates the consumers that hold too much, because reading cannot be stopped for them. */
  isolateOverfull(): void {
    for (const consumer of this.#parts.consumers()) if (consumer.isOverfull) this.#isolate(consumer, readingCannotStop);
  }

  /** Reports the handler calls that are still running when the end of a run no longer waits for them. */
  abandonBusy(): void {
    for (const consumer of this.#parts.consumers()) if (!consumer.isIdle) this.#fail(consumer, abandonedAtStop);
  }

  /** Reports the state of a subscription. */
  report(consumer: Consumer, describe?: () => string): void {
    const subscription = this.#parts.subscriptionOf(consumer);
    if (subscription === undefined) return;
    const { overflow, queued, dropped, conflated, isIsolated } = consumer;
    const stalledMs = this.#stalls.stalledMs(consumer);
    const missed = consumer.finishMissed();
    const event = { subscription, overflow, queued, dropped, conflated, stalledMs, isIsolated, missed };
    this.#parts.reporter.emit("slow", event, describe);
  }

  /**
   * A subscription's records wait, and it makes no progress, or (`hasProgress`) only with other symbols.
   * One that is at its limit loses some, or blocks all others.
   */
  #stalled(consumer: Consumer, hasProgress: boolean): void {
    // Below the limit it is no error; but without a listener it would be silent.
    if (!consumer.isAtLimit && !consumer.isFull)
      return this.report(consumer, () => this.#error(consumer, noProgress)?.message ?? "");
    if (consumer.overflow === Overflow.BLOCK && !hasProgress) return this.#isolate(consumer, noProgress);
    this.#fail(consumer, noProgress);
    this.report(consumer);
  }

  /** The stream no longer waits for a subscription. */
  #isolate(consumer: Consumer, cause: StallCause): void {
    if (!consumer.isIsolated) consumer.isolate(!this.#parts.pauses);
    this.#fail(consumer, cause);
    this.report(consumer);
  }

  #fail(consumer: Consumer, cause: StallCause): void {
    const error = this.#error(consumer, cause);
    if (error !== undefined) this.#parts.reporter.error(error);
  }

  #error(consumer: Consumer, cause: StallCause): StreamError | undefined {
    const subscription = this.#parts.subscriptionOf(consumer);
    return subscription && cause(consumer, subscription, this.#stalls.stalledMs(consumer));
  }
}
