import { Overflow, type StockDataStream, type StreamError } from "@tickerplant/client";
import { FillChecker } from "./fill-checker.ts";
import type { Invariants } from "./invariants.ts";
import type { Market, Published } from "./market.ts";
import type { SimulatedHistory } from "./simulated-history.ts";
import type { SubscriptionChecker } from "./subscription-checker.ts";

/** Checks the deliveries of one stream over all its subscriptions. */
export class StreamChecker {
  readonly stream: StockDataStream<boolean>;
  readonly #invariants: Invariants;
  readonly #stalledAfterMs: number;
  readonly #market: Market;
  readonly subscriptions: Set<SubscriptionChecker> = new Set();
  /** Symbols that the server has rejected once, as `channel symbol`. */
  readonly rejectedKeys: Set<string> = new Set();
  /** True while stopped by the user: no handler may be called. */
  isHalted = true;
  /** Handler calls that threw or rejected. */
  failures = 0;
  /** The number of `gap` events. */
  gaps = 0;
  /** Dropped records, as the stream counts them, that a stop or an unsubscribe of the user caused. */
  #droppedByUser = 0;

  /** Set in worlds with a history. */
  readonly fills: FillChecker | undefined;

  /** `stalledAfterMs`: how long a subscription must make no progress before it may be isolated; 0 turns this check off. */
  constructor(
    stream: StockDataStream<boolean>,
    invariants: Invariants,
    stalledAfterMs: number,
    market: Market,
    history: SimulatedHistory | undefined,
  ) {
    this.#market = market;
    const { hiddenMs } = market;
    this.fills = history && new FillChecker(stream, this.subscriptions, market, history, invariants);
    this.#invariants = invariants;
    this.#stalledAfterMs = stalledAfterMs;
    this.stream = stream;
    stream.on("gap", (gap) => {
      this.gaps++;
      this.#invariants.assert(
        gap.from <= gap.to,
        () => `a gap starts after its end: ${gap.from.toISOString()}, ${gap.to.toISOString()}`,
      );
      const hasHeard = this.#hasHeard;
      this.fills?.began(gap, hasHeard);
      for (const subscription of this.subscriptions) {
        if (history === undefined) subscription.gap(gap, hasHeard, hiddenMs);
        else subscription.gapToFill(gap, hasHeard, hiddenMs, (record) => history.isExcused(record));
      }
    });
    stream.on("slow", (event) => {
      for (const subscription of this.subscriptions)
        if (subscription.subscription === event.subscription) subscription.slow(event, this.#stalledAfterMs);
    });
    stream.on("error", (error) => this.#rejected(error));
  }

  /** Expects no longer the records that `isExcused` accepts. */
  excuse(isExcused: (record: Published) => boolean): void {
    for (const subscription of this.subscriptions) subscription.excuse(isExcused);
  }

  /** Handles a published record. */
  published(record: Published): void {
    if (this.isHalted) return;
    for (const subscription of this.subscriptions) subscription.published(record);
  }

  /** True if the stream can know the market's time, for which it may need three records of a channel. */
  get #hasHeard(): boolean {
    const { records, outliers } = this.stream.metrics;
    return Object.values(records).some((count) => count - outliers >= 3);
  }

  /** When a subscription last made progress, in virtual time. */
  get progressMs(): number {
    let newestMs = 0;
    for (const { progressMs } of this.subscriptions) newestMs = Math.max(newestMs, progressMs);
    return newestMs;
  }

  /** Calls `act`, by which the user drops records, and counts those apart from other losses. */
  countDropsByUser<T>(act: () => T): T {
    const before = this.stream.metrics.dropped;
    const result = act();
    this.#droppedByUser += this.stream.metrics.dropped - before;
    return result;
  }

  /** Expects no more records: the stream has ended or is about to, and reported it. */
  ended(): void {
    for (const subscription of this.subscriptions) subscription.streamEnded(this.#market.published.length);
  }

  /** Handles the end of the stream. Iterators end with it, read or not. */
  closed(): void {
    this.fills?.checkAllEnded();
    this.ended();
    for (const subscription of this.subscriptions)
      if (subscription.isStuck && subscription.options.concurrency === undefined) subscription.end();
  }

  /** Fails if more records are queued than the limits allow. `burst` is the most records in one frame. */
  checkQueued(burst: number): void {
    let limit = 0;
    for (const { isOver, options } of this.subscriptions) {
      const { overflow, maxQueued } = options;
      // A blocked queue may grow while an answer is awaited: see LIMITS.maxQueuedFactor of the client.
      if (!isOver) limit += overflow === Overflow.BLOCK ? 10 * maxQueued + burst : maxQueued;
    }
    if (this.fills !== undefined) return; // records that are held count as queued
    const { queued } = this.stream.metrics;
    this.#invariants.assert(queued <= limit, () => `${queued} records are queued, the limit is ${limit}`);
  }

  /** Fails unless every expected record was received or its loss counted. */
  checkMissing(): void {
    let lost = 0;
    for (const subscription of this.subscriptions) {
      subscription.checkMissing();
      if (!subscription.isStuck) lost += subscription.missing.length;
    }
    const { dropped, conflated } = this.stream.metrics;
    const counted = dropped - this.#droppedByUser + conflated;
    this.#invariants.assert(lost <= counted, () => `${lost} records were lost by overflow, ${counted} were counted`);
  }

  #rejected({ symbols }: StreamError): void {
    for (const [channel, list = []] of Object.entries(symbols ?? {})) {
      for (const symbol of list) this.rejectedKeys.add(`${channel} ${symbol}`);
      for (const symbol of list) for (const subscription of this.subscriptions) subscription.rejected(channel, symbol);
    }
  }
}
