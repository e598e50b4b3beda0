import {
  type GapEvent,
  type GapOpenEvent,
  type MissedRange,
  Overflow,
  type SlowEvent,
  type Subscription,
  type SymbolState,
} from "@tickerplant/client";
import { isFromHistory } from "@tickerplant/client/history";
import type { Invariants } from "./invariants.ts";
import { numberOf, type Published } from "./market.ts";
import type { SimulatedHistory } from "./simulated-history.ts";

/** The options that a checked subscription was made with. */
export interface CheckedOptions {
  readonly label: string;
  readonly overflow: Overflow;
  readonly maxQueued: number;
  /** Concurrent asynchronous calls; undefined for an iterator. */
  readonly concurrency: number | undefined;
}

/** How exactly a stream knows when, in the market's time, a symbol was confirmed. */
const CONFIRMATION_MS = 2_000;

/** What a stream cannot know well in a world. */
export interface Doubts {
  /** The market's time. */
  readonly time: boolean;
  /** Whether the server has confirmed a symbol: its answers may come late, or not at all. */
  readonly answers: boolean;
  /** Symbols that the server has rejected once, as `channel symbol`. */
  readonly rejected: ReadonlySet<string>;
  /** Whether a relay that fills its gaps may deliver a record after a newer one; undefined without such a relay. */
  readonly mayRelayLate: ((record: Published) => boolean) | undefined;
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
  /** Set in worlds in which gaps are filled, by the stream or by a relay. */
  readonly #received: Set<number> | undefined;
  readonly #history: SimulatedHistory | undefined;
  /** Records with smaller numbers were published before it was made, or before the stream last ended. */
  #firstNumber: number;
  /** When each of its symbols was first active in this run of the stream, or up to the next record later. */
  readonly #activeSinceMs = new Map<string, number>();
  /** The same in its first run. */
  readonly #firstActiveMs = new Map<string, number>();
  /** Gaps that stay open, in the market's time. */
  readonly #open: { readonly key: string; readonly fromMs: number; readonly toMs: number }[] = [];
  /** Gaps whose times are a guess: when they were reported and filled, and their end in the market's time. */
  readonly #guessed = new Map<string, { readonly atMs: number; readonly toMs: number; filledMs: number }>();
  /** When gaps were reported. */
  readonly #confirmed: { readonly key: string; readonly atMs: number; readonly fromMs: number }[] = [];
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

  readonly #doubts: Doubts;

  /** `firstNumber` is that of the next record; with `history` gaps are filled. */
  constructor(
    subscription: Subscription,
    options: CheckedOptions,
    invariants: Invariants,
    firstNumber: number,
    history: SimulatedHistory | undefined,
    doubts: Doubts,
  ) {
    this.#invariants = invariants;
    this.#doubts = doubts;
    this.#firstNumber = firstNumber;
    this.#history = history;
    this.#received = history !== undefined || doubts.mayRelayLate !== undefined ? new Set() : undefined;
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
    if (this.#received !== undefined) this.#noteActive(record.atMs);
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
    const isVoid = this.#history?.isVoid(number) && isFromHistory(record as object);
    this.#invariants.assert(!isVoid, () => `${label} received record ${number}, which history marks as void`);
    // A conflated record takes the place of an older one of its channel, ahead of those of other channels.
    // Each channel is filled by itself.
    const isByChannel = overflow === Overflow.CONFLATE || this.#received !== undefined;
    const topic = isByChannel ? `${channel} ${symbol}` : symbol;
    const newest = this.#newest.get(topic) ?? -1;
    const isTwice = number === newest || this.hasReceived(number);
    this.#invariants.assert(!isTwice, () => `${label} received record ${number} of ${symbol} twice`);
    if (!this.#mayBeLate(original as Published, published[newest])) {
      this.#invariants.assert(
        number > newest,
        () =>
          `${label} received ${channel} record ${number} of ${symbol}, published at ${original?.atMs} ms, after ${newest}, published at ${published[newest]?.atMs} ms`,
      );
      this.#newest.set(topic, number);
    }
    this.#received?.add(number);
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

  /** Handles the end of the stream, which drops what waits. `nextNumber` is that of the next record. */
  streamEnded(nextNumber: number): void {
    this.#firstNumber = nextNumber;
    this.#activeSinceMs.clear();
    this.excuse(() => true);
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

  /** Whether a record may come after a newer one of its symbol. */
  #mayBeLate(record: Published, newest: Published | undefined): boolean {
    if (this.#history === undefined) return this.#doubts.mayRelayLate?.(record) ?? false;
    const isOf = (entry: { readonly key: string }): boolean => record.keys.includes(entry.key);
    return (
      record.isLate ||
      // A fill does not bring what history marks as void, but newer records: the stream's own copy may follow.
      (this.#history.isVoid(record.number) && this.#confirmed.some(isOf)) ||
      this.#isFromBefore(record) ||
      record.keys.some((key) => this.#isInGuess(record, key)) ||
      // The next fill may show what an earlier one did not.
      this.#open.some((gap) => isOf(gap) && record.publishedMs >= gap.fromMs && record.publishedMs <= gap.toMs) ||
      // The newer one came before the server's answer, when it was not known yet that there was a gap.
      (newest !== undefined &&
        this.#confirmed.some(
          (gap) =>
            isOf(gap) &&
            newest.atMs <= gap.atMs &&
            record.atMs < gap.atMs &&
            (this.#doubts.answers || this.#doubts.rejected.has(gap.key)),
        ))
    );
  }

  /** Whether a gap whose times are a guess covers a record: the guess may cover live ones as well, until it is filled. */
  #isInGuess({ atMs, publishedMs }: Published, key: string): boolean {
    const guess = this.#guessed.get(key);
    return guess !== undefined && (atMs <= guess.atMs || (publishedMs <= guess.toMs && atMs <= guess.filledMs));
  }

  #noteActive(nowMs: number): void {
    for (const [key, { state }] of this.#entries)
      if (state === "active" && !this.#activeSinceMs.has(key)) {
        this.#activeSinceMs.set(key, nowMs);
        if (!this.#firstActiveMs.has(key)) this.#firstActiveMs.set(key, nowMs);
      }
  }

  /** Whether a record was published a moment before its symbol was confirmed, which a stream knows about only. */
  #isFromBefore({ atMs, keys, rightTimeMs }: Published): boolean {
    return [this.#activeSinceMs, this.#firstActiveMs].some((since) => {
      const sinceMs = Math.min(...keys.map((key) => since.get(key) ?? Number.POSITIVE_INFINITY));
      // The estimate of the market's pace is up to twice too fast.
      const doubtMs = CONFIRMATION_MS + (this.#invariants.nowMs - sinceMs);
      const isInGap = this.#confirmed.some(({ key, fromMs }) => keys.includes(key) && rightTimeMs >= fromMs);
      if (sinceMs === Number.POSITIVE_INFINITY) return true; // it comes by another subscription
      return atMs < sinceMs && (isInGap || atMs > sinceMs - doubtMs || this.#doubts.time);
    });
  }

  /** Whether it has received a record; known in worlds with a history. */
  hasReceived(number: number): boolean {
    return this.#received?.has(number) ?? false;
  }

  /** Whether it holds a symbol of a gap by the same name. */
  isNamed({ channel, symbols }: Pick<GapEvent, "channel" | "symbols">): boolean {
    const hasEnded = this.subscription.symbols.length === 0; // an iterator may still return records
    return !hasEnded && symbols.some((symbol) => this.#entries.has(`${channel} ${symbol}`));
  }

  /** Handles a `gapFilled` event: of the records of the gap, it should have those that it is owed. */
  filled(
    records: readonly Published[],
    gap: Pick<GapEvent, "channel" | "symbols">,
    isOwed: (record: Published) => boolean,
  ): void {
    if (this.isOver || !this.isNamed(gap)) return;
    for (const record of records) {
      if (this.#isAsFromBefore(record) || !isOwed(record)) this.#missing.delete(record.number);
      else if (record.number >= this.#firstNumber && !this.hasReceived(record.number))
        this.#missing.set(record.number, record);
    }
  }

  /** Whether a late record has a time from before its symbol was confirmed: it counts as one of that time. */
  #isAsFromBefore({ occurredMs, keys, isLate }: Published): boolean {
    const sinceMs = Math.min(...keys.map((key) => this.#activeSinceMs.get(key) ?? Number.POSITIVE_INFINITY));
    return isLate && (occurredMs < sinceMs || this.#doubts.time);
  }

  /** Handles the outcome of a gap's symbol: later records are not in it. */
  fillEnded(channel: string, symbol: string): void {
    const guess = this.#guessed.get(`${channel} ${symbol}`);
    if (guess !== undefined) guess.filledMs = Math.min(guess.filledMs, this.#invariants.nowMs);
  }

  /** Handles a `gapOpen` event: records of the gap may be missing. */
  open({ channel, symbols, from, to }: GapOpenEvent): void {
    for (const symbol of symbols)
      this.#open.push({ key: `${channel} ${symbol}`, fromMs: from.getTime(), toMs: to.getTime() });
    this.excuse(
      (record) =>
        record.channel === channel &&
        record.rightTimeMs >= from.getTime() &&
        record.publishedMs <= to.getTime() &&
        (symbols.includes(record.symbol) || (symbols.includes("*") && this.#entries.has(`${channel} *`))),
    );
  }

  /** Handles a `gap` event that will be filled: what history does not show, or what lies beside it. */
  gapToFill(gap: GapEvent, hasHeard: boolean, hiddenMs: number, isExcused: (record: Published) => boolean): void {
    const { channel, from, to } = gap;
    // Where its times are a guess, the next gap may bring what this one should have.
    if (!hasHeard)
      for (const symbol of gap.symbols)
        this.#guessed.set(`${channel} ${symbol}`, {
          atMs: this.#invariants.nowMs,
          toMs: to.getTime(),
          filledMs: Number.POSITIVE_INFINITY,
        });
    for (const symbol of gap.symbols)
      this.#confirmed.push({ key: `${channel} ${symbol}`, atMs: this.#invariants.nowMs, fromMs: from.getTime() });
    this.excuse((record) => {
      const isOf =
        record.channel === channel &&
        this.isNamed({ channel, symbols: gap.symbols.filter((symbol) => symbol === "*" || symbol === record.symbol) });
      if (!isOf) return false;
      if (!hasHeard) return true;
      const { publishedMs, rightTimeMs, isOutlier } = record;
      if (publishedMs > to.getTime()) return publishedMs <= to.getTime() + hiddenMs;
      return rightTimeMs >= from.getTime() && (isOutlier || isExcused(record));
    });
  }

  /** Handles a `gap` event. Before its first records the stream cannot know the market's time: `hasHeard` is false. */
  gap({ channel, symbols, from, to }: Omit<GapEvent, "cause">, hasHeard: boolean, hiddenMs: number): void {
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
  if (record.isOutlier) return true;
  return record.timeMs >= from.getTime() && record.timeMs <= to.getTime();
}
