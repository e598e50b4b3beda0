import { type MarketRecord, type RawRecord, type StreamSchema, WILDCARD, WIRE_LIMITS } from "../wire/index.ts";
import { ByChannel } from "./by-channel.ts";
import type { Consumer } from "./consumer.ts";

/** What stands before a consumer for a while, and decides when it gets its records. */
export interface Redirect {
  readonly consumer: Consumer;
  deliver(record: MarketRecord | RawRecord, channel: string, symbol: string, symbolNumber: number): void;
}

/** What a record of one channel is delivered to. */
type Receiver = Consumer | RedirectOfChannel;

interface RedirectOfChannel {
  readonly consumer: Consumer;
  deliver(record: MarketRecord | RawRecord, symbol: string, symbolNumber: number): void;
}

/** The consumers of one channel. */
interface ChannelRoutes {
  readonly channel: string;
  readonly named: Map<string, Set<Consumer>>;
  readonly wildcard: Set<Consumer>;
  /** Named symbols of which a record was delivered. */
  readonly heard: Set<string>;
  /** Whether symbols are named: otherwise nothing is looked up. */
  hasNamed: boolean;
  /** The consumers of a symbol, by the symbol's number: made on its first record after a change. */
  byNumber: (readonly Receiver[] | undefined)[];
  /** The same of symbols without a number. */
  readonly bySymbol: Map<string, readonly Receiver[]>;
  /** The consumers of the wildcard; one array for all symbols that are not named. */
  ofAll: readonly Receiver[];
  /** Counts the changes of the routes. */
  changes: number;
}

/**
 * Finds the consumers of a record. Every consumer of its symbol and of the wildcard gets it; consumers
 * with the same handler get it once.
 */
export class Routing {
  readonly #channels: ByChannel<ChannelRoutes>;
  readonly #consumers = new Set<Consumer>();
  readonly #redirects = new Map<Consumer, Redirect>();
  readonly #pressureChanged: () => void;
  /** Whether records are delivered: false between a stop and the next run. */
  isOpen = true;
  /** Losses of consumers that are gone. */
  #pastDropped = 0;
  #pastConflated = 0;

  /** `pressureChanged` is called when a full consumer is removed. */
  constructor(schema: StreamSchema, pressureChanged: () => void) {
    this.#channels = new ByChannel(schema, noRoutes);
    this.#pressureChanged = pressureChanged;
  }

  /**
   * Delivers one record. Every record of a symbol must come with the same number, the one that the
   * symbol is interned under or 0, because consumers keep a symbol's records in order by it.
   */
  deliver(record: MarketRecord | RawRecord, channel: string, symbol: string, symbolNumber: number): void {
    const routes = this.#channels.get(channel);
    const consumers = routes.hasNamed ? this.#receiversOf(routes, symbol, symbolNumber) : routes.ofAll;
    const { changes } = routes;
    for (let index = 0; index < consumers.length; index++) {
      const consumer = consumers[index];
      // The handlers before it may have removed the symbol, or stopped the stream.
      const isChanged = routes.changes !== changes;
      if (consumer === undefined || (isChanged && !this.isRouted(consumerOf(consumer), channel, symbol))) continue;
      consumer.deliver(record, symbol, symbolNumber);
      if (!this.isOpen) return;
    }
  }

  /** Routes the symbols of a channel to a consumer. */
  add(consumer: Consumer, channel: string, symbols: Iterable<string>): void {
    const routes = this.#channels.get(channel);
    this.#consumers.add(consumer);
    for (const symbol of symbols) {
      if (symbol === WILDCARD) routes.wildcard.add(consumer);
      else {
        const named = routes.named.get(symbol);
        if (named === undefined) routes.named.set(symbol, new Set([consumer]));
        else named.add(consumer);
      }
    }
    this.#changed(routes);
  }

  /** Removes a consumer's routes for symbols of a channel. */
  remove(consumer: Consumer, channel: string, symbols: Iterable<string>): void {
    const routes = this.#channels.get(channel);
    for (const symbol of symbols) {
      if (symbol === WILDCARD) routes.wildcard.delete(consumer);
      else {
        const named = routes.named.get(symbol);
        named?.delete(consumer);
        if (named?.size !== 0) continue;
        routes.named.delete(symbol);
        routes.heard.delete(symbol);
      }
    }
    this.#changed(routes);
  }

  /** Removes a consumer: its losses stay counted. */
  drop(consumer: Consumer): void {
    if (!this.#consumers.delete(consumer)) return;
    this.#redirects.delete(consumer);
    this.#pastDropped += consumer.dropped;
    this.#pastConflated += consumer.conflated;
    if (consumer.isFull) this.#pressureChanged();
  }

  /** Whether a consumer gets a symbol's records. */
  isRouted(consumer: Consumer, channel: string, symbol: string): boolean {
    const { named, wildcard } = this.#channels.get(channel);
    return wildcard.has(consumer) || (named.get(symbol)?.has(consumer) ?? false);
  }

  /** Whether any consumer gets a symbol's records. */
  hasRoute(channel: string, symbol: string): boolean {
    const { named, wildcard } = this.#channels.get(channel);
    return wildcard.size > 0 || named.has(symbol);
  }

  /** Whether a record of a named symbol was delivered, in any channel. */
  hasHeard(symbol: string): boolean {
    for (const { heard } of this.#channels.values()) if (heard.has(symbol)) return true;
    return false;
  }

  /** The consumers of all subscriptions. */
  get consumers(): Iterable<Consumer> {
    return this.#consumers;
  }

  /** Whether a consumer with the policy `block` is full, so that reading should stop. */
  get isFull(): boolean {
    for (const consumer of this.#consumers) if (consumer.isFull) return true;
    return false;
  }

  /** Whether a consumer holds so much that reading must stop even while an answer is awaited. */
  get isOverfull(): boolean {
    for (const consumer of this.#consumers) if (consumer.isOverfull) return true;
    return false;
  }

  /** Records that wait, that were dropped and that were replaced, over all subscriptions. */
  totals(): { queued: number; dropped: number; conflated: number } {
    const totals = { queued: 0, dropped: this.#pastDropped, conflated: this.#pastConflated };
    for (const consumer of this.#consumers) {
      totals.queued += consumer.queued;
      totals.dropped += consumer.dropped;
      totals.conflated += consumer.conflated;
    }
    return totals;
  }

  /** Delivers no further record, and discards those that wait for a handler. */
  stop(): void {
    this.isOpen = false;
    for (const consumer of this.#consumers) consumer.discard();
  }

  /** Resolves when no record waits for a handler and no handler call is running. */
  async drained(): Promise<void> {
    await Promise.all([...this.#consumers].map((consumer) => consumer.drained()));
  }

  /** Lets a consumer get its records through `redirect` from now on, or directly again without one. */
  redirect(consumer: Consumer, redirect: Redirect | undefined): void {
    if (redirect === undefined) this.#redirects.delete(consumer);
    else this.#redirects.set(consumer, redirect);
    for (const routes of this.#channels.values()) this.#changed(routes);
  }

  /** Forgets what was found: a consumer was added or removed. */
  #changed(routes: ChannelRoutes): void {
    routes.changes++;
    routes.hasNamed = routes.named.size > 0;
    routes.byNumber = [];
    routes.bySymbol.clear();
    routes.ofAll = this.#unique(routes.wildcard, routes.channel);
  }

  /** The receivers of a symbol. */
  #receiversOf(routes: ChannelRoutes, symbol: string, symbolNumber: number): readonly Receiver[] {
    const known = symbolNumber > 0 ? routes.byNumber[symbolNumber] : routes.bySymbol.get(symbol);
    return known ?? this.#route(routes, symbol, symbolNumber);
  }

  /** Finds a symbol's receivers, for this record and those to come. */
  #route(routes: ChannelRoutes, symbol: string, symbolNumber: number): readonly Receiver[] {
    const named = routes.named.get(symbol);
    const receivers = named === undefined ? routes.ofAll : this.#unique([...named, ...routes.wildcard], routes.channel);
    if (named !== undefined) routes.heard.add(symbol);
    if (symbolNumber > 0) {
      while (routes.byNumber.length <= symbolNumber) routes.byNumber.push(undefined); // an array with holes is slow
      routes.byNumber[symbolNumber] = receivers;
    } else {
      // Symbols come from the server: what it invents must not fill the memory.
      if (routes.bySymbol.size >= WIRE_LIMITS.maxInternedSymbols) routes.bySymbol.clear();
      routes.bySymbol.set(symbol, receivers);
    }
    return receivers;
  }

  /** What stands for the consumers, those with the same handler once. A redirected one stands for itself alone. */
  #unique(consumers: Iterable<Consumer>, channel: string): readonly Receiver[] {
    const byIdentity = new Map<unknown, Receiver>();
    for (const consumer of consumers) {
      const redirect = this.#redirects.get(consumer);
      const identity = redirect ?? consumer.identity;
      if (!byIdentity.has(identity)) byIdentity.set(identity, redirect ? ofChannel(redirect, channel) : consumer);
    }
    return [...byIdentity.values()];
  }
}

function ofChannel(redirect: Redirect, channel: string): RedirectOfChannel {
  const { consumer } = redirect;
  return { consumer, deliver: (record, symbol, number) => redirect.deliver(record, channel, symbol, number) };
}

function consumerOf(receiver: Receiver): Consumer {
  return "consumer" in receiver ? receiver.consumer : receiver;
}

function noRoutes(channel: string): ChannelRoutes {
  return {
    channel,
    named: new Map(),
    wildcard: new Set(),
    heard: new Set(),
    hasNamed: false,
    byNumber: [],
    bySymbol: new Map(),
    ofAll: [],
    changes: 0,
  };
}
