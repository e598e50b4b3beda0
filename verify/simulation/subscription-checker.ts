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

/** How a subscription was asked for. */
export interface CheckedOptions {
  readonly label: string;
  readonly overflow: Overflow;
  readonly maxQueued: number;
  /** Asynchronous calls side by side; undefined for an iterator. */
  readonly concurrency: number | undefined;
}

/** What one subscription is owed, and what it got. */
export class SubscriptionChecker {
  readonly options: CheckedOptions;
  readonly subscription: Subscription;
  readonly #invariants: Invariants;
  /** Ended by the user, or by the stream's end: nothing is owed any more. */
  isOver = false;
  /** Symbols of channels that it holds, as `channel symbol`. */
  readonly #entries: Map<string, { readonly state: SymbolState }>;
  /** What it has ever held: an iterator keeps what came before a symbol was taken out with the last. */
  readonly #asked: ReadonlySet<string>;
  readonly #owed = new Map<number, Published>();
  readonly #newest = new Map<string, number>();
  readonly #atWork = new Set<string>();
  #atWorkCount = 0;
  /** It will make no progress any more: its user has forgotten it, or its handler hangs for good. */
  isStuck = false;
  /** A `slow` event has told that it makes no progress. */
  #wasReportedStalled = false;
  /** What `slow` events told of its losses. */
  readonly #missed: MissedRange[] = [];
  /** When it last made progress, in virtual time. */
  progressMs = 0;

  constructor(subscription: Subscription, options: CheckedOptions, invariants: Invariants) {
    this.#invariants = invariants;
    this.subscription = subscription;
    this.options = options;
    this.#entries = new Map(subscription.entries.map((entry) => [`${entry.channel} ${entry.symbol}`, entry]));
    this.#asked = new Set(this.#entries.keys());
  }

  /** Records that it should have and does not: late, lost or waiting. */
  get owed(): readonly Published[] {
    return [...this.#owed.values()];
  }

  /** A `slow` event came for it. */
  slow({ missed, stalledMs, isIsolated }: SlowEvent, stalledAfterMs: number): void {
    const { label, concurrency = 1 } = this.options;
    if (stalledMs > 0) this.#wasReportedStalled = true;
    this.#missed.push(...missed);
    const stillMs = this.#invariants.nowMs - this.progressMs;
    const isSerial = concurrency === 1; // else one symbol's calls go on while another's hang
    this.#invariants.assert(
      !isIsolated || !isSerial || stillMs >= stalledAfterMs,
      () => `${label} is isolated ${stillMs} ms after it made progress`,
    );
  }

  /**
   * Whatever it did not get was told to be missing, with its time; or it waits in a subscription that
   * was told to be stalled.
   */
  checkOwed(): void {
    const { label, overflow } = this.options;
    const { owed } = this;
    const [first] = owed;
    if (this.isStuck) {
      const isTold = first === undefined || this.#wasReportedStalled;
      return this.#invariants.assert(
        isTold,
        () => `${label} is stuck with ${owed.length} records, and nothing told so`,
      );
    }
    if (overflow === Overflow.CONFLATE) return; // what took their place came
    const missing = owed.find((record) => !this.#missed.some((range) => covers(range, record)));
    this.#invariants.assert(
      missing === undefined,
      () =>
        `${label} misses ${owed.length} records, one is ${JSON.stringify(missing)}: no gap, drop or refusal tells of it`,
    );
    const count = this.#missed.reduce((sum, range) => sum + range.count, 0);
    this.#invariants.assert(
      owed.length <= count,
      () => `${label} misses ${owed.length} records, ${count} were told of`,
    );
  }

  /** Whether it holds a symbol of a channel by name or by wildcard. */
  holds(channel: string, symbol: string): boolean {
    return this.#entries.has(`${channel} ${symbol}`) || this.#entries.has(`${channel} *`);
  }

  /** Every symbol that it holds, with its state. */
  get states(): [key: string, state: SymbolState][] {
    return [...this.#entries].map(([key, { state }]) => [key, state]);
  }

  /** A record is on its way: it is owed where the server has confirmed the symbol. */
  published(record: Published): void {
    if (this.isOver) return;
    const [named, wildcard] = record.keys;
    const isActive = this.#entries.get(named)?.state === "active" || this.#entries.get(wildcard)?.state === "active";
    if (isActive) this.#owed.set(record.number, record);
  }

  /** A record has come. */
  received(record: unknown, published: readonly Published[]): Published {
    const { label, overflow } = this.options;
    const { number, channel, symbol } = numberOf(record);
    const original = published[number];
    this.#invariants.assert(!this.isOver, () => `${label} got record ${number} after its end`);
    this.#invariants.assert(
      original?.channel === channel && original.symbol === symbol,
      () => `${label} got a record that was not published: ${channel} ${symbol} ${number}`,
    );
    const mayHave = this.options.concurrency === undefined ? this.#asked : this.#entries;
    this.#invariants.assert(
      mayHave.has(`${channel} ${symbol}`) || mayHave.has(`${channel} *`),
      () => `${label} got ${channel} of ${symbol}, which it did not ask for`,
    );
    // A conflated record takes the place of an older one of its channel, before those of others.
    const topic = overflow === Overflow.CONFLATE ? `${channel} ${symbol}` : symbol;
    const newest = this.#newest.get(topic) ?? -1;
    this.#invariants.assert(number !== newest, () => `${label} got record ${number} of ${symbol} twice`);
    this.#invariants.assert(number > newest, () => `${label} got record ${number} of ${symbol} after ${newest}`);
    this.#newest.set(topic, number);
    this.#owed.delete(number);
    if (this.options.concurrency === undefined) this.progressMs = this.#invariants.nowMs;
    return original as Published; // claimed above
  }

  /** A handler has begun with a symbol, asynchronously. */
  began(symbol: string): void {
    const { label, concurrency = 1 } = this.options;
    this.#invariants.assert(
      !this.#atWork.has(symbol),
      () => `${label} is called for ${symbol} while it is at work on it`,
    );
    this.#atWork.add(symbol);
    this.#atWorkCount++;
    this.#invariants.assert(
      this.#atWorkCount <= concurrency,
      () => `${label} is at work ${this.#atWorkCount} times, allowed are ${concurrency}`,
    );
  }

  /** A handler is done with a symbol. */
  finished(symbol: string): void {
    this.#atWork.delete(symbol);
    this.#atWorkCount--;
    this.progressMs = this.#invariants.nowMs;
  }

  /** Nothing is owed any more of what `isExcused`. */
  excuse(isExcused: (record: Published) => boolean): void {
    for (const [number, record] of this.#owed) if (isExcused(record)) this.#owed.delete(number);
  }

  /** Its user has ended it. */
  end(): void {
    this.isOver = true;
    this.#owed.clear();
  }

  /** The user has taken a symbol out. */
  forget(channel: string, symbol: string): void {
    this.#entries.delete(`${channel} ${symbol}`);
    const key = `${channel} ${symbol}`;
    this.excuse(({ keys }) => {
      const others = keys.filter((other) => other !== key);
      return others.length < keys.length && !others.some((other) => this.#entries.get(other)?.state === "active");
    });
    if (this.#entries.size === 0 && this.options.concurrency !== undefined) this.end();
  }

  /** The server has refused what it held: that was told, and nothing is owed. */
  refused(channel: string, symbol: string): void {
    if (this.#entries.get(`${channel} ${symbol}`)?.state !== "refused") return;
    this.excuse((record) => record.channel === channel && (symbol === "*" || symbol === record.symbol));
  }

  /** A gap was told. Before the first record of all, nothing tells the stream the market's time. */
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

/** Whether a record lies in a range of losses. An outlier's own time says nothing of when it was lost. */
function covers({ channel, from, to }: MissedRange, record: Published): boolean {
  if (channel !== record.channel) return false;
  if (record.timeMs !== record.rightTimeMs) return true;
  return record.timeMs >= from.getTime() && record.timeMs <= to.getTime();
}
