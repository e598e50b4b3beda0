import type { StreamError } from "../wire/index.ts";
import { QueueingConsumer } from "./queueing-consumer.ts";

/** Hands records to whoever iterates, in arrival order. */
export class IteratorConsumer extends QueueingConsumer {
  readonly identity: unknown = this;
  #pulls: { resolve(result: IteratorResult<unknown>): void; reject(error: StreamError): void }[] = [];
  #hasEnded = false;
  #error: StreamError | undefined;

  deliver(record: unknown, channel: string, symbol: string, symbolNumber: number): void {
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
      this.afterRemoval();
      return Promise.resolve({ done: false, value: waiting.record });
    }
    if (this.#hasEnded) return this.#ended();
    return new Promise((resolve, reject) => this.#pulls.push({ resolve, reject }));
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
