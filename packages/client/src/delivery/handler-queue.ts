import { RecordQueue } from "./record-queue.ts";

/** One record that waits. */
export interface Waiting {
  record: unknown;
  readonly symbol: string;
  readonly symbolNumber: number;
  /** Counts the arrivals. */
  readonly order: number;
  next: Waiting | undefined;
}

/** Records in arrival order, linked: the garbage collector handles new objects that point to newer ones best. */
class Fifo {
  first: Waiting | undefined;
  /** Its index among the symbols set aside, while it is one of them. */
  index = 0;
  #last: Waiting | undefined;

  add(waiting: Waiting): void {
    if (this.#last === undefined) this.first = waiting;
    else this.#last.next = waiting;
    this.#last = waiting;
  }

  remove(): Waiting | undefined {
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
 * The records that wait for one handler. They wait in one FIFO queue; a record that reaches its head
 * while a handler call for its symbol is running is set aside, in a queue of its symbol. So there are
 * never more queues of symbols than running calls, and a record set aside is older than all in the main
 * queue. Records move between these queues one by one, which linked entries do without copying.
 */
export class HandlerQueue extends RecordQueue {
  readonly #fifo = new Fifo();
  /** The queues of symbols that hold records. */
  readonly #aside: Fifo[] = [];
  /** The queue of each symbol whose records were ever set aside, by number or by name. */
  readonly #numbered: (Fifo | undefined)[] = [];
  readonly #named = new Map<string, Fifo>();
  #arrivals = 0;

  /** Removes and returns the record at the head. */
  shift(): Waiting | undefined {
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

  /** Whether records of a symbol are set aside. */
  hasAside(symbol: string, symbolNumber: number): boolean {
    return this.#fifoOf(symbol, symbolNumber)?.first !== undefined;
  }

  /** The record at the head. */
  get head(): Waiting | undefined {
    return this.#fifo.first;
  }

  /** Removes and returns the oldest record of a symbol that was set aside. */
  shiftAside(symbol: string, symbolNumber: number): Waiting | undefined {
    const fifo = this.#fifoOf(symbol, symbolNumber);
    const waiting = fifo?.remove();
    if (fifo === undefined || waiting === undefined) return undefined;
    if (fifo.first === undefined) this.#close(fifo, waiting);
    this.#left(waiting);
    return waiting;
  }

  #fifoOf(symbol: string, symbolNumber: number): Fifo | undefined {
    return symbolNumber > 0 ? this.#numbered[symbolNumber] : this.#named.get(symbol);
  }

  #newFifo({ symbol, symbolNumber }: Waiting): Fifo {
    const fifo = new Fifo();
    if (symbolNumber > 0) {
      while (this.#numbered.length <= symbolNumber) this.#numbered.push(undefined); // an array with holes is slow
      this.#numbered[symbolNumber] = fifo;
    } else this.#named.set(symbol, fifo);
    return fifo;
  }

  /** The queue of a symbol is empty; `last` was its last record. */
  #close(fifo: Fifo, last: Waiting): void {
    const moved = this.#aside.pop();
    if (moved !== undefined && moved !== fifo) {
      this.#aside[fifo.index] = moved;
      moved.index = fifo.index;
    }
    if (last.symbolNumber === 0) this.#named.delete(last.symbol); // their number is not limited
  }

  retain(isKept: (record: unknown) => boolean): void {
    this.#keep(this.#fifo, isKept);
    for (const fifo of [...this.#aside]) {
      const { first } = fifo;
      this.#keep(fifo, isKept);
      if (first !== undefined && fifo.first === undefined) this.#close(fifo, first);
    }
  }

  #keep(fifo: Fifo, isKept: (record: unknown) => boolean): void {
    const kept: Waiting[] = [];
    for (let waiting = fifo.remove(); waiting !== undefined; waiting = fifo.remove()) {
      if (isKept(waiting.record)) kept.push(waiting);
      else this.#left(waiting);
    }
    for (const waiting of kept) fifo.add(waiting);
  }

  #left(waiting: Waiting): void {
    this.size--;
    if (this.isConflating) waiting.record = this.finish(waiting.record);
  }

  protected add(record: unknown, symbol: string, symbolNumber: number): void {
    this.#fifo.add({ record, symbol, symbolNumber, order: this.#arrivals++, next: undefined });
  }

  removeOldest(): unknown {
    let oldest: Waiting | undefined;
    for (const { first } of this.#aside) {
      if (first !== undefined && (oldest === undefined || first.order < oldest.order)) oldest = first;
    }
    const removed = oldest === undefined ? this.shift() : this.shiftAside(oldest.symbol, oldest.symbolNumber);
    return removed?.record;
  }
}
