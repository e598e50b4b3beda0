/// <reference lib="esnext.disposable" preserve="true" />
// The declarations use Symbol.asyncDispose, which the `lib` of a user may lack.
import type { IteratorConsumer } from "../delivery/iterator-consumer.ts";
import type { Subscription } from "./subscription.ts";

/**
 * Records by pulling: `for await (const trade of stream.trades("AAPL"))`. Subscribed from the moment
 * it is made, so nothing is missed before the loop starts; leaving the loop unsubscribes. It ends
 * when the stream is stopped, after the records it holds, and throws the `StreamError` that ended
 * the stream.
 */
export class RecordIterator<R> implements AsyncIterableIterator<R, undefined> {
  /** The subscription behind it: symbols, states, `ready`. */
  readonly subscription: Subscription;
  readonly #consumer: IteratorConsumer;
  readonly #begun: () => void;
  #hasBegun = false;

  /** Made by the stream. `begun` is called when the first record is pulled. */
  constructor(subscription: Subscription, consumer: IteratorConsumer, begun: () => void) {
    this.subscription = subscription;
    this.#consumer = consumer;
    this.#begun = begun;
  }

  /** The next record, as soon as there is one. */
  next(): Promise<IteratorResult<R, undefined>> {
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      this.#begun();
    }
    return this.#consumer.pull() as Promise<IteratorResult<R, undefined>>; // R is what the stream routes here
  }

  /** Unsubscribes and discards what waits. `break` calls it. */
  return(): Promise<IteratorResult<R, undefined>> {
    this.#consumer.abandon();
    void this.subscription.unsubscribe().catch(() => {}); // the stream reports it if the server rejects this
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** `await using records = …` unsubscribes at the end of the block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
