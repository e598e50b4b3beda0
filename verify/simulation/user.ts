import {
  type ChannelSymbols,
  Overflow,
  type RecordBatches,
  type RecordIterator,
  type SubscriptionOptions,
} from "@tickerplant/client";
import type { Random } from "../shared/random.ts";
import { HandlerBehaviour } from "./handler-behaviour.ts";
import { MARKET_CHANNELS, type MarketChannel, SYMBOLS } from "./market.ts";
import type { StreamUnderTest } from "./stream-under-test.ts";
import type { CheckedOptions, SubscriptionChecker } from "./subscription-checker.ts";

/** Records pulled one by one, or in arrays. */
type PulledRecords = RecordIterator<unknown> | RecordBatches<unknown>;

/** The most subscriptions that one user holds at a time. */
const MAX_SUBSCRIPTIONS = 6;

/** A program with one stream: it makes random calls at random times. */
export class User {
  readonly #subject: StreamUnderTest;
  readonly #random: Random;
  readonly #held: {
    readonly checker: SubscriptionChecker;
    readonly abort: AbortController;
    end(): void;
    endIfHung(): void;
  }[] = [];
  #count = 0;

  constructor(subject: StreamUnderTest, random: Random) {
    this.#subject = subject;
    this.#random = random;
  }

  /** Makes one random call. */
  act(): void {
    const roll = this.#random.next();
    const subject = this.#subject;
    if (roll < 0.3) this.subscribe();
    else if (roll < 0.4) this.iterate();
    else if (roll < 0.58) this.#endOne();
    else if (roll < 0.66) this.#unsubscribeSymbols();
    else if (roll < 0.8) subject.run(this.#random.chance(0.2));
    else if (roll < 0.88) subject.connect(this.#random.chance(0.2));
    else if (roll < 0.93) subject.stop("stop");
    else if (roll < 0.96) subject.stop("close");
    else subject.abortRun();
  }

  /** Subscribes a handler of random behaviour. */
  subscribe(): void {
    this.#dropEnded();
    if (this.#held.length >= MAX_SUBSCRIPTIONS) return this.#endOne();
    const random = this.#random;
    const { stream, invariants } = this.#subject;
    const symbols = this.#symbols();
    const options = this.#options(symbols);
    const abort = new AbortController();
    const behaviour = new HandlerBehaviour(this.#subject, random.fork(), () => this.#nested(held));
    const label = this.#label("handler", symbols, options);
    invariants.note(`${label} subscribes`);
    const subscription = stream.subscribe(symbols, (record: unknown) => behaviour.handle(record, checker), {
      ...options,
      signal: abort.signal,
    });
    const checker = this.#subject.joined(subscription, { label, ...options });
    const held = {
      checker,
      abort,
      end: () => this.#subject.unsubscribe(checker),
      endIfHung: () => {
        if (!behaviour.isHung) return;
        const { overflow } = checker.options;
        if (
          behaviour.isKept &&
          overflow !== Overflow.DISCONNECT &&
          this.#subject.stalledAfterMs < Number.POSITIVE_INFINITY
        )
          checker.isStuck = true;
        else this.#subject.unsubscribe(checker);
      },
    };
    this.#held.push(held);
  }

  /** Makes an iterator and reads it at a random pace, to its end or a random number of pulls; every third one in arrays. */
  iterate(): void {
    this.#dropEnded();
    if (this.#held.length >= MAX_SUBSCRIPTIONS) return this.#endOne();
    const { stream, invariants } = this.#subject;
    const symbols = this.#symbols();
    const { concurrency: _, ...options } = this.#options(symbols);
    const abort = new AbortController();
    const isBatched = this.#count % 3 === 0; // no random number, which would change every world
    const label = this.#label(isBatched ? "batch iterator" : "iterator", symbols, options);
    invariants.note(`${label} subscribes`);
    const iterator = stream.records(symbols, { ...options, signal: abort.signal });
    const records = isBatched ? iterator.batches() : iterator;
    const checker = this.#subject.joined(iterator.subscription, { label, ...options, concurrency: undefined });
    const end = (): void => this.#subject.return(records, checker);
    this.#held.push({ checker, abort, end, endIfHung: () => {} });
    void this.#pull(records, checker);
  }

  /** Ends or gives up subscriptions whose handlers hang. */
  endHungHandlers(): void {
    for (const { endIfHung } of this.#held) endIfHung();
  }

  async #pull(records: PulledRecords, checker: SubscriptionChecker): Promise<void> {
    const { faults, clock, market, promises, invariants } = this.#subject;
    const paceMs = this.#random.pick([0, 0, 5, 100, 2000]);
    const most = this.#random.pick([3, 50, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
    for (let count = 0; count < most; count++) {
      if (faults.occurs("iterator not read", 0.05)) {
        invariants.note(`${checker.options.label} is no longer read`);
        const { overflow } = checker.options;
        if (
          this.#random.chance(0.5) &&
          overflow !== Overflow.DISCONNECT &&
          this.#subject.stalledAfterMs < Number.POSITIVE_INFINITY
        ) {
          checker.isStuck = true;
          if (checker.subscription.symbols.length === 0) checker.end(); // it has already ended with the stream
          return;
        }
        await new Promise<void>((resolve) => clock.setTimer(resolve, this.#random.between(1, 30_000)));
        if (checker.isOver) return;
      }
      const result = await promises.watch<IteratorResult<unknown>>(
        `${checker.options.label}.next()`,
        records.next(),
        (error) => this.#subject.checkError(error),
      );
      if (checker.isOver) return; // ended while this record was on its way
      if (result === undefined || result.done === true) return checker.end();
      const received = Array.isArray(result.value) ? result.value : [result.value];
      try {
        for (const record of received) checker.received(record, market.published);
      } catch {
        return; // the invariants keep it
      }
      const delayMs = faults.isHealed ? 0 : paceMs;
      if (delayMs > 0) await new Promise<void>((resolve) => clock.setTimer(resolve, delayMs));
      if (checker.isOver) return;
    }
    invariants.note(`${checker.options.label} ends its iteration`);
    this.#subject.return(records, checker);
  }

  /** Makes a random call from inside a handler. */
  #nested(held: { readonly checker: SubscriptionChecker; end(): void }): Promise<unknown> | undefined {
    const roll = this.#random.next();
    const { invariants } = this.#subject;
    invariants.note(`${held.checker.options.label} makes a call from inside`);
    if (roll < 0.3) this.subscribe();
    else if (roll < 0.5) held.end();
    else if (roll < 0.7) return held.checker.subscription.ready.catch(() => {});
    else if (roll < 0.8)
      return this.#subject.unsubscribeSymbols(this.#random.pick(MARKET_CHANNELS), this.#random.sample(SYMBOLS, 2));
    else if (roll < 0.85) return this.#subject.stop("stop");
    else if (roll < 0.9) return this.#subject.stop("close");
    else return this.#subject.connect(false);
    return undefined;
  }

  #endOne(): void {
    const [held] = this.#held.splice(this.#random.between(0, this.#held.length - 1), 1);
    if (held === undefined) return;
    this.#subject.invariants.note(`${held.checker.options.label} ends`);
    if (!this.#random.chance(0.2)) return held.end();
    const { checker, abort } = held;
    this.#subject.checker.countDropsByUser(() => abort.abort());
    // An iterator still returns the records that it holds, and ends after them.
    if (checker.options.concurrency !== undefined || checker.isStuck) checker.end();
    else checker.excuse(() => true);
  }

  #unsubscribeSymbols(): void {
    void this.#subject.unsubscribeSymbols(
      this.#random.pick(MARKET_CHANNELS),
      this.#random.sample([...SYMBOLS, "*"], 4),
    );
  }

  #dropEnded(): void {
    for (let at = this.#held.length - 1; at >= 0; at--) if (this.#held[at]?.checker.isOver) this.#held.splice(at, 1);
  }

  #symbols(): ChannelSymbols {
    const random = this.#random;
    const symbols: { [C in MarketChannel]?: string[] } = {};
    for (const channel of random.sample(MARKET_CHANNELS, 2)) {
      symbols[channel] = random.chance(0.2) ? ["*"] : random.sample(SYMBOLS, 4);
      if (random.chance(0.05)) symbols[channel]?.push("*");
    }
    return symbols;
  }

  #options(symbols: ChannelSymbols): Omit<CheckedOptions, "label"> & { concurrency: number } {
    const random = this.#random;
    const policies =
      symbols.trades === undefined
        ? Object.values(Overflow)
        : [Overflow.BLOCK, Overflow.DROP_OLDEST, Overflow.DISCONNECT];
    const overflow = random.chance(0.4) ? Overflow.BLOCK : random.pick(policies);
    return { overflow, maxQueued: random.pick([1, 3, 10, 100]), concurrency: random.pick([1, 1, 2, 5]) };
  }

  #label(kind: string, symbols: ChannelSymbols, { overflow, maxQueued }: SubscriptionOptions): string {
    const held = Object.entries(symbols).map(([channel, list = []]) => `${channel} ${list.join()}`);
    return `${this.#subject.name} ${kind} ${++this.#count} (${held.join("; ")}; ${overflow} ${maxQueued})`;
  }
}
