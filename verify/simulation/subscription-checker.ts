import {
  type GapEvent,
  type MissedRange,
  Overflow,
  type SlowEvent,
  type Subscription,
  type SymbolState,
} from "@tickerplant/client";
import type { Invariants } from "./invariants.ts";
import { numberOf, type Published } from "./market.ts";

/** The options that a checked subscription was made with. */
export interface CheckedOptions {
  readonly label: string;
  readonly overflow: Overflow;
  readonly maxQueued: number;
  /** Concurrent asynchronous calls; undefined for an iterator. */
  readonly concurrency: number | undefined;
}

/** Compares the records that one subscription should receive with those that it received. */
export class SubscriptionChecker {
  readonly options: CheckedOptions;
  readonly subscription: Subscription;
  readonly #invariants: Invariants;
  /** True once the user or the end of the stream has ended it: it should receive nothing any more. */
  isOver = false;
  /** The symbols that it holds, as `channel symbol`. */
  readonly #entries: Map<string, { readonly state: SymbolState }>;
  /** Every symbol that it ever held: an iterator still returns the records queued before a symbol was removed. */
  readonly #asked: ReadonlySet<string>;
  readonly #missing = new Map<number, Published>();
  readonly #newest = new Map<string, number>();
  readonly #running = new Set<string>();
  #runningCount = 0;
  /** True if it can make no progress any more: the iterator is not read, or a handler call hangs forever. */
  isStuck = false;
  /** True once a `slow` event has reported that it makes no progress. */
  #wasReportedStalled = false;
  /** The losses that `slow` events reported. */
  readonly #reportedMissed: MissedRange[] = [];
  /** When it last made progress, in virtual time. */
  progressMs = 0;

  constructor(subscription: Subscription, options: CheckedOptions, invariants: Invariants) {
    this.#invariants = invariants;
    this.subscription = subscription;
    this.options = options;
    this.#entries = new Map(subscription.entries.map((entry) => [`${entry.channel} ${entry.symbol}`, entry]));
    this.#asked = new Set(this.#entries.keys());
  }

  /** Records that it should have received and has not: late, lost or waiting. */
  get missing(): readonly Published[] {
    return [...this.#missing.values()];
  }

  /** Handles a `slow` event of this subscription. */
  slow({ missed, stalledMs, isIsolated }: SlowEvent, stalledAfterMs: number): void {
    const { label, concurrency = 1 } = this.options;
    if (stalledMs > 0) this.#wasReportedStalled = true;
    this.#reportedMissed.push(...missed);
    const stillMs = this.#invariants.nowMs - this.progressMs;
    const isSerial = concurrency === 1; // otherwise calls of one symbol go on while those of another hang
    this.#invariants.assert(
      !isIsolated || !isSerial || stillMs >= stalledAfterMs,
      () => `${label} was isolated ${stillMs} ms after it made progress`,
    );
  }

  /**
   * Fails unless the loss of every missing record was reported, with its time; or the record waits in a
   * subscription that was reported stalled.
   */
  checkMissing(): void {
    const { label, overflow } = this.options;
    const { missing } = this;
    const [first] = missing;
    if (this.isStuck) {
      const isReported = first === undefined || this.#wasReportedStalled;
      return this.#invariants.assert(
        isReported,
        () => `${label} is stuck with ${missing.length} records, and no event reports it as stalled`,
      );
    }
    if (overflow === Overflow.CONFLATE) return; // newer records replaced them
    const unreported = missing.find((record) => !this.#reportedMissed.some((range) => covers(range, record)));
    this.#invariants.assert(
      unreported === undefined,
      () =>
        `${label} misses ${missing.length} records, one of them ${JSON.stringify(unreported)}: no gap, drop or rejection reports it`,
    );
    const count = this.#reportedMissed.reduce((sum, range) => sum + range.count, 0);
    this.#invariants.assert(
      missing.length <= count,
      () => `${label} misses ${missing.length} records, ${count} were reported`,
    );
  }

  /** True if it holds a symbol of a channel by name or by wildcard. */
  holds(channel: string, symbol: string): boolean {
    return this.#entries.has(`${channel} ${symbol}`) || this.#entries.has(`${channel} *`);
  }

  /** Each symbol that it holds, with its state. */
  get states(): [key: string, state: SymbolState][] {
    return [...this.#entries].map(([key, { state }]) => [key, state]);
  }

  /** Handles a published record: it is expected if the server has confirmed the symbol. */
  published(record: Published): void {
    if (this.isOver) return;
    const [named, wildcard] = record.keys;
    const isActive = this.#entries.get(named)?.state === "active" || this.#entries.get(wildcard)?.state === "active";
    if (isActive) this.#missing.set(record.number, record);
  }

  /** Checks a record that was received. */
  received(record: unknown, published: readonly Published[]): Published {
    const { label, overflow } = this.options;
    const { number, channel, symbol } = numberOf(record);
    const original = published[number];
    this.#invariants.assert(!this.isOver, () => `${label} received record ${number} after its end`);
    this.#invariants.assert(
      original?.channel === channel && original.symbol === symbol,
      () => `${label} received a record that was not published: ${channel} ${symbol} ${number}`,
    );
    const mayHave = this.options.concurrency === undefined ? this.#asked : this.#entries;
    this.#invariants.assert(
      mayHave.has(`${channel} ${symbol}`) || mayHave.has(`${channel} *`),
      () => `${label} received ${channel} of ${symbol}, which it is not subscribed to`,
    );
    // A conflated record takes the place of an older one of its channel, ahead of those of other channels.
    const topic = overflow === Overflow.CONFLATE ? `${channel} ${symbol}` : symbol;
    const newest = this.#newest.get(topic) ?? -1;
    this.#invariants.assert(number !== newest, () => `${label} received record ${number} of ${symbol} twice`);
    this.#invariants.assert(number > newest, () => `${label} received record ${number} of ${symbol} after ${newest}`);
    this.#newest.set(topic, number);
    this.#missing.delete(number);
    if (this.options.concurrency === undefined) this.progressMs = this.#invariants.nowMs;
    return original as Published; // asserted above
  }

  /** Handles the start of an asynchronous handler call for a symbol. */
  began(symbol: string): void {
    const { label, concurrency = 1 } = this.options;
    this.#invariants.assert(
      !this.#running.has(symbol),
      () => `${label} was called for ${symbol} while a call for it is running`,
    );
    this.#running.add(symbol);
    this.#runningCount++;
    this.#invariants.assert(
      this.#runningCount <= concurrency,
      () => `${label} has ${this.#runningCount} calls running, the limit is ${concurrency}`,
    );
  }

  /** Handles the end of a handler call for a symbol. */
  finished(symbol: string): void {
    this.#running.delete(symbol);
    this.#runningCount--;
    this.progressMs = this.#invariants.nowMs;
  }

  /** Expects no longer the records that `isExcused` accepts. */
  excuse(isExcused: (record: Published) => boolean): void {
    for (const [number, record] of this.#missing) if (isExcused(record)) this.#missing.delete(number);
  }

  /** Handles its end by the user. */
  end(): void {
    this.isOver = true;
    this.#missing.clear();
  }

  /** Handles the removal of a symbol by the user. */
  removeSymbol(channel: string, symbol: string): void {
    this.#entries.delete(`${channel} ${symbol}`);
    const key = `${channel} ${symbol}`;
    this.excuse(({ keys }) => {
      const others = keys.filter((other) => other !== key);
      return others.length < keys.length && !others.some((other) => this.#entries.get(other)?.state === "active");
    });
    if (this.#entries.size === 0 && this.options.concurrency !== undefined) this.end();
  }

  /** Handles a rejection by the server: it was reported, so no record is expected. */
  rejected(channel: string, symbol: string): void {
    if (this.#entries.get(`${channel} ${symbol}`)?.state !== "rejected") return;
    this.excuse((record) => record.channel === channel && (symbol === "*" || symbol === record.symbol));
  }

  /** Handles a `gap` event. Before its first records the stream cannot know the market's time: `hasHeard` is false. */
  gap({ channel, symbols, from, to }: GapEvent, hasHeard: boolean, hiddenMs: number): void {
    const isNamed = (symbol: string): boolean =>
      (symbols.includes(symbol) && this.#entries.has(`${channel} ${symbol}`)) ||
      (symbols.includes("*") && this.#entries.has(`${channel} *`));
    this.excuse(
      ({ channel: ofChannel, symbol, rightTimeMs }) =>
        ofChannel === channel &&
        (!hasHeard || (rightTimeMs >= from.getTime() && rightTimeMs <= to.getTime() + hiddenMs)) &&
        isNamed(symbol),
    );
  }
}

/** True if a record lies in a range of losses. The time of an outlier does not show when it was lost. */
function covers({ channel, from, to }: MissedRange, record: Published): boolean {
  if (channel !== record.channel) return false;
  if (record.timeMs !== record.rightTimeMs) return true;
  return record.timeMs >= from.getTime() && record.timeMs <= to.getTime();
}
