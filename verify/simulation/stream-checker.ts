import { Overflow, type StockDataStream, type StreamError } from "@tickerplant/client";
import type { Invariants } from "./invariants.ts";
import type { Published } from "./market.ts";
import type { SubscriptionChecker } from "./subscription-checker.ts";

/** What one stream's user is owed in all. */
export class StreamChecker {
  readonly stream: StockDataStream<boolean>;
  readonly #invariants: Invariants;
  readonly #stalledAfterMs: number;
  readonly subscriptions: Set<SubscriptionChecker> = new Set();
  /** Stopped by the user: no handler may be called. */
  isHalted = true;
  /** Handler calls that threw or rejected. */
  failures = 0;
  /** Gaps that were told. */
  gaps = 0;
  /** Losses that the user caused by a stop or an unsubscribe, out of those the stream counts. */
  #givenUp = 0;

  /** `hiddenMs`: see {@connection Market.hiddenMs}. `stalledAfterMs` is how long a subscription may make no progress before it is isolated; 0: not to be judged. */
  constructor(stream: StockDataStream<boolean>, invariants: Invariants, stalledAfterMs: number, hiddenMs: number) {
    this.#invariants = invariants;
    this.#stalledAfterMs = stalledAfterMs;
    this.stream = stream;
    stream.on("gap", (gap) => {
      this.gaps++;
      this.#invariants.assert(
        gap.from <= gap.to,
        () => `a gap begins after its end: ${gap.from.toISOString()}, ${gap.to.toISOString()}`,
      );
      for (const subscription of this.subscriptions) subscription.gap(gap, this.#hasHeard, hiddenMs);
    });
    stream.on("slow", (event) => {
      for (const subscription of this.subscriptions)
        if (subscription.subscription === event.subscription) subscription.slow(event, this.#stalledAfterMs);
    });
    stream.on("error", (error) => this.#refused(error));
  }

  /** A record is on its way. */
  published(record: Published): void {
    if (this.isHalted) return;
    for (const subscription of this.subscriptions) subscription.published(record);
  }

  /** Whether the stream can know the market's time: three records of a channel may be needed. */
  get #hasHeard(): boolean {
    const { records, outliers } = this.stream.metrics;
    return Object.values(records).some((count) => count - outliers >= 3);
  }

  /** When any of its subscriptions last made progress, in virtual time. */
  get progressMs(): number {
    let newestMs = 0;
    for (const { progressMs } of this.subscriptions) newestMs = Math.max(newestMs, progressMs);
    return newestMs;
  }

  /** Calls what makes the user lose records by his own doing, and tells those from others. */
  givingUp<T>(act: () => T): T {
    const before = this.stream.metrics.dropped;
    const result = act();
    this.#givenUp += this.stream.metrics.dropped - before;
    return result;
  }

  /** Nothing is owed any more: the stream has ended, or is about to, and that was told. */
  ended(): void {
    for (const subscription of this.subscriptions) subscription.excuse(() => true);
  }

  /** The stream has ended. Iterators end with it, read or not. */
  closed(): void {
    this.ended();
    for (const subscription of this.subscriptions)
      if (subscription.isStuck && subscription.options.concurrency === undefined) subscription.end();
  }

  /** Records that wait are bounded. `burst` is how many can come in one frame. */
  checkBounds(burst: number): void {
    let bound = 0;
    for (const { isOver, options } of this.subscriptions) {
      const { overflow, maxQueued } = options;
      // A blocked one may grow while an answer is awaited; see LIMITS.maxQueuedFactor of the client.
      if (!isOver) bound += overflow === Overflow.BLOCK ? 10 * maxQueued + burst : maxQueued;
    }
    const { queued } = this.stream.metrics;
    this.#invariants.assert(queued <= bound, () => `${queued} records wait, allowed are ${bound}`);
  }

  /** Everything owed has come, or is counted as lost. */
  checkOwed(): void {
    let lost = 0;
    for (const subscription of this.subscriptions) {
      subscription.checkOwed();
      if (!subscription.isStuck) lost += subscription.owed.length;
    }
    const { dropped, conflated } = this.stream.metrics;
    const counted = dropped - this.#givenUp + conflated;
    this.#invariants.assert(lost <= counted, () => `${lost} records are lost by overflow, ${counted} are counted`);
  }

  #refused({ symbols }: StreamError): void {
    for (const [channel, list = []] of Object.entries(symbols ?? {})) {
      for (const symbol of list) for (const subscription of this.subscriptions) subscription.refused(channel, symbol);
    }
  }
}
