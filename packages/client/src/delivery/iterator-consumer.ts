import type { StreamError } from "../wire/index.ts";
import { Pulls } from "./pulls.ts";
import { QueueingConsumer } from "./queueing-consumer.ts";

/** Hands records to whoever iterates, in arrival order. */
export class IteratorConsumer extends QueueingConsumer {
  readonly identity: unknown = this;
  readonly #pulls = new Pulls<unknown>();

  deliver(record: unknown, channel: string, symbol: string, symbolNumber: number): void {
    if (!this.#pulls.hasEnded && !this.#pulls.push(record)) this.enqueue(record, channel, symbol, symbolNumber);
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

  /** An iterator is drained by the program, at its own pace: the end of a run does not wait for it. */
  readonly isIdle = true;
  readonly stuckSymbols: readonly string[] = [];

  check(): number {
    return Number.POSITIVE_INFINITY;
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  /** What an iterator holds was delivered before the stop: it stays until pulled. */
  override discard(): void {}

  end(error: StreamError | undefined): void {
    this.#pulls.end(error && { reason: error });
  }

  /** Forgets what waits: nobody iterates any more. */
  abandon(): void {
    super.discard();
    this.end(undefined);
  }
}
