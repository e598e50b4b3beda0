import * as LIMITS from "./limits.ts";
import { type MissedRange, MissedRanges } from "./missed-ranges.ts";
import { Overflow, RecordQueue } from "./record-queue.ts";
import { type AnyRecord, type Channel, parseTimestamp, type RawRecord, StreamError } from "./wire/index.ts";

/** How one subscription is served. */
export interface ConsumerOptions {
  readonly overflow: Overflow;
  readonly maxQueued: number;
  readonly concurrency: number;
  /** No progress for so long is a stall, in milliseconds; infinite for never. */
  readonly stalledAfterMs: number;
}

/** What a consumer reports to the delivery, and asks of it. */
export interface ConsumerEvents {
  /** A consumer with the policy `block` is full, or no longer. */
  pressureChanged(): void;
  /** Records wait at the bound, or were lost there. */
  slow(consumer: Consumer): void;
  /** An isolated consumer made progress: its policy holds again. */
  recovered(consumer: Consumer): void;
  /** A handler failed, or the policy is `disconnect`. */
  failed(error: StreamError): void;
  /** Whether a time fits the others of its channel. */
  isPlausible(channel: Channel, timeMs: number): boolean;
  /** The newest time of a channel's records. */
  newestMs(channel: Channel): number;
}

/** Where the records of one subscription go: to a handler, or to an iterator. */
export interface Consumer {
  /** What makes two consumers the same: one handler is called once for a record. */
  readonly identity: unknown;
  readonly overflow: Overflow;
  /** Takes one record. */
  deliver(record: unknown, channel: Channel, symbol: string, symbolNumber: number): void;
  /** Whether reading should stop for it. */
  readonly isFull: boolean;
  /** Whether it holds so much that reading must stop whatever else is awaited. */
  readonly isOverfull: boolean;
  /** Records that wait. */
  readonly queued: number;
  /** Records dropped so far. */
  readonly dropped: number;
  /** Records replaced by newer ones so far. */
  readonly conflated: number;
  /** Counts the calls that settled, or the records that were pulled. */
  readonly progress: number;
  /** No progress for so long, with records waiting, is a stall. */
  readonly stalledAfterMs: number;
  /** Whether as many records wait as may. */
  readonly isAtLimit: boolean;
  /**
   * Looks at the handler calls at work; to be called a few times in `stalledAfterMs`. Returns since when
   * the oldest one is known that records of its symbol wait for; infinity without one.
   */
  look(nowMs: number): number;
  /** Symbols whose handler calls had been at work for `stalledAfterMs` at the last look. */
  readonly stuckSymbols: readonly string[];
  /** Whether it drops at its limit instead of stopping the reading; see {@link isolate}. */
  readonly isIsolated: boolean;
  /**
   * Reading goes on without it: at its limit it drops the oldest records, until a call that is at
   * work now settles or a record is pulled. With `untilDrained`, for platforms that cannot stop
   * reading, until its queue is half empty.
   */
  isolate(untilDrained: boolean): void;
  /** Whether something was dropped since the last {@link finishMissed}. */
  readonly hasMissed: boolean;
  /** Returns what was dropped since the last call. */
  finishMissed(): readonly MissedRange[];
  /** Resolves when nothing waits and no handler is at work. */
  drained(): Promise<void>;
  /** Whether nothing waits and no handler is at work. */
  readonly isIdle: boolean;
  /** Forgets what waits: the stream was stopped. Handlers at work are left alone. */
  discard(): void;
  /** Forgets what waits of symbols that it is no longer subscribed to. */
  retain(isSubscribed: (channel: Channel, symbol: string) => boolean): void;
  /**
   * No record will follow: a handler gets none that waits either. An iterator ends after what it
   * holds, with the error if there is one.
   */
  end(error: StreamError | undefined): void;
}

/** The bounded queue and the policy at its bound, the same for both kinds of consumers. */
abstract class QueueingConsumer implements Consumer {
  abstract readonly identity: unknown;
  readonly overflow: Overflow;
  protected readonly queue: RecordQueue<unknown>;
  readonly #maxQueued: number;
  readonly #events: ConsumerEvents;
  readonly stalledAfterMs: number;
  readonly #missed: MissedRanges;
  progress = 0;
  isIsolated = false;
  #staysUntilDrained = false;
  #isPressing = false;
  #discarded = 0;

  constructor(options: ConsumerOptions, events: ConsumerEvents) {
    this.overflow = options.overflow;
    this.stalledAfterMs = options.stalledAfterMs;
    this.#missed = new MissedRanges(events.isPlausible);
    this.queue = new RecordQueue(options.overflow, options.maxQueued, (record, channel) =>
      this.#missed.add(channel, timeOf(record)),
    );
    this.#maxQueued = options.maxQueued;
    this.#events = events;
  }

  abstract deliver(record: unknown, channel: Channel, symbol: string, symbolNumber: number): void;
  abstract drained(): Promise<void>;
  abstract readonly isIdle: boolean;
  abstract look(nowMs: number): number;
  abstract readonly stuckSymbols: readonly string[];
  abstract end(error: StreamError | undefined): void;

  get isFull(): boolean {
    return this.#isPressing && !this.isIsolated;
  }

  get isOverfull(): boolean {
    return !this.isIsolated && this.queue.size >= this.#maxQueued * LIMITS.maxQueuedFactor;
  }

  get isAtLimit(): boolean {
    return this.queue.isFull;
  }

  isolate(untilDrained: boolean): void {
    this.isIsolated = true;
    this.queue.isDropping = true;
    this.#staysUntilDrained = untilDrained;
    this.#events.pressureChanged();
  }

  get hasMissed(): boolean {
    return !this.#missed.isEmpty;
  }

  finishMissed(): readonly MissedRange[] {
    return this.#missed.finish(this.#events.newestMs);
  }

  get queued(): number {
    return this.queue.size;
  }

  get dropped(): number {
    return this.queue.dropped + this.#discarded;
  }

  get conflated(): number {
    return this.queue.conflated;
  }

  discard(): void {
    this.retain(() => false);
  }

  retain(isSubscribed: (channel: Channel, symbol: string) => boolean): void {
    this.#discarded += this.queue.retain((record, channel) => isSubscribed(channel, symbolOf(record)));
    this.taken();
  }

  protected enqueue(record: unknown, channel: Channel, symbol: string, symbolNumber: number): void {
    if (this.overflow === Overflow.DISCONNECT && this.queue.isFull) {
      const text = `a subscription fell ${this.queue.size} records behind, its policy is disconnect`;
      this.#discarded++; // the one at hand
      this.#events.slow(this);
      this.#events.failed(new StreamError("slow_consumer", text, { terminal: true }));
      return;
    }
    this.queue.push(record, channel, symbol, symbolNumber);
    if (!this.queue.isFull) return;
    this.#events.slow(this); // it got there, or a record was lost there
    if (this.overflow !== Overflow.BLOCK) return;
    if (!this.#isPressing) {
      this.#isPressing = true;
      this.#events.pressureChanged();
    } else if (this.isOverfull) this.#events.pressureChanged();
  }

  /** To be called after records left the queue. Reading goes on at half the limit, not at each record. */
  protected taken(): void {
    if (this.queue.size > this.#maxQueued / 2) return;
    if (this.isIsolated && this.#staysUntilDrained) this.#rejoin();
    if (!this.#isPressing) return;
    this.#isPressing = false;
    this.#events.pressureChanged();
  }

  /** To be called when what was stuck at the time of the isolation moves again. */
  protected recover(): void {
    if (!this.isIsolated || this.#staysUntilDrained) return;
    this.#rejoin();
    this.#events.pressureChanged();
  }

  #rejoin(): void {
    this.isIsolated = false;
    this.queue.isDropping = false;
    this.#events.recovered(this);
  }

  protected failed(error: StreamError): void {
    this.#events.failed(error);
  }
}

/** A handler at work on a record. */
interface Call {
  symbol: string;
  symbolNumber: number;
  /** How often the consumer had been isolated when the call began. */
  isolations: number;
  /** When a look found it at work first; infinity before that. */
  seenMs: number;
  isAtWork: boolean;
  readonly fulfilled: () => void;
  readonly rejected: (error: unknown) => void;
}

/**
 * Calls a handler. One that returns nothing is called at once, one that returns a promise is awaited
 * per symbol: the symbol's next records wait, other symbols go on side by side up to `concurrency`.
 */
export class HandlerConsumer extends QueueingConsumer {
  readonly identity: unknown;
  readonly #handler: (record: never) => unknown;
  readonly #concurrency: number;
  readonly #busy = new SymbolSet();
  /** The symbols of which records stepped aside. */
  readonly #waiting = new SymbolSet();
  #inFlight = 0;
  /** Calls that are done, for those to come: as many as were ever at work side by side. */
  readonly #idleCalls: Call[] = [];
  #isPumping = false;
  #hasEnded = false;
  #isolations = 0;
  #lookedMs = Number.NEGATIVE_INFINITY;
  /** All calls, at work and idle. */
  readonly #calls: Call[] = [];
  #drainWaiters: (() => void)[] = [];

  constructor(handler: (record: never) => unknown, options: ConsumerOptions, events: ConsumerEvents) {
    super(options, events);
    this.identity = handler;
    this.#handler = handler;
    this.#concurrency = options.concurrency;
  }

  deliver(record: unknown, channel: Channel, symbol: string, symbolNumber: number): void {
    if (this.#hasEnded) return; // by another handler of the same record
    // With nobody at work nothing can be waiting: the usual case.
    if (this.#inFlight === 0 && this.queue.size === 0) return this.#call(record, symbol, symbolNumber);
    const isRoom = this.#inFlight < this.#concurrency && !this.#isPumping;
    const isBusy = this.#busy.has(symbol, symbolNumber);
    if (isRoom && !isBusy) return this.#call(record, symbol, symbolNumber);
    this.enqueue(record, channel, symbol, symbolNumber);
    // Where there is room nobody else stands in line, and who waits for his symbol must not stop others.
    if (isRoom) this.#stepAside(symbol, symbolNumber);
  }

  look(nowMs: number): number {
    this.#lookedMs = nowMs;
    let oldestMs = Number.POSITIVE_INFINITY;
    for (const call of this.#calls) {
      if (!call.isAtWork) continue;
      if (call.seenMs > nowMs) call.seenMs = nowMs;
      if (this.#waiting.has(call.symbol, call.symbolNumber)) oldestMs = Math.min(oldestMs, call.seenMs);
    }
    return oldestMs;
  }

  get stuckSymbols(): readonly string[] {
    const latestMs = this.#lookedMs - this.stalledAfterMs;
    return this.#calls.filter(({ isAtWork, seenMs }) => isAtWork && seenMs <= latestMs).map(({ symbol }) => symbol);
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
    call.symbol = symbol;
    call.symbolNumber = symbolNumber;
    call.isolations = this.#isolations;
    call.seenMs = Number.POSITIVE_INFINITY;
    call.isAtWork = true;
    this.#busy.add(symbol, symbolNumber);
    this.#inFlight++;
    work.then(call.fulfilled, call.rejected);
  }

  /** Makes a call that can be used again and again: closures for each record would cost more than many a handler. */
  #newCall(): Call {
    const call: Call = {
      symbol: "",
      symbolNumber: 0,
      isolations: 0,
      seenMs: 0,
      isAtWork: false,
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
    call.isAtWork = false;
    this.#idleCalls.push(call);
    this.#busy.delete(symbol, symbolNumber);
    this.#inFlight--;
    this.progress++;
    // Calls of symbols that are not stuck go on during an isolation, and do not end it.
    if (this.isIsolated && call.isolations !== this.#isolations) this.recover();
    if (this.queue.size > 0) this.#pump(symbol, symbolNumber);
    this.#settleDrained();
  }

  /** Calls the handler for records whose turn has come. Not entered twice: a handler may call back. */
  #pump(symbol: string, symbolNumber: number): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    // First those of the symbol whose handler has finished, which are older than all in line.
    while (this.#waiting.has(symbol, symbolNumber) && !this.#busy.has(symbol, symbolNumber)) {
      const waiting = this.queue.shiftAside(symbol, symbolNumber);
      if (waiting === undefined) this.#waiting.delete(symbol, symbolNumber);
      else this.#call(waiting.record, symbol, symbolNumber);
    }
    while (this.#inFlight < this.#concurrency) {
      const { head } = this.queue;
      if (head === undefined) break;
      if (this.#busy.has(head.symbol, head.symbolNumber)) this.#stepAside(head.symbol, head.symbolNumber);
      else {
        this.queue.shift();
        this.#call(head.record, head.symbol, head.symbolNumber);
      }
    }
    this.#isPumping = false;
    this.taken();
  }

  #stepAside(symbol: string, symbolNumber: number): void {
    this.queue.stepAside();
    this.#waiting.add(symbol, symbolNumber);
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

/** Hands records to whoever iterates, in arrival order. */
export class IteratorConsumer extends QueueingConsumer {
  readonly identity: unknown = this;
  #pulls: { resolve(result: IteratorResult<unknown>): void; reject(error: StreamError): void }[] = [];
  #hasEnded = false;
  #error: StreamError | undefined;

  deliver(record: unknown, channel: Channel, symbol: string, symbolNumber: number): void {
    if (this.#hasEnded) return;
    const pull = this.#pulls.shift();
    if (pull === undefined) this.enqueue(record, channel, symbol, symbolNumber);
    else pull.resolve({ done: false, value: record });
  }

  /** The next record, or the end. */
  pull(): Promise<IteratorResult<unknown>> {
    const waiting = this.queue.shift();
    if (waiting !== undefined) {
      this.progress++;
      this.recover();
      this.taken();
      return Promise.resolve({ done: false, value: waiting.record });
    }
    if (this.#hasEnded) return this.#ended();
    return new Promise((resolve, reject) => this.#pulls.push({ resolve, reject }));
  }

  /** An iterator is drained by the program, at its own pace: the end of a run does not wait for it. */
  readonly isIdle = true;
  readonly stuckSymbols: readonly string[] = [];

  look(): number {
    return Number.POSITIVE_INFINITY;
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  /** What an iterator holds was delivered before the stop: it stays until pulled. */
  override discard(): void {}

  end(error: StreamError | undefined): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#error = error;
    for (const pull of this.#pulls.splice(0)) this.#ended().then(pull.resolve, pull.reject);
  }

  /** Forgets what waits: nobody iterates any more. */
  abandon(): void {
    super.discard();
    this.end(undefined);
  }

  /** The error is told once, then the iterator is done. */
  #ended(): Promise<IteratorResult<unknown>> {
    const error = this.#error;
    this.#error = undefined;
    return error === undefined ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(error);
  }
}

/** Symbols that come and go with every record: a byte for each number. */
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

/** A record's time in milliseconds; NaN for a raw record whose time cannot be read. */
function timeOf(record: unknown): number {
  const { seconds, nanos } = record as AnyRecord; // or a raw record, which has neither
  if (seconds !== undefined) return seconds * 1000 + Math.floor(nanos / 1e6);
  const time = parseTimestamp(String((record as RawRecord).t));
  return time === undefined ? Number.NaN : time.seconds * 1000 + Math.floor(time.nanos / 1e6);
}

function symbolOf(record: unknown): string {
  const { symbol, S } = record as { symbol?: string; S?: string }; // a record or a raw record
  return symbol ?? S ?? "";
}
