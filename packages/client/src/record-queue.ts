import type { Channel } from "./wire/index.ts";

/** What happens to a subscription's records when `maxQueued` of them wait. */
export const Overflow = {
  /** Stop reading the socket until the handler has caught up: nothing is dropped on this side. */
  BLOCK: "block",
  /** Drop the record that has waited longest. */
  DROP_OLDEST: "dropOldest",
  /** Keep only the newest record of each symbol that waits; for channels where the newest says it all. */
  CONFLATE: "conflate",
  /** End the stream with the error `slow_consumer`. */
  DISCONNECT: "disconnect",
} as const;

/** What happens to a subscription's records when `maxQueued` of them wait. */
export type Overflow = (typeof Overflow)[keyof typeof Overflow];

/**
 * Records that go one after the other: of one symbol, or of all where those do not go side by side.
 * A symbol's lane is there only while it has something to do: a few new objects are in the
 * processor's cache, those of every symbol are not.
 */
export class Lane<R> {
  readonly symbol: string;
  readonly symbolNumber: number;
  /** What waits, in arrival order. */
  first: Waiting<R> | undefined;
  last: Waiting<R> | undefined;
  /** A handler is at work on a record of this lane. */
  isBusy = false;
  /** The lane stands in the line of those that may go on. */
  isReady = false;
  /** The next in that line. */
  nextReady: Lane<R> | undefined;

  constructor(symbol: string, symbolNumber: number) {
    this.symbol = symbol;
    this.symbolNumber = symbolNumber;
    this.first = undefined;
    this.last = undefined;
    this.nextReady = undefined;
  }
}

/** One record that waits: linked into its lane, and into the order of arrival over all lanes. */
interface Waiting<R> {
  record: R;
  readonly channel: Channel;
  /** Channel and symbol where newer records take its place, "" elsewhere. */
  readonly topic: string;
  readonly lane: Lane<R>;
  nextOfLane: Waiting<R> | undefined;
  next: Waiting<R> | undefined;
  previous: Waiting<R> | undefined;
}

/**
 * The records that wait for one subscription, bounded. Linked rather than held in arrays, so that
 * the oldest of all and the oldest of a lane both come out in constant time.
 */
export class RecordQueue<R> {
  /** Records that wait. */
  size = 0;
  /** Records dropped because the queue was full, since the start. */
  dropped = 0;
  /** Records replaced by a newer one of their symbol, since the start. */
  conflated = 0;
  readonly #overflow: Overflow;
  readonly #maxQueued: number;
  /** The lane that all records share which do not go side by side. */
  readonly sharedLane: Lane<R> = new Lane<R>("", 0);
  /** The lanes of symbols by their numbers. */
  readonly #numbered: (Lane<R> | undefined)[] = [];
  /** The lanes of symbols without a number. */
  readonly #named = new Map<string, Lane<R>>();
  /** What waits of each topic, where newer records take its place. */
  readonly #byTopic = new Map<string, Waiting<R>>();
  #oldest: Waiting<R> | undefined;
  #newest: Waiting<R> | undefined;

  constructor(overflow: Overflow, maxQueued: number) {
    this.#overflow = overflow;
    this.#maxQueued = maxQueued;
  }

  /** Whether the bound is reached. */
  get isFull(): boolean {
    return this.size >= this.#maxQueued;
  }

  /** The lane of a symbol, if records of it wait or a handler is at work on one. */
  lane(symbol: string, symbolNumber: number): Lane<R> | undefined {
    return symbolNumber > 0 ? this.#numbered[symbolNumber] : this.#named.get(symbol);
  }

  /** Makes the lane of a symbol that has none. */
  openLane(symbol: string, symbolNumber: number): Lane<R> {
    const lane = new Lane<R>(symbol, symbolNumber);
    if (symbolNumber > 0) {
      while (this.#numbered.length <= symbolNumber) this.#numbered.push(undefined); // an array with holes is slow
      this.#numbered[symbolNumber] = lane;
    } else this.#named.set(symbol, lane);
    return lane;
  }

  /** Forgets a lane that has nothing to do. */
  closeLane(lane: Lane<R>): void {
    const { symbol, symbolNumber, isBusy, first } = lane;
    // It may be closed already, by an unsubscribe from inside its handler, and another one open for its symbol.
    if (isBusy || first !== undefined || this.lane(symbol, symbolNumber) !== lane) return;
    if (symbolNumber > 0) this.#numbered[symbolNumber] = undefined;
    else this.#named.delete(symbol);
  }

  /** Adds a record at the end of a lane; applies the policy where that loses one. Returns the lane where it waits. */
  push(lane: Lane<R>, channel: Channel, symbol: string, record: R): Lane<R> {
    const topic = this.#overflow === Overflow.CONFLATE ? `${channel} ${symbol}` : "";
    const older = topic === "" ? undefined : this.#byTopic.get(topic);
    if (older !== undefined) {
      older.record = record; // in its place, so that a busy symbol keeps its turn
      this.conflated++;
      return older.lane;
    }
    if (this.isFull && (this.#overflow === Overflow.DROP_OLDEST || this.#overflow === Overflow.CONFLATE)) {
      if (this.#oldest !== undefined) this.#remove(this.#oldest);
      this.dropped++;
    }
    const waiting: Waiting<R> = {
      record,
      channel,
      topic,
      lane,
      nextOfLane: undefined,
      next: undefined,
      previous: this.#newest,
    };
    if (lane.last === undefined) lane.first = waiting;
    else lane.last.nextOfLane = waiting;
    lane.last = waiting;
    if (this.#newest === undefined) this.#oldest = waiting;
    else this.#newest.next = waiting;
    this.#newest = waiting;
    if (topic !== "") this.#byTopic.set(topic, waiting);
    this.size++;
    return lane;
  }

  /** Takes the record that has waited longest. */
  shift(): R | undefined {
    const waiting = this.#oldest;
    if (waiting === undefined) return undefined;
    this.#remove(waiting);
    return waiting.record;
  }

  /** Takes the record of a lane that has waited longest. The lane stays open. */
  shiftLane(lane: Lane<R>): R | undefined {
    const waiting = lane.first;
    if (waiting === undefined) return undefined;
    this.#remove(waiting);
    return waiting.record;
  }

  /** Forgets the records that wait and are not `isKept`; returns how many there were. */
  retain(isKept: (record: R, channel: Channel) => boolean): number {
    const sizeBefore = this.size;
    for (const lane of [this.sharedLane, ...this.#numbered, ...this.#named.values()]) {
      if (lane?.first === undefined) continue;
      let last: Waiting<R> | undefined;
      let next: Waiting<R> | undefined = lane.first;
      lane.first = undefined;
      for (let waiting: Waiting<R> | undefined = next; waiting !== undefined; waiting = next) {
        next = waiting.nextOfLane;
        if (!isKept(waiting.record, waiting.channel)) {
          this.#unlink(waiting);
          continue;
        }
        if (last === undefined) lane.first = waiting;
        else last.nextOfLane = waiting;
        last = waiting;
      }
      if (last !== undefined) last.nextOfLane = undefined;
      lane.last = last;
      this.closeLane(lane);
    }
    return sizeBefore - this.size;
  }

  /** Removes a record. It is the first of its lane: a lane loses its oldest. */
  #remove(waiting: Waiting<R>): void {
    const { lane } = waiting;
    lane.first = waiting.nextOfLane;
    if (lane.first === undefined) lane.last = undefined;
    this.#unlink(waiting);
  }

  /**
   * Takes a record out of the order of arrival. It forgets its neighbours: once one of a chain has
   * moved to the old generation of the heap, all that come after it would seem alive with it.
   */
  #unlink(waiting: Waiting<R>): void {
    const { next, previous, topic } = waiting;
    waiting.next = undefined;
    waiting.previous = undefined;
    waiting.nextOfLane = undefined;
    if (topic !== "") this.#byTopic.delete(topic);
    if (previous === undefined) this.#oldest = next;
    else previous.next = next;
    if (next === undefined) this.#newest = previous;
    else next.previous = previous;
    this.size--;
  }
}
