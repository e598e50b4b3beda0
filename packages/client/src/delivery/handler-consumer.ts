import { StreamError } from "../wire/index.ts";
import type { ConsumerEvents, ConsumerOptions } from "./consumer.ts";
import { HandlerQueue } from "./handler-queue.ts";
import { QueueingConsumer } from "./queueing-consumer.ts";

/** A handler call that has not settled, or is kept for the next one. */
interface Call {
  /** Undefined once it has settled. */
  record: unknown;
  symbol: string;
  symbolNumber: number;
  /** How often the consumer had been isolated when the call began. */
  isolations: number;
  /** When a check first found it running; infinity before that. */
  seenMs: number;
  isRunning: boolean;
  readonly fulfilled: () => void;
  readonly rejected: (error: unknown) => void;
}

/**
 * Calls a handler. One that returns nothing is called at once, one that returns a promise is awaited
 * per symbol: the symbol's next records wait, other symbols run concurrently up to `concurrency`.
 */
export class HandlerConsumer extends QueueingConsumer<HandlerQueue> {
  readonly identity: unknown;
  readonly #handler: (record: never) => unknown;
  readonly #concurrency: number;
  readonly #busy = new SymbolSet();
  #inFlight = 0;
  /** Settled calls, for reuse: as many as ever ran concurrently. */
  readonly #idleCalls: Call[] = [];
  #isPumping = false;
  #hasEnded = false;
  #isolations = 0;
  #checkedMs = Number.NEGATIVE_INFINITY;
  /** All calls, running and idle. */
  readonly #calls: Call[] = [];
  #drainWaiters: (() => void)[] = [];

  constructor(handler: (record: never) => unknown, options: ConsumerOptions, events: ConsumerEvents) {
    super(options, events, HandlerQueue);
    this.identity = handler;
    this.#handler = handler;
    this.#concurrency = options.concurrency;
  }

  deliver(record: unknown, symbol: string, symbolNumber: number): void {
    if (this.#hasEnded) return; // another handler of the same record ended it
    // The common case: without a running call no record waits.
    if (this.#inFlight === 0 && this.queue.size === 0) return this.#call(record, symbol, symbolNumber);
    const isRoom = this.#inFlight < this.#concurrency && !this.#isPumping;
    const isBusy = this.#busy.has(symbol, symbolNumber);
    if (isRoom && !isBusy) return this.#call(record, symbol, symbolNumber);
    this.enqueue(record, symbol, symbolNumber);
    // If there is capacity the queue was empty; a record that waits for its own symbol must not block other symbols.
    if (isRoom) this.queue.setAside();
  }

  check(nowMs: number): number {
    this.#checkedMs = nowMs;
    let oldestMs = Number.POSITIVE_INFINITY;
    for (const call of this.#calls) {
      if (!call.isRunning) continue;
      if (call.seenMs > nowMs) call.seenMs = nowMs;
      if (this.queue.hasAside(call.symbol, call.symbolNumber)) oldestMs = Math.min(oldestMs, call.seenMs);
    }
    return oldestMs;
  }

  get stuckSymbols(): readonly string[] {
    const latestMs = this.#checkedMs - this.stalledAfterMs;
    return this.#calls.filter(({ isRunning, seenMs }) => isRunning && seenMs <= latestMs).map(({ symbol }) => symbol);
  }

  override isolate(untilDrained: boolean): void {
    this.#isolations++;
    super.isolate(untilDrained);
  }

  drained(): Promise<void> {
    if (this.isIdle) return Promise.resolve();
    return new Promise((resolve) => this.#drainWaiters.push(resolve));
  }

  end(): void {
    this.#hasEnded = true;
    this.discard();
  }

  override get unfinished(): unknown[] {
    return [...this.#calls.map(({ record }) => record), ...super.unfinished].filter(Boolean);
  }

  get isIdle(): boolean {
    return this.#inFlight === 0 && this.queue.size === 0;
  }

  #call(record: unknown, symbol: string, symbolNumber: number): void {
    let work: Promise<unknown>;
    try {
      const result = this.#handler(record as never); // the face pairs handlers with their channel's records
      if (!isPromiseLike(result)) return;
      work = Promise.resolve(result);
    } catch (error) {
      return this.#report(error, symbol);
    }
    const call = this.#idleCalls.pop() ?? this.#newCall();
    call.record = record;
    call.symbol = symbol;
    call.symbolNumber = symbolNumber;
    call.isolations = this.#isolations;
    call.seenMs = Number.POSITIVE_INFINITY;
    call.isRunning = true;
    this.#busy.add(symbol, symbolNumber);
    this.#inFlight++;
    work.then(call.fulfilled, call.rejected);
  }

  /** Makes a call that can be used again and again: closures for each record would cost more than many handlers do. */
  #newCall(): Call {
    const call: Call = {
      record: undefined,
      symbol: "",
      symbolNumber: 0,
      isolations: 0,
      seenMs: 0,
      isRunning: false,
      fulfilled: () => this.#finished(call),
      rejected: (error) => {
        this.#report(error, call.symbol);
        this.#finished(call);
      },
    };
    this.#calls.push(call);
    return call;
  }

  #finished(call: Call): void {
    const { symbol, symbolNumber } = call;
    call.isRunning = false;
    call.record = undefined;
    this.#idleCalls.push(call);
    this.#busy.delete(symbol, symbolNumber);
    this.#inFlight--;
    this.progress++;
    // Calls of symbols that are not stuck go on during an isolation, and do not end it.
    if (this.isIsolated && call.isolations !== this.#isolations) this.recover();
    if (this.queue.size > 0) this.#pump(symbol, symbolNumber);
    this.#settleDrained();
  }

  /** Calls the handler for records that may run now. Not reentrant: a handler may call back. */
  #pump(symbol: string, symbolNumber: number): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    // First those of the symbol whose handler has finished: they are older than all in the queue.
    while (!this.#busy.has(symbol, symbolNumber)) {
      const waiting = this.queue.shiftAside(symbol, symbolNumber);
      if (waiting === undefined) break;
      this.#call(waiting.record, symbol, symbolNumber);
    }
    while (this.#inFlight < this.#concurrency) {
      const { head } = this.queue;
      if (head === undefined) break;
      if (this.#busy.has(head.symbol, head.symbolNumber)) this.queue.setAside();
      else {
        this.queue.shift();
        this.#call(head.record, head.symbol, head.symbolNumber);
      }
    }
    this.#isPumping = false;
    this.afterRemoval();
  }

  #settleDrained(): void {
    if (!this.isIdle || this.#drainWaiters.length === 0) return;
    const waiters = this.#drainWaiters;
    this.#drainWaiters = [];
    for (const resolve of waiters) resolve();
  }

  #report(cause: unknown, symbol: string): void {
    const text = cause instanceof Error ? cause.message : String(cause);
    this.failed(new StreamError("handler_failed", `a handler failed on a record of ${symbol}: ${text}`, { cause }));
  }
}

/** Symbols that are added and removed with every record: a byte for each number. */
class SymbolSet {
  #numbered = new Uint8Array(1024);
  readonly #named = new Set<string>();

  has(symbol: string, symbolNumber: number): boolean {
    return symbolNumber > 0 ? this.#numbered[symbolNumber] === 1 : this.#named.has(symbol);
  }

  add(symbol: string, symbolNumber: number): void {
    if (symbolNumber === 0) this.#named.add(symbol);
    else {
      if (symbolNumber >= this.#numbered.length) {
        const larger = new Uint8Array(2 * symbolNumber);
        larger.set(this.#numbered);
        this.#numbered = larger;
      }
      this.#numbered[symbolNumber] = 1;
    }
  }

  delete(symbol: string, symbolNumber: number): void {
    if (symbolNumber === 0) this.#named.delete(symbol);
    else this.#numbered[symbolNumber] = 0;
  }
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as PromiseLike<unknown>).then === "function";
}
