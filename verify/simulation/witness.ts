import type {
  GapEvent,
  MissedRange,
  SlowEvent,
  StockDataStream,
  StreamError,
  Subscription,
  SymbolState,
} from "@tickerplant/client";
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
  /** It will make no progress any more: its user has forgotten it, or its handler hangs for good. */
  isStuck = false;
  /** A `slow` event has told that it makes no progress. */
  #wasReportedStalled = false;
  /** What `slow` events told of its losses. */
  readonly #missed: MissedRange[] = [];
  /** When it last made progress, in virtual time. */
  progressMs = 0;

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

  /** A `slow` event came for it. */
  slow({ missed, stalledMs, isIsolated }: SlowEvent, stalledAfterMs: number): void {
    const { label, concurrency = 1 } = this.options;
    if (stalledMs > 0) this.#wasReportedStalled = true;
    this.#missed.push(...missed);
    const stillMs = this.#verdict.nowMs - this.progressMs;
    const isSerial = concurrency === 1; // else one symbol's calls go on while another's hang
    this.#verdict.claim(
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
      return this.#verdict.claim(isTold, () => `${label} is stuck with ${owed.length} records, and nothing told so`);
    }
    if (overflow === Overflow.CONFLATE) return; // what took their place came
    const missing = owed.find((record) => !this.#missed.some((range) => covers(range, record)));
    this.#verdict.claim(
      missing === undefined,
      () =>
        `${label} misses ${owed.length} records, one is ${JSON.stringify(missing)}: no gap, drop or refusal tells of it`,
    );
    const count = this.#missed.reduce((sum, range) => sum + range.count, 0);
    this.#verdict.claim(owed.length <= count, () => `${label} misses ${owed.length} records, ${count} were told of`);
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
    if (this.options.concurrency === undefined) this.progressMs = this.#verdict.nowMs;
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
    this.progressMs = this.#verdict.nowMs;
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

/** What one stream's user is owed in all. */
export class StreamWitness {
  readonly stream: StockDataStream<boolean>;
  readonly #verdict: Verdict;
  readonly #stalledAfterMs: number;
  readonly subscriptions: Set<SubscriptionWitness> = new Set();
  /** Stopped by the user: no handler may be called. */
  isHalted = true;
  /** Handler calls that threw or rejected. */
  failures = 0;
  /** Gaps that were told. */
  gaps = 0;
  /** Losses that the user caused by a stop or an unsubscribe, out of those the stream counts. */
  #givenUp = 0;

  /** `hiddenMs`: see {@link Market.hiddenMs}. `stalledAfterMs` is how long a subscription may make no progress before it is isolated; 0: not to be judged. */
  constructor(stream: StockDataStream<boolean>, verdict: Verdict, stalledAfterMs: number, hiddenMs: number) {
    this.#verdict = verdict;
    this.#stalledAfterMs = stalledAfterMs;
    this.stream = stream;
    stream.on("gap", (gap) => {
      this.gaps++;
      this.#verdict.claim(
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
    this.#verdict.claim(queued <= bound, () => `${queued} records wait, allowed are ${bound}`);
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
    this.#verdict.claim(lost <= counted, () => `${lost} records are lost by overflow, ${counted} are counted`);
  }

  #refused({ symbols }: StreamError): void {
    for (const [channel, list = []] of Object.entries(symbols ?? {})) {
      for (const symbol of list) for (const subscription of this.subscriptions) subscription.refused(channel, symbol);
    }
  }
}
