import * as LIMITS from "../limits.ts";
import { type MarketRecord, parseTimestamp, type RawRecord, StreamError } from "../wire/index.ts";
import type { Consumer, ConsumerEvents, ConsumerOptions } from "./consumer.ts";
import { type MissedRange, MissedRanges } from "./missed-ranges.ts";
import { Overflow, RecordQueue } from "./record-queue.ts";

/** The queue and the policy at its limit, shared by both kinds of consumers. */
export abstract class QueueingConsumer implements Consumer {
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

  abstract deliver(record: unknown, channel: string, symbol: string, symbolNumber: number): void;
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

  retain(isSubscribed: (channel: string, symbol: string) => boolean): void {
    this.#discarded += this.queue.retain((record, channel) => isSubscribed(channel, symbolOf(record)));
    this.afterRemoval();
  }

  protected enqueue(record: unknown, channel: string, symbol: string, symbolNumber: number): void {
    if (this.overflow === Overflow.DISCONNECT && this.queue.isFull) {
      const text = `a subscription fell ${this.queue.size} records behind, its policy is disconnect`;
      this.#discarded++; // this record
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

  /** To be called after records left the queue. Reading resumes at half the limit, not at each record. */
  protected afterRemoval(): void {
    if (this.queue.size > this.#maxQueued / 2) return;
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
  const time = parseTimestamp(String((record as RawRecord).t));
  return time === undefined ? Number.NaN : time.seconds * 1000 + Math.floor(time.nanos / 1e6);
}

function symbolOf(record: unknown): string {
  const { symbol, S } = record as { symbol?: string; S?: string }; // a record or a raw record
  return symbol ?? S ?? "";
}
