import type { GapEvent, StockDataStream, StreamError, Subscription, SymbolState } from "@tickerplant/client";
import { Overflow } from "@tickerplant/client";
import type { Published } from "./market.ts";
import { numberOf } from "./market.ts";
import type { Verdict } from "./verdict.ts";

/** How a subscription was asked for. */
export interface WitnessOptions {
  readonly label: string;
  readonly overflow: Overflow;
  readonly maxQueued: number;
  /** Asynchronous calls side by side; undefined for an iterator. */
  readonly concurrency: number | undefined;
}

/** What one subscription is owed, and what it got. */
export class SubscriptionWitness {
  readonly options: WitnessOptions;
  readonly subscription: Subscription;
  readonly #verdict: Verdict;
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

  constructor(subscription: Subscription, options: WitnessOptions, verdict: Verdict) {
    this.#verdict = verdict;
    this.subscription = subscription;
    this.options = options;
    this.#entries = new Map(subscription.entries.map((entry) => [`${entry.channel} ${entry.symbol}`, entry]));
    this.#asked = new Set(this.#entries.keys());
  }

  /** Records that it should have and does not: late, lost or waiting. */
  get owed(): readonly Published[] {
    return [...this.#owed.values()];
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
    this.#verdict.claim(!this.isOver, () => `${label} got record ${number} after its end`);
    this.#verdict.claim(
      original?.channel === channel && original.symbol === symbol,
      () => `${label} got a record that was not published: ${channel} ${symbol} ${number}`,
    );
    const mayHave = this.options.concurrency === undefined ? this.#asked : this.#entries;
    this.#verdict.claim(
      mayHave.has(`${channel} ${symbol}`) || mayHave.has(`${channel} *`),
      () => `${label} got ${channel} of ${symbol}, which it did not ask for`,
    );
    // A conflated record takes the place of an older one of its channel, before those of others.
    const topic = overflow === Overflow.CONFLATE ? `${channel} ${symbol}` : symbol;
    const newest = this.#newest.get(topic) ?? -1;
    this.#verdict.claim(number !== newest, () => `${label} got record ${number} of ${symbol} twice`);
    this.#verdict.claim(number > newest, () => `${label} got record ${number} of ${symbol} after ${newest}`);
    this.#newest.set(topic, number);
    this.#owed.delete(number);
    return original as Published; // claimed above
  }

  /** A handler has begun with a symbol, asynchronously. */
  began(symbol: string): void {
    const { label, concurrency = 1 } = this.options;
    this.#verdict.claim(!this.#atWork.has(symbol), () => `${label} is called for ${symbol} while it is at work on it`);
    this.#atWork.add(symbol);
    this.#atWorkCount++;
    this.#verdict.claim(
      this.#atWorkCount <= concurrency,
      () => `${label} is at work ${this.#atWorkCount} times, allowed are ${concurrency}`,
    );
  }

  /** A handler is done with a symbol. */
  finished(symbol: string): void {
    this.#atWork.delete(symbol);
    this.#atWorkCount--;
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

  /** A gap was told. */
  gap({ channel, symbols, from, to }: GapEvent): void {
    const isNamed = (symbol: string): boolean =>
      (symbols.includes(symbol) && this.#entries.has(`${channel} ${symbol}`)) ||
      (symbols.includes("*") && this.#entries.has(`${channel} *`));
    this.excuse(
      ({ channel: ofChannel, symbol, timeMs }) =>
        ofChannel === channel && timeMs >= from.getTime() && timeMs <= to.getTime() && isNamed(symbol),
    );
  }
}

/** What one stream's user is owed in all. */
export class StreamWitness {
  readonly stream: StockDataStream<boolean>;
  readonly #verdict: Verdict;
  readonly subscriptions: Set<SubscriptionWitness> = new Set();
  /** Stopped by the user: no handler may be called. */
  isHalted = true;
  /** Handler calls that threw or rejected. */
  failures = 0;
  /** Gaps that were told. */
  gaps = 0;
  /** Losses that the user caused by a stop or an unsubscribe, out of those the stream counts. */
  #givenUp = 0;

  constructor(stream: StockDataStream<boolean>, verdict: Verdict) {
    this.#verdict = verdict;
    this.stream = stream;
    stream.on("gap", (gap) => {
      this.gaps++;
      this.#verdict.claim(
        gap.from <= gap.to,
        () => `a gap begins after its end: ${gap.from.toISOString()}, ${gap.to.toISOString()}`,
      );
      for (const subscription of this.subscriptions) subscription.gap(gap);
    });
    stream.on("error", (error) => this.#refused(error));
  }

  /** A record is on its way. */
  published(record: Published): void {
    if (this.isHalted) return;
    for (const subscription of this.subscriptions) subscription.published(record);
  }

  /** Calls what makes the user lose records by his own doing, and tells those from others. */
  givingUp<T>(act: () => T): T {
    const before = this.stream.metrics.dropped;
    const result = act();
    this.#givenUp += this.stream.metrics.dropped - before;
    return result;
  }

  /** Nothing is owed any more: the stream has ended, and that was told. */
  ended(): void {
    for (const subscription of this.subscriptions) subscription.excuse(() => true);
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
    this.#verdict.claim(queued <= bound, () => `${queued} records wait, allowed are ${bound}`);
  }

  /** Everything owed has come, or is counted as lost. */
  checkOwed(): void {
    let lost = 0;
    for (const { options, owed } of this.subscriptions) {
      const { label, overflow } = options;
      const [first] = owed;
      const mayLose = overflow === Overflow.DROP_OLDEST || overflow === Overflow.CONFLATE;
      this.#verdict.claim(
        first === undefined || mayLose,
        () =>
          `${label} misses ${owed.length} records, the first is ${JSON.stringify(first)}: no gap, drop or refusal tells of them`,
      );
      lost += owed.length;
    }
    const { dropped, conflated } = this.stream.metrics;
    const counted = dropped - this.#givenUp + conflated;
    this.#verdict.claim(lost <= counted, () => `${lost} records are lost by overflow, ${counted} are counted`);
  }

  #refused({ symbols }: StreamError): void {
    for (const [channel, list] of Object.entries(symbols ?? {})) {
      for (const symbol of list) for (const subscription of this.subscriptions) subscription.refused(channel, symbol);
    }
  }
}
