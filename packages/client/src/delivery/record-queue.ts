/** What happens to a subscription's records when `maxQueued` of them wait. */
export const Overflow = {
  /** Stop reading the socket until the handler has caught up: nothing is dropped on this side. */
  BLOCK: "block",
  /** Drop the record that has waited longest. */
  DROP_OLDEST: "dropOldest",
  /** Keep only the newest record of each symbol that waits; for channels whose newest record replaces all before. */
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

/** Records in arrival order, linked: the garbage collector handles new objects that point to newer ones best. */
class Fifo<R> {
  first: Waiting<R> | undefined;
  /** Its index among the symbols set aside, while it is one of them. */
  index = 0;
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
 * The records that wait for one subscription, up to a limit. They wait in one FIFO queue; a record that
 * reaches its head while a handler call for its symbol is running is set aside, in a queue of its symbol.
 * So there are never more queues of symbols than running calls, and a record set aside is older than all
 * in the main queue.
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
  readonly #fifo = new Fifo<R>();
  /** The queues of symbols that hold records. */
  readonly #aside: Fifo<R>[] = [];
  /** The queue of each symbol whose records were ever set aside, by number or by name. */
  readonly #numbered: (Fifo<R> | undefined)[] = [];
  readonly #named = new Map<string, Fifo<R>>();
  /** The record that waits of each topic, for the policy `conflate`. */
  readonly #byTopic = new Map<string, Waiting<R>>();
  #arrivals = 0;

  /** `dropped` is called for each record that the policy drops. */
  constructor(overflow: Overflow, maxQueued: number, dropped: (record: R, channel: string) => void) {
    this.#overflow = overflow;
    this.#maxQueued = maxQueued;
    this.#dropped = dropped;
  }

  /** Whether the limit is reached. */
  get isFull(): boolean {
    return this.size >= this.#maxQueued;
  }

  /** Adds a record at the end; applies the policy where that loses one. */
  push(record: R, channel: string, symbol: string, symbolNumber: number): void {
    const isConflated = this.#overflow === Overflow.CONFLATE;
    const older = isConflated ? this.#byTopic.get(topicOf(channel, symbol)) : undefined;
    if (older !== undefined) {
      older.record = record; // at the same position, so that a busy symbol keeps its turn
      this.conflated++;
      return;
    }
    if (isConflated || this.isDropping || this.#overflow === Overflow.DROP_OLDEST) this.#makeRoom();
    const waiting = { record, channel, symbol, symbolNumber, order: this.#arrivals++, next: undefined };
    this.#fifo.add(waiting);
    this.size++;
    if (isConflated) this.#byTopic.set(topicOf(channel, symbol), waiting);
  }

  /** Removes and returns the record at the head. */
  shift(): Waiting<R> | undefined {
    const waiting = this.#fifo.remove();
    if (waiting !== undefined) this.#left(waiting);
    return waiting;
  }

  /** Sets the record at the head aside: a handler call for its symbol is running. */
  setAside(): void {
    const waiting = this.#fifo.remove();
    if (waiting === undefined) return;
    const fifo = this.#fifoOf(waiting.symbol, waiting.symbolNumber) ?? this.#newFifo(waiting);
    if (fifo.first === undefined) fifo.index = this.#aside.push(fifo) - 1;
    fifo.add(waiting);
  }

  /** The record at the head. */
  get head(): Waiting<R> | undefined {
    return this.#fifo.first;
  }

  /** Removes and returns the oldest record of a symbol that was set aside. */
  shiftAside(symbol: string, symbolNumber: number): Waiting<R> | undefined {
    const fifo = this.#fifoOf(symbol, symbolNumber);
    const waiting = fifo?.remove();
    if (fifo === undefined || waiting === undefined) return undefined;
    if (fifo.first === undefined) this.#close(fifo, waiting);
    this.#left(waiting);
    return waiting;
  }

  #fifoOf(symbol: string, symbolNumber: number): Fifo<R> | undefined {
    return symbolNumber > 0 ? this.#numbered[symbolNumber] : this.#named.get(symbol);
  }

  #newFifo({ symbol, symbolNumber }: Waiting<R>): Fifo<R> {
    const fifo = new Fifo<R>();
    if (symbolNumber > 0) {
      while (this.#numbered.length <= symbolNumber) this.#numbered.push(undefined); // an array with holes is slow
      this.#numbered[symbolNumber] = fifo;
    } else this.#named.set(symbol, fifo);
    return fifo;
  }

  /** The queue of a symbol is empty; `last` was its last record. */
  #close(fifo: Fifo<R>, last: Waiting<R>): void {
    const moved = this.#aside.pop();
    if (moved !== undefined && moved !== fifo) {
      this.#aside[fifo.index] = moved;
      moved.index = fifo.index;
    }
    if (last.symbolNumber === 0) this.#named.delete(last.symbol); // their number is not limited
  }

  /** Removes the records that `isKept` rejects; returns how many there were. */
  retain(isKept: (record: R, channel: string) => boolean): number {
    const sizeBefore = this.size;
    this.#keep(this.#fifo, isKept);
    for (const fifo of [...this.#aside]) {
      const { first } = fifo;
      this.#keep(fifo, isKept);
      if (first !== undefined && fifo.first === undefined) this.#close(fifo, first);
    }
    return sizeBefore - this.size;
  }

  #keep(fifo: Fifo<R>, isKept: (record: R, channel: string) => boolean): void {
    const kept: Waiting<R>[] = [];
    for (let waiting = fifo.remove(); waiting !== undefined; waiting = fifo.remove()) {
      if (isKept(waiting.record, waiting.channel)) kept.push(waiting);
      else this.#left(waiting);
    }
    for (const waiting of kept) fifo.add(waiting);
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

  /** A record left the queue. */
  #left({ channel, symbol }: Waiting<R>): void {
    this.size--;
    if (this.#overflow === Overflow.CONFLATE) this.#byTopic.delete(topicOf(channel, symbol));
  }
}

/** The key under which a newer record replaces an older one. */
function topicOf(channel: string, symbol: string): string {
  return `${channel} ${symbol}`;
}
