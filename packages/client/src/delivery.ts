import type { Consumer, ConsumerEvents } from "./consumer.ts";
import { LagWindow } from "./lag-window.ts";
import * as LIMITS from "./limits.ts";
import {
  type AnyRecord,
  CHANNELS,
  type Channel,
  type RawRecord,
  type StreamError,
  WILDCARD,
  WIRE_LIMITS,
} from "./wire/index.ts";

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
  outlier(channel: Channel, symbol: string, timeMs: number): void;
}

/** Records in a row whose times do not fit those before them: each may be an outlier, or the market has jumped. */
interface Suspects {
  /** Their times, ascending, fewer than `LIMITS.timeConfirmations`. */
  readonly timesMs: number[];
  /** The symbol of the last. */
  symbol: string;
  /** How many records of the channel had come with the last. */
  received: number;
}

/** One channel's consumers, and how many of its records came. */
interface ChannelRoutes {
  received: number;
  /** When its last record came, by the clock that never goes back. */
  heardAtMs: number;
  /** The newest time of its records that is not suspect, in milliseconds since the epoch. */
  newestMs: number;
  /** When it came, by the monotonic clock. */
  newestAtMs: number;
  readonly suspects: Suspects;
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
  /** Receive time minus `t` of every record whose time is not suspect. */
  readonly lag: LagWindow = new LagWindow();
  readonly #channels: Record<Channel, ChannelRoutes>;
  readonly #quotes: ChannelRoutes;
  readonly #trades: ChannelRoutes;
  readonly #consumers = new Set<Consumer>();
  readonly #events: DeliveryEvents;
  readonly consumerEvents: ConsumerEvents;
  #nowMs = 0;
  #frameAtMs = 0;
  #isOpen = true;
  #outliers = 0;
  /** Channels with suspects that the next frame may prove wrong. */
  readonly #suspected = new Set<Channel>();
  /** Losses of consumers that are gone. */
  #pastDropped = 0;
  #pastConflated = 0;

  constructor(events: DeliveryEvents) {
    this.#events = events;
    this.consumerEvents = {
      pressureChanged: () => events.pressureChanged(),
      slow: (consumer) => events.slow(consumer),
      recovered: (consumer) => events.recovered(consumer),
      failed: (error) => events.failed(error),
      // Wide, because a range must contain what was lost; only what is wrong for certain is left out.
      isPlausible: (channel, timeMs) => this.#isPossible(channel, timeMs),
      newestMs: (channel) => this.newestMs(channel),
    };
    const channels = CHANNELS.map((channel) => [channel, noRoutes()] as const);
    this.#channels = Object.fromEntries(channels) as Record<Channel, ChannelRoutes>; // one for each, by construction
    this.#quotes = this.#channels.quotes;
    this.#trades = this.#channels.trades;
  }

  /** Routes the symbols of a channel to a consumer. */
  add(consumer: Consumer, channel: Channel, symbols: Iterable<string>): void {
    const routes = this.#channels[channel];
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
  remove(consumer: Consumer, channel: Channel, symbols: Iterable<string>): void {
    const routes = this.#channels[channel];
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
    return CHANNELS.some((channel) => this.#channels[channel].heard.has(symbol));
  }

  /** Whether a consumer gets a symbol's records. */
  isRouted(consumer: Consumer, channel: Channel, symbol: string): boolean {
    const { named, wildcard } = this.#channels[channel];
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
    this.#nowMs = nowMs;
    this.#frameAtMs = atMs;
    this.lag.move(atMs);
    if (this.#suspected.size > 0) this.#judgeSuspects();
  }

  /** Takes one record. An arrow function, because the session calls it alone. */
  readonly record = (
    record: AnyRecord | RawRecord,
    channel: Channel,
    symbol: string,
    symbolNumber: number,
    seconds: number,
    nanos: number,
  ): void => {
    if (!this.#isOpen) return; // the rest of a frame: nobody gets it, so it counts as not received
    // The two that make up nearly all of the tape are not looked up by name.
    const routes = channel === "quotes" ? this.#quotes : channel === "trades" ? this.#trades : this.#channels[channel];
    // Whole milliseconds, as the receive time is: both cut, they are right on average.
    const timeMs = seconds * 1000 + ((nanos / 1e6) | 0);
    const leadMs = timeMs - routes.newestMs;
    routes.received++;
    // Nearly every time is a little newer than the newest, or a little older.
    let isUsable = true;
    if (leadMs > 0 && leadMs <= LIMITS.maxTimeLeadMs) {
      routes.newestMs = timeMs;
      routes.newestAtMs = this.#frameAtMs;
    } else if (!(leadMs <= 0 && leadMs >= -LIMITS.maxTimeLagMs))
      isUsable = this.#checkTime(routes, channel, symbol, timeMs);
    routes.heardAtMs = this.#frameAtMs;
    if (isUsable) this.lag.add(this.#nowMs - timeMs);
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
  received(channel: Channel): number {
    return this.#channels[channel].received;
  }

  /** When a channel's last record came, by the clock that never goes back; minus infinity without one. */
  heardAtMs(channel: Channel): number {
    return this.#channels[channel].heardAtMs;
  }

  /** The newest time of a channel's records, in milliseconds since the epoch; minus infinity without one. */
  newestMs(channel: Channel): number {
    return this.#channels[channel].newestMs;
  }

  /** The newest time of a channel's records that may be right: with suspects, unless they are years off. */
  latestMs(channel: Channel): number {
    const possible = this.#channels[channel].suspects.timesMs.filter((timeMs) => this.#isPossible(channel, timeMs));
    return Math.max(this.newestMs(channel), ...possible);
  }

  /** When the record with the newest time of a channel came, by the monotonic clock. */
  newestAtMs(channel: Channel): number {
    return this.#channels[channel].newestAtMs;
  }

  /** Records received in all channels since the start. */
  get receivedInAll(): number {
    let count = 0;
    for (const channel of CHANNELS) count += this.#channels[channel].received;
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

  /** The connection is lost: suspects that are years off are outliers, though no record came to show it. */
  connectionLost(): void {
    this.#judgeSuspects();
    for (const channel of this.#suspected) {
      const { timesMs } = this.#channels[channel].suspects;
      const possible = timesMs.filter((timeMs) => this.#isPossible(channel, timeMs));
      const outliers = timesMs.filter((timeMs) => !possible.includes(timeMs));
      timesMs.splice(0, timesMs.length, ...possible);
      if (possible.length === 0) this.#suspected.delete(channel);
      this.#countOutliers(channel, outliers);
    }
  }

  /**
   * A record's time is far from what its channel brought so far. It is believed where the arrival
   * speaks for it: as much time has passed since, or it is this machine's time. Otherwise the records
   * that follow have to confirm it; until then it moves nothing. Returns whether it is usable as a lag.
   */
  #checkTime(routes: ChannelRoutes, channel: Channel, symbol: string, timeMs: number): boolean {
    if (Number.isNaN(timeMs)) return false; // a raw record, whose time nothing else needs
    const { suspects, newestMs, newestAtMs } = routes;
    const isFirst = newestMs === Number.NEGATIVE_INFINITY;
    const elapsedMs = this.#frameAtMs - newestAtMs;
    const isExpected = timeMs > newestMs && timeMs <= newestMs + elapsedMs + LIMITS.maxTimeLeadMs;
    const ageMs = this.#nowMs - timeMs;
    // Without neighbours, any time of the past may be that of a replay; but not year 1 or 1970.
    const maxAgeMs = isFirst ? LIMITS.maxFirstAgeMs : LIMITS.maxClockOffsetMs;
    const isNow = ageMs >= -LIMITS.maxTimeLeadMs && ageMs <= maxAgeMs;
    if (isExpected || isNow) {
      this.#countOutliers(channel, suspects.timesMs.splice(0));
      this.#suspected.delete(channel);
      this.#believe(routes, timeMs);
      return true;
    }
    this.#suspect(routes, channel, symbol, timeMs);
    return Math.abs(ageMs) <= LIMITS.maxTimeLagMs;
  }

  #believe(routes: ChannelRoutes, timeMs: number): void {
    routes.newestMs = timeMs;
    routes.newestAtMs = this.#frameAtMs;
  }

  /**
   * Adds a suspect to those before it. A market that jumped goes on from there, while an outlier is
   * followed by earlier times: so a suspect is believed once two others in a row did not fall behind it.
   */
  #suspect(routes: ChannelRoutes, channel: Channel, symbol: string, timeMs: number): void {
    const { suspects, received, newestMs } = routes;
    const { timesMs } = suspects;
    const isInARow = received === suspects.received + 1;
    const isSameWay = timesMs.every((suspectMs) => suspectMs > newestMs === timeMs > newestMs);
    const keeps = (suspectMs: number): boolean => isInARow && isSameWay && suspectMs <= timeMs + LIMITS.maxTimeLeadMs;
    const refuted = timesMs.filter((suspectMs) => !keeps(suspectMs));
    timesMs.splice(0, timesMs.length, ...timesMs.filter(keeps), timeMs);
    this.#countOutliers(channel, refuted);
    suspects.symbol = symbol;
    suspects.received = received;
    this.#suspected.add(channel);
    if (timesMs.length < LIMITS.timeConfirmations) return;
    let next = timesMs.shift();
    while (next !== undefined) {
      this.#believe(routes, next);
      const [following] = timesMs;
      next = following !== undefined && following <= next + LIMITS.maxTimeLeadMs ? timesMs.shift() : undefined;
    }
    if (timesMs.length === 0) this.#suspected.delete(channel);
  }

  /** Suspects that were followed by records with the times of before are outliers. */
  #judgeSuspects(): void {
    for (const channel of this.#suspected) {
      const { suspects, received } = this.#channels[channel];
      if (received === suspects.received) continue;
      this.#countOutliers(channel, suspects.timesMs.splice(0));
      this.#suspected.delete(channel);
    }
  }

  #countOutliers(channel: Channel, timesMs: readonly number[]): void {
    const [first] = timesMs;
    if (first === undefined) return;
    if (this.#outliers === 0) this.#events.outlier(channel, this.#channels[channel].suspects.symbol, first);
    this.#outliers += timesMs.length;
  }

  /** Whether a time may be right, for all that is known: false for what is years off. */
  #isPossible(channel: Channel, timeMs: number): boolean {
    const newestMs = this.newestMs(channel);
    if (newestMs === Number.NEGATIVE_INFINITY) return Math.abs(timeMs - this.#nowMs) <= LIMITS.maxFirstAgeMs;
    return Math.abs(timeMs - newestMs) <= LIMITS.certainOutlierMs;
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

function noRoutes(): ChannelRoutes {
  return {
    received: 0,
    heardAtMs: Number.NEGATIVE_INFINITY,
    newestMs: Number.NEGATIVE_INFINITY,
    newestAtMs: Number.NEGATIVE_INFINITY,
    suspects: { timesMs: [], symbol: "", received: 0 },
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
