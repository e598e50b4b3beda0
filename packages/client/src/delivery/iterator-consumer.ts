import * as LIMITS from "../limits.ts";
import type { StreamError } from "../wire/index.ts";
import type { ConsumerEvents, ConsumerOptions } from "./consumer.ts";
import { IteratorQueue } from "./iterator-queue.ts";
import { Pulls } from "./pulls.ts";
import { QueueingConsumer } from "./queueing-consumer.ts";

/** Keeps records for an iterator, in arrival order. */
export class IteratorConsumer extends QueueingConsumer<IteratorQueue> {
  readonly identity: unknown = this;
  readonly #pulls = new Pulls<unknown>();

  constructor(options: ConsumerOptions, events: ConsumerEvents) {
    super(options, events, IteratorQueue);
  }

  deliver(record: unknown, symbol: string, symbolNumber: number): void {
    if (this.#pulls.hasEnded) return; // another handler of the same record ended it
    if (!this.#pulls.push(record)) return this.enqueue(record, symbol, symbolNumber);
    this.progress++;
    this.recover(); // a pull proves that the program reads, also where an unsubscribe emptied the queue
  }

  /** The next record, or the end. */
  pull(): Promise<IteratorResult<unknown>> {
    const record = this.queue.removeOldest();
    if (record === undefined) return this.#pulls.wait();
    this.#pulled(1);
    return Promise.resolve({ done: false, value: record });
  }

  /** The records that wait, up to one less than a batch holds, in an array that is not used again. */
  pullMany(): unknown[] {
    const records = this.queue.removeMany(LIMITS.maxBatch - 1);
    this.#pulled(records.length);
    return records;
  }

  #pulled(count: number): void {
    this.progress += count;
    this.recover();
    this.afterRemoval();
  }

  /** The program drains an iterator at its own pace: the end of a run does not wait for it. */
  readonly isIdle = true;
  readonly stuckSymbols: readonly string[] = [];

  check(): number {
    return Number.POSITIVE_INFINITY;
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  /** Records in an iterator were delivered before the stop: they stay until pulled. */
  override discard(): void {}

  end(error: StreamError | undefined): void {
    this.#pulls.end(error && { reason: error });
  }

  /** Discards what waits: the loop was left. */
  abandon(): void {
    super.discard();
    this.end(undefined);
  }
}
