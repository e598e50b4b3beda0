/// <reference lib="esnext.disposable" preserve="true" />
// The declarations use Symbol.asyncDispose, which the `lib` of a user may lack.
import type { IteratorConsumer } from "../delivery/iterator-consumer.ts";
import type { Subscription } from "./subscription.ts";

/** Records in arrays; see {@link RecordIterator.batches}. */
export interface RecordBatches<R> extends AsyncIterableIterator<R[], undefined>, AsyncDisposable {
  /** The next array, as soon as there is a record. */
  next(): Promise<IteratorResult<R[], undefined>>;
  /** Unsubscribes and discards what waits. `break` calls it. */
  return(): Promise<IteratorReturnResult<undefined>>;
  [Symbol.asyncIterator](): RecordBatches<R>;
}

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
  /** Counts the pulls. */
  #pulls = 0;

  /** Made by the stream. `begun` is called when the first record is pulled. */
  constructor(subscription: Subscription, consumer: IteratorConsumer, begun: () => void) {
    this.subscription = subscription;
    this.#consumer = consumer;
    this.#begun = begun;
  }

  /** The next record, as soon as there is one. */
  next(): Promise<IteratorResult<R, undefined>> {
    if (this.#pulls++ === 0) this.#begun();
    return this.#consumer.pull() as Promise<IteratorResult<R, undefined>>; // R is what the stream routes here
  }

  /**
   * Returns the same records in arrays: each holds all that have come since the one before, in arrival
   * order, at least one and at most 1,000. For programs that pass many records on at once, to a database
   * or a worker; for others it saves a promise for each record. Policy, limit and end are those of this
   * iterator. An array belongs to the program, and is not used again.
   *
   * @example
   * ```ts
   * for await (const trades of stream.trades("*").batches()) {
   *   await database.insert(trades.map((trade) => trade.toObject()));
   * }
   * ```
   */
  batches(): RecordBatches<R> {
    return {
      next: () => this.#nextBatch(),
      return: () => this.return(),
      [Symbol.asyncIterator]() {
        return this;
      },
      [Symbol.asyncDispose]: () => this[Symbol.asyncDispose](),
    };
  }

  /** Unsubscribes and discards what waits. `break` calls it. */
  return(): Promise<IteratorReturnResult<undefined>> {
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

  async #nextBatch(): Promise<IteratorResult<R[], undefined>> {
    const pull = this.next();
    const pulls = this.#pulls;
    const first = await pull; // by then the rest of its frame has come
    if (first.done === true) return first;
    // The next records belong to a later pull if there is one.
    const batch = pulls === this.#pulls ? (this.#consumer.pullMany() as R[]) : []; // as for R in next
    batch.unshift(first.value);
    return { done: false, value: batch };
  }
}
