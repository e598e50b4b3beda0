import * as LIMITS from "../limits.ts";
import { type MarketRecord, parseTimestamp, type RawRecord, StreamError } from "../wire/index.ts";
import type { Consumer, ConsumerEvents, ConsumerOptions } from "./consumer.ts";
import { type MissedRange, MissedRanges } from "./missed-ranges.ts";
import { Overflow, type RecordQueue } from "./record-queue.ts";

/** The queue and the policy at its limit, shared by both kinds of consumers. */
export abstract class QueueingConsumer<Queue extends RecordQueue> implements Consumer {
  abstract readonly identity: unknown;
  readonly overflow: Overflow;
  protected readonly queue: Queue;
  readonly #maxQueued: number;
  readonly #events: ConsumerEvents;
  readonly stalledAfterMs: number;
  readonly #missed: MissedRanges;
  progress = 0;
  isIsolated = false;
  #staysUntilDrained = false;
  #isPressing = false;
  #discarded = 0;

  constructor(
    options: ConsumerOptions,
    events: ConsumerEvents,
    Queue: new (...parameters: ConstructorParameters<typeof RecordQueue>) => Queue,
  ) {
    const { overflow, maxQueued } = options;
    this.overflow = overflow;
    this.stalledAfterMs = options.stalledAfterMs;
    this.#missed = new MissedRanges(events.isPlausible);
    this.queue = new Queue(
      overflow,
      maxQueued,
      (record) => `${events.channelOf(record)} ${symbolOf(record)}`,
      (record) => this.#missed.add(events.channelOf(record), timeOf(record)),
    );
    this.#maxQueued = maxQueued;
    this.#events = events;
  }

  abstract deliver(record: unknown, symbol: string, symbolNumber: number): void;
  abstract drained(): Promise<void>;
  abstract readonly isIdle: boolean;
  abstract check(nowMs: number): number;
  abstract readonly stuckSymbols: readonly string[];
  abstract end(error: StreamError | undefined): void;

  get isFull(): boolean {
    return this.#isPressing && !this.isIsolated;
  }

  get isOverfull(): boolean {
    return !this.isIsolated && this.queue.size >= this.#maxQueued * LIMITS.maxQueuedFactor;
  }

  get isHalfFull(): boolean {
    return this.queue.size > this.#maxQueued / 2;
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

  get unfinished(): unknown[] {
    const records: unknown[] = [];
    this.queue.retain((record) => records.push(record) > 0); // keeps all: the one walk through every kind of queue
    return records;
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

  retain(isSubscribed: (channel: string, symbol: string) => boolean): void {
    const sizeBefore = this.queue.size;
    this.queue.retain((record) => isSubscribed(this.#events.channelOf(record), symbolOf(record)));
    this.#discarded += sizeBefore - this.queue.size;
    this.afterRemoval();
  }

  protected enqueue(record: unknown, symbol: string, symbolNumber: number): void {
    if (this.overflow === Overflow.DISCONNECT && this.queue.isFull) {
      const text = `a subscription fell ${this.queue.size} records behind, its policy is disconnect`;
      this.#discarded++; // this record
      this.#events.slow(this);
      this.#events.failed(new StreamError("slow_consumer", text, { terminal: true }));
      return;
    }
    this.queue.push(record, symbol, symbolNumber);
    if (!this.queue.isFull) return;
    this.#events.slow(this); // it got there, or a record was lost there
    if (this.overflow !== Overflow.BLOCK) return;
    if (!this.#isPressing) {
      this.#isPressing = true;
      this.#events.pressureChanged();
    } else if (this.isOverfull) this.#events.pressureChanged();
  }

  /** To be called after records left the queue. Reading resumes at half the limit, not at each record. */
  protected afterRemoval(): void {
    if (this.isHalfFull) return;
    if (this.isIsolated && this.#staysUntilDrained) this.#rejoin();
    if (!this.#isPressing) return;
    this.#isPressing = false;
    this.#events.pressureChanged();
  }

  /** To be called when a call or pull that was stuck at the time of the isolation settles. */
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

/** A record's time in milliseconds; NaN for a raw record whose time cannot be read. */
function timeOf(record: unknown): number {
  const { seconds, nanos } = record as MarketRecord; // or a raw record, which has neither
  if (seconds !== undefined) return seconds * 1000 + Math.floor(nanos / 1e6);
  const { t } = record as RawRecord;
  const time = typeof t === "string" ? parseTimestamp(t) : undefined; // String() throws for `{ toString: 1 }`
  return time === undefined ? Number.NaN : time.seconds * 1000 + Math.floor(time.nanos / 1e6);
}

function symbolOf(record: unknown): string {
  const { symbol, S } = record as { symbol?: string; S?: string }; // a record or a raw record
  return symbol ?? S ?? "";
}
