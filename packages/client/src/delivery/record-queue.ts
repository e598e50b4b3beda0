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

/** One record that waits. */
export interface Waiting<R> {
  record: R;
  readonly channel: string;
  readonly symbol: string;
  readonly symbolNumber: number;
  /** Counts the arrivals. */
  readonly order: number;
  next: Waiting<R> | undefined;
}

/** Records in arrival order, linked: new objects that point to newer ones are what the heap is best at. */
class Line<R> {
  first: Waiting<R> | undefined;
  /** Its place among the lines of those that stepped aside, while it is one of them. */
  place = 0;
  #last: Waiting<R> | undefined;

  add(waiting: Waiting<R>): void {
    if (this.#last === undefined) this.first = waiting;
    else this.#last.next = waiting;
    this.#last = waiting;
  }

  remove(): Waiting<R> | undefined {
    const { first } = this;
    if (first === undefined) return undefined;
    this.first = first.next;
    if (this.first === undefined) this.#last = undefined;
    // Once one of a chain has moved to the old generation of the heap, all after it would seem alive with it.
    first.next = undefined;
    return first;
  }
}

/**
 * The records that wait for one subscription, bounded. They stand in one line; those that are at its
 * head while their symbol's handler is at work step aside, into a line of their symbol. So there are
 * never more lines than handlers at work, and a record that stepped aside is older than all in line.
 */
export class RecordQueue<R> {
  /** Records that wait. */
  size = 0;
  /** Records dropped because the queue was full, since the start. */
  dropped = 0;
  /** Records replaced by a newer one of their symbol, since the start. */
  conflated = 0;
  /** Drop the oldest at the limit whatever the policy is: the subscription is isolated. */
  isDropping = false;
  readonly #overflow: Overflow;
  readonly #maxQueued: number;
  readonly #dropped: (record: R, channel: string) => void;
  readonly #line = new Line<R>();
  /** Lines of those that stepped aside, as many as have somebody in them. */
  readonly #aside: Line<R>[] = [];
  /** The line of each symbol of which a record ever stepped aside, by number or by name. */
  readonly #numbered: (Line<R> | undefined)[] = [];
  readonly #named = new Map<string, Line<R>>();
  /** What waits of each topic, where newer records take its place. */
  readonly #byTopic = new Map<string, Waiting<R>>();
  #arrivals = 0;

  /** `dropped` is called for each record that the policy drops. */
  constructor(overflow: Overflow, maxQueued: number, dropped: (record: R, channel: string) => void) {
    this.#overflow = overflow;
    this.#maxQueued = maxQueued;
    this.#dropped = dropped;
  }

  /** Whether the bound is reached. */
  get isFull(): boolean {
    return this.size >= this.#maxQueued;
  }

  /** Adds a record at the end; applies the policy where that loses one. */
  push(record: R, channel: string, symbol: string, symbolNumber: number): void {
    const isConflated = this.#overflow === Overflow.CONFLATE;
    const older = isConflated ? this.#byTopic.get(topicOf(channel, symbol)) : undefined;
    if (older !== undefined) {
      older.record = record; // in its place, so that a busy symbol keeps its turn
      this.conflated++;
      return;
    }
    if (isConflated || this.isDropping || this.#overflow === Overflow.DROP_OLDEST) this.#makeRoom();
    const waiting = { record, channel, symbol, symbolNumber, order: this.#arrivals++, next: undefined };
    this.#line.add(waiting);
    this.size++;
    if (isConflated) this.#byTopic.set(topicOf(channel, symbol), waiting);
  }

  /** Takes the record at the head of the line. */
  shift(): Waiting<R> | undefined {
    const waiting = this.#line.remove();
    if (waiting !== undefined) this.#left(waiting);
    return waiting;
  }

  /** Lets the record at the head of the line step aside: its symbol's handler is at work. */
  stepAside(): void {
    const waiting = this.#line.remove();
    if (waiting === undefined) return;
    const line = this.#lineOf(waiting.symbol, waiting.symbolNumber) ?? this.#newLine(waiting);
    if (line.first === undefined) line.place = this.#aside.push(line) - 1;
    line.add(waiting);
  }

  /** The record at the head of the line, which stays. */
  get head(): Waiting<R> | undefined {
    return this.#line.first;
  }

  /** Takes the oldest record of a symbol that stepped aside. */
  shiftAside(symbol: string, symbolNumber: number): Waiting<R> | undefined {
    const line = this.#lineOf(symbol, symbolNumber);
    const waiting = line?.remove();
    if (line === undefined || waiting === undefined) return undefined;
    if (line.first === undefined) this.#close(line, waiting);
    this.#left(waiting);
    return waiting;
  }

  #lineOf(symbol: string, symbolNumber: number): Line<R> | undefined {
    return symbolNumber > 0 ? this.#numbered[symbolNumber] : this.#named.get(symbol);
  }

  #newLine({ symbol, symbolNumber }: Waiting<R>): Line<R> {
    const line = new Line<R>();
    if (symbolNumber > 0) {
      while (this.#numbered.length <= symbolNumber) this.#numbered.push(undefined); // an array with holes is slow
      this.#numbered[symbolNumber] = line;
    } else this.#named.set(symbol, line);
    return line;
  }

  /** Nobody is left in a line; `last` was the last. */
  #close(line: Line<R>, last: Waiting<R>): void {
    const moved = this.#aside.pop();
    if (moved !== undefined && moved !== line) {
      this.#aside[line.place] = moved;
      moved.place = line.place;
    }
    if (last.symbolNumber === 0) this.#named.delete(last.symbol); // of those there is no end
  }

  /** Forgets the records that wait and are not `isKept`; returns how many there were. */
  retain(isKept: (record: R, channel: string) => boolean): number {
    const sizeBefore = this.size;
    this.#keep(this.#line, isKept);
    for (const line of [...this.#aside]) {
      const { first } = line;
      this.#keep(line, isKept);
      if (first !== undefined && line.first === undefined) this.#close(line, first);
    }
    return sizeBefore - this.size;
  }

  #keep(line: Line<R>, isKept: (record: R, channel: string) => boolean): void {
    const kept: Waiting<R>[] = [];
    for (let waiting = line.remove(); waiting !== undefined; waiting = line.remove()) {
      if (isKept(waiting.record, waiting.channel)) kept.push(waiting);
      else this.#left(waiting);
    }
    for (const waiting of kept) line.add(waiting);
  }

  /** Drops what has waited longest. One record, except in a queue that was over its limit when it was isolated. */
  #makeRoom(): void {
    while (this.isFull) this.#dropOldest();
  }

  #dropOldest(): void {
    let oldest: Waiting<R> | undefined;
    for (const { first } of this.#aside) {
      if (first !== undefined && (oldest === undefined || first.order < oldest.order)) oldest = first;
    }
    const lost = oldest === undefined ? this.shift() : this.shiftAside(oldest.symbol, oldest.symbolNumber);
    this.dropped++;
    if (lost !== undefined) this.#dropped(lost.record, lost.channel);
  }

  /** A record waits no longer. */
  #left({ channel, symbol }: Waiting<R>): void {
    this.size--;
    if (this.#overflow === Overflow.CONFLATE) this.#byTopic.delete(topicOf(channel, symbol));
  }
}

/** Where newer records take the place of older ones. */
function topicOf(channel: string, symbol: string): string {
  return `${channel} ${symbol}`;
}
