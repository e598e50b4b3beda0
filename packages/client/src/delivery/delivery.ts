import * as LIMITS from "../limits.ts";
import {
  type MarketRecord,
  type RawRecord,
  type StreamError,
  type StreamSchema,
  WILDCARD,
  WIRE_LIMITS,
} from "../wire/index.ts";
import { ChannelTimes, type TimeReading } from "./channel-times.ts";
import type { Consumer, ConsumerEvents } from "./consumer.ts";
import { LagWindow } from "./lag-window.ts";

/** What the delivery tells the stream. */
export interface DeliveryEvents {
  /** Reading should stop or go on; see {@link Delivery.isFull}. */
  pressureChanged(): void;
  /** A consumer is at its bound; told for every record that finds or leaves it there. */
  slow(consumer: Consumer): void;
  /** An isolated consumer made progress: its policy holds again. */
  recovered(consumer: Consumer): void;
  /** A handler failed, or a consumer with the policy `disconnect` fell behind (terminal). */
  failed(error: StreamError): void;
  /** The first record whose time does not fit those around it. */
  outlier(channel: string, symbol: string, timeMs: number): void;
}

/** One channel's consumers, and how many of its records came. */
interface ChannelRoutes {
  readonly channel: string;
  /** From a record's time to its sending, in milliseconds; NaN where the time does not tell the sending. */
  readonly sentAfterMs: number;
  received: number;
  /** When its last record came, by the clock that never goes back. */
  heardAtMs: number;
  readonly times: ChannelTimes;
  readonly named: Map<string, Set<Consumer>>;
  readonly wildcard: Set<Consumer>;
  /** Named symbols of which a record has come. */
  readonly heard: Set<string>;
  /** Whether anybody names symbols: otherwise nothing is looked up. */
  areNamed: boolean;
  /** Who gets a symbol's records, by the symbol's number: made on its first record after a change. */
  byNumber: (readonly Consumer[] | undefined)[];
  /** The same of symbols without a number. */
  readonly bySymbol: Map<string, readonly Consumer[]>;
  /** Who gets every symbol's records; one list for all symbols that nobody names. */
  everyone: readonly Consumer[];
  /** Counts the changes of who gets what. */
  changes: number;
}

/**
 * From decoded records to handlers and iterators. Every consumer of the symbol and of the wildcard
 * gets the record; consumers with the same handler get it once.
 */
export class Delivery {
  /** Receive time minus sending time, of every record whose time tells it and is not suspect. */
  readonly lag: LagWindow = new LagWindow();
  readonly #channels: ReadonlyMap<string, ChannelRoutes>;
  readonly #firstHot: ChannelRoutes;
  readonly #secondHot: ChannelRoutes;
  readonly #consumers = new Set<Consumer>();
  readonly #events: DeliveryEvents;
  readonly consumerEvents: ConsumerEvents;
  /** Of the frame that is being decoded. */
  readonly #arrival = { nowMs: 0, atMs: 0 };
  #isOpen = true;
  #outliers = 0;
  /** Whether suspect times wait for the next frame to confirm or refute them. */
  #hasSuspects = false;
  /** Losses of consumers that are gone. */
  #pastDropped = 0;
  #pastConflated = 0;

  constructor(schema: StreamSchema, events: DeliveryEvents) {
    this.#events = events;
    this.consumerEvents = {
      pressureChanged: () => events.pressureChanged(),
      slow: (consumer) => events.slow(consumer),
      recovered: (consumer) => events.recovered(consumer),
      failed: (error) => events.failed(error),
      // Wide, because a range must contain what was lost; only what is wrong for certain is left out.
      isPlausible: (channel, timeMs) => this.#routes(channel).times.isPossible(timeMs, this.#arrival.nowMs),
      newestMs: (channel) => this.#routes(channel).times.newestMs,
    };
    this.#channels = new Map(
      schema.channels.map((channel) => {
        const times = new ChannelTimes((symbol, timesMs) => this.#countOutliers(channel, symbol, timesMs));
        return [channel, noRoutes(channel, times, sentAfterMs(schema, channel))];
      }),
    );
    const [first, second] = schema.hot;
    this.#firstHot = this.#channels.get(first) as ChannelRoutes; // one for each channel, by construction
    this.#secondHot = this.#channels.get(second) as ChannelRoutes;
  }

  #routes(channel: string): ChannelRoutes {
    // The two channels that make up most of a stream need no look-up by name.
    if (channel === this.#firstHot.channel) return this.#firstHot;
    if (channel === this.#secondHot.channel) return this.#secondHot;
    return this.#channels.get(channel) as ChannelRoutes; // callers name channels of the schema, which are all there
  }

  /** Routes the symbols of a channel to a consumer. */
  add(consumer: Consumer, channel: string, symbols: Iterable<string>): void {
    const routes = this.#routes(channel);
    this.#consumers.add(consumer);
    for (const symbol of symbols) {
      if (symbol === WILDCARD) routes.wildcard.add(consumer);
      else {
        const named = routes.named.get(symbol);
        if (named === undefined) routes.named.set(symbol, new Set([consumer]));
        else named.add(consumer);
      }
    }
    changed(routes);
  }

  /** Takes symbols of a channel away from a consumer. */
  remove(consumer: Consumer, channel: string, symbols: Iterable<string>): void {
    const routes = this.#routes(channel);
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
    changed(routes);
  }

  /** Whether a record of a symbol that is named has come, in any channel. */
  hasHeard(symbol: string): boolean {
    for (const { heard } of this.#channels.values()) if (heard.has(symbol)) return true;
    return false;
  }

  /** Whether a consumer gets a symbol's records. */
  isRouted(consumer: Consumer, channel: string, symbol: string): boolean {
    const { named, wildcard } = this.#routes(channel);
    return wildcard.has(consumer) || (named.get(symbol)?.has(consumer) ?? false);
  }

  /** A consumer is gone: its losses stay counted, and it presses no more. */
  drop(consumer: Consumer): void {
    if (!this.#consumers.delete(consumer)) return;
    this.#pastDropped += consumer.dropped;
    this.#pastConflated += consumer.conflated;
    if (consumer.isFull) this.#events.pressureChanged();
  }

  /** A frame is about to be decoded: it came at `nowMs` since the epoch, `atMs` by the clock that never goes back. */
  frame(nowMs: number, atMs: number): void {
    this.#arrival.nowMs = nowMs;
    this.#arrival.atMs = atMs;
    this.lag.move(atMs);
    if (this.#hasSuspects) this.#judgeSuspects();
  }

  /** Takes one record. An arrow function, because the session calls it alone. */
  readonly record = (
    record: MarketRecord | RawRecord,
    channel: string,
    symbol: string,
    symbolNumber: number,
    seconds: number,
    nanos: number,
  ): void => {
    if (!this.#isOpen) return; // the rest of a frame: nobody gets it, so it counts as not received
    const routes = this.#routes(channel);
    // Whole milliseconds, as the receive time is: both cut, they are right on average.
    const timeMs = seconds * 1000 + ((nanos / 1e6) | 0);
    const { times } = routes;
    const leadMs = timeMs - times.newestMs;
    routes.received++;
    // Nearly every time is a little newer than the newest, or a little older.
    let isUsable = true;
    if (leadMs > 0 && leadMs <= LIMITS.maxTimeLeadMs) {
      times.newestMs = timeMs;
      times.newestAtMs = this.#arrival.atMs;
    } else if (!(leadMs <= 0 && leadMs >= -LIMITS.maxTimeLagMs)) {
      isUsable = times.check(timeMs, symbol, routes.received, this.#arrival);
      this.#hasSuspects ||= times.hasSuspects;
    }
    routes.heardAtMs = this.#arrival.atMs;
    if (isUsable) this.lag.add(this.#arrival.nowMs - timeMs - routes.sentAfterMs);
    const consumers = routes.areNamed ? consumersOf(routes, symbol, symbolNumber) : routes.everyone;
    const { changes } = routes;
    for (let index = 0; index < consumers.length; index++) {
      const consumer = consumers[index];
      // The handlers before it may have taken the symbol out, or stopped the stream.
      const isChanged = routes.changes !== changes;
      if (consumer === undefined || (isChanged && !this.isRouted(consumer, channel, symbol))) continue;
      consumer.deliver(record, channel, symbol, symbolNumber);
      if (!this.#isOpen) return;
    }
  };

  /** The consumers of all subscriptions. */
  get consumers(): Iterable<Consumer> {
    return this.#consumers;
  }

  /** Records whose times fit neither their neighbours nor their arrival, since the start. */
  get outliers(): number {
    this.#judgeSuspects();
    return this.#outliers;
  }

  /** Whether a consumer with the policy `block` asks to stop reading. */
  get isFull(): boolean {
    for (const consumer of this.#consumers) if (consumer.isFull) return true;
    return false;
  }

  /** Whether a consumer holds so much that reading must stop even while an answer is awaited. */
  get isOverfull(): boolean {
    for (const consumer of this.#consumers) if (consumer.isOverfull) return true;
    return false;
  }

  /** Records received in a channel since the start. */
  received(channel: string): number {
    return this.#routes(channel).received;
  }

  /** When a channel's last record came, by the clock that never goes back; minus infinity without one. */
  heardAtMs(channel: string): number {
    return this.#routes(channel).heardAtMs;
  }

  /** The newest time of a channel's records that is not suspect, and when it came; minus infinity without one. */
  newest(channel: string): TimeReading {
    const { newestMs, newestAtMs } = this.#routes(channel).times;
    return { timeMs: newestMs, atMs: newestAtMs };
  }

  /** The same with suspect times that may be right. */
  latest(channel: string): TimeReading {
    return this.#routes(channel).times.latest(this.#arrival.nowMs);
  }

  /** Records received in all channels since the start. */
  get receivedInAll(): number {
    let count = 0;
    for (const { received } of this.#channels.values()) count += received;
    return count;
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

  /** The connection is lost: what follows may be another time. */
  connectionLost(): void {
    this.#judgeSuspects();
    for (const { times } of this.#channels.values()) times.connectionLost(this.#arrival.nowMs);
  }

  /** Suspect times that were followed by ordinary ones are outliers. */
  #judgeSuspects(): void {
    this.#hasSuspects = false;
    for (const { times, received } of this.#channels.values()) {
      if (!times.hasSuspects) continue;
      times.judge(received);
      this.#hasSuspects ||= times.hasSuspects;
    }
  }

  #countOutliers(channel: string, symbol: string, timesMs: readonly number[]): void {
    if (this.#outliers === 0) this.#events.outlier(channel, symbol, timesMs[0] ?? Number.NaN);
    this.#outliers += timesMs.length;
  }

  /** Hands records on, from now on or again. */
  open(): void {
    this.#isOpen = true;
  }

  /** Hands on no further record and forgets those that wait for a handler. */
  stop(): void {
    this.#isOpen = false;
    for (const consumer of this.#consumers) consumer.discard();
  }

  /** Resolves when nothing waits for a handler and none is at work. */
  async drained(): Promise<void> {
    await Promise.all([...this.#consumers].map((consumer) => consumer.drained()));
  }
}

function sentAfterMs({ traits }: StreamSchema, channel: string): number {
  const { isPrompt, sentAfterMs } = traits[channel] ?? {};
  return isPrompt ? (sentAfterMs ?? Number.NaN) : Number.NaN;
}

function noRoutes(channel: string, times: ChannelTimes, sentAfterMs: number): ChannelRoutes {
  return {
    channel,
    sentAfterMs,
    received: 0,
    heardAtMs: Number.NEGATIVE_INFINITY,
    times,
    named: new Map(),
    wildcard: new Set(),
    heard: new Set(),
    areNamed: false,
    byNumber: [],
    bySymbol: new Map(),
    everyone: [],
    changes: 0,
  };
}

/** Forgets who gets what: a consumer has come or gone. */
function changed(routes: ChannelRoutes): void {
  routes.changes++;
  routes.areNamed = routes.named.size > 0;
  routes.byNumber = [];
  routes.bySymbol.clear();
  routes.everyone = unique(routes.wildcard);
}

/** Who gets a symbol's records. */
function consumersOf(routes: ChannelRoutes, symbol: string, symbolNumber: number): readonly Consumer[] {
  const known = symbolNumber > 0 ? routes.byNumber[symbolNumber] : routes.bySymbol.get(symbol);
  return known ?? route(routes, symbol, symbolNumber);
}

/** Finds out who gets a symbol's records, for this record and those to come. */
function route(routes: ChannelRoutes, symbol: string, symbolNumber: number): readonly Consumer[] {
  const named = routes.named.get(symbol);
  const consumers = named === undefined ? routes.everyone : unique([...named, ...routes.wildcard]);
  if (named !== undefined) routes.heard.add(symbol);
  if (symbolNumber > 0) {
    while (routes.byNumber.length <= symbolNumber) routes.byNumber.push(undefined); // an array with holes is slow
    routes.byNumber[symbolNumber] = consumers;
  } else {
    // Symbols come from the server: what it invents must not fill the memory.
    if (routes.bySymbol.size >= WIRE_LIMITS.maxInternedSymbols) routes.bySymbol.clear();
    routes.bySymbol.set(symbol, consumers);
  }
  return consumers;
}

/** The first of the consumers that are the same. */
function unique(consumers: Iterable<Consumer>): readonly Consumer[] {
  const byIdentity = new Map<unknown, Consumer>();
  for (const consumer of consumers) if (!byIdentity.has(consumer.identity)) byIdentity.set(consumer.identity, consumer);
  return [...byIdentity.values()];
}
