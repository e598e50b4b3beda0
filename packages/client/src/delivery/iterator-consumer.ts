import type { StreamError } from "../wire/index.ts";
import { Pulls } from "./pulls.ts";
import { QueueingConsumer } from "./queueing-consumer.ts";

/** Keeps records for an iterator, in arrival order. */
export class IteratorConsumer extends QueueingConsumer {
  readonly identity: unknown = this;
  readonly #pulls = new Pulls<unknown>();

  deliver(record: unknown, channel: string, symbol: string, symbolNumber: number): void {
    if (this.#pulls.hasEnded) return; // another handler of the same record ended it
    if (!this.#pulls.push(record)) return this.enqueue(record, channel, symbol, symbolNumber);
    this.progress++;
    this.recover(); // a pull proves that the program reads, also where an unsubscribe emptied the queue
  }

  /** The next record, or the end. */
  pull(): Promise<IteratorResult<unknown>> {
    const waiting = this.queue.shift();
    if (waiting !== undefined) {
      this.progress++;
      this.recover();
      this.afterRemoval();
      return Promise.resolve({ done: false, value: waiting.record });
    }
    return this.#pulls.wait();
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
