import type { HistoryPage } from "../continuity/history-source.ts";

/** Requests pages one after the other until the signal is aborted. */
export type PageWalk<R> = (signal: AbortSignal) => AsyncGenerator<HistoryPage<R>, void, undefined>;

/**
 * Records of the past as an async iterable, by symbol and time. Nothing is requested before the first is pulled;
 * then the next page is requested while the records of the present one are read, so that memory holds two
 * pages at most. Each loop sends the requests again; leaving it, or the request's signal, ends the requests.
 *
 * @example
 * ```ts
 * for await (const trade of history.trades("AAPL", { start: "2025-11-14T14:30:00Z" })) {
 *   if (trade.size > 10_000) break;
 * }
 * ```
 */
export class HistoryRecords<R> implements AsyncIterable<R> {
  readonly #walk: PageWalk<R>;
  readonly #signal: AbortSignal | undefined;

  /** Made by the history. */
  constructor(walk: PageWalk<R>, signal: AbortSignal | undefined) {
    this.#walk = walk;
    this.#signal = signal;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<R, undefined> {
    return new RecordPull(this.#start.bind(this));
  }

  /** The same records in arrays, one for each symbol of a page: for programs that pass them on in batches. */
  async *batches(): AsyncGenerator<readonly R[], void, undefined> {
    const controller = new AbortController();
    try {
      for await (const { groups } of this.#start(controller)) {
        for (const { records } of groups) {
          controller.signal.throwIfAborted();
          if (records.length > 0) yield records;
        }
      }
    } finally {
      controller.abort();
    }
  }

  /** Resolves with all records. */
  async toArray(): Promise<R[]> {
    const all: R[] = [];
    for await (const batch of this.batches()) for (const record of batch) all.push(record);
    return all;
  }

  /** Starts the requests, which the controller ends, and so does the signal. */
  async *#start(controller: AbortController): AsyncGenerator<HistoryPage<R>, void, undefined> {
    const signal = this.#signal;
    const abort = (): void => controller.abort(signal?.reason);
    signal?.throwIfAborted();
    signal?.addEventListener("abort", abort, { once: true });
    try {
      yield* this.#walk(controller.signal);
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }
}

/** One loop over the records. Not a generator, which takes three times as long for each record. */
class RecordPull<R> implements AsyncIterableIterator<R, undefined> {
  readonly #controller = new AbortController();
  readonly #pages: AsyncGenerator<HistoryPage<R>, void, undefined>;
  #groups: HistoryPage<R>["groups"] = [];
  #group = 0;
  #records: readonly R[] = [];
  #at = 0;
  /** The last of the calls that wait for a page: they are served one by one. */
  #waiting: Promise<unknown> | undefined;
  #isDone = false;

  constructor(start: (controller: AbortController) => AsyncGenerator<HistoryPage<R>, void, undefined>) {
    this.#pages = start(this.#controller);
    // What was read ahead is dropped, so that the next pull meets the abort.
    this.#controller.signal.addEventListener("abort", () => this.#drop(), { once: true });
  }

  next(): Promise<IteratorResult<R, undefined>> {
    if (this.#waiting === undefined && this.#at < this.#records.length)
      return Promise.resolve({ done: false, value: this.#records[this.#at++] as R }); // within its length
    const turn = (this.#waiting ?? Promise.resolve()).then(() => this.#pull());
    const settled = turn.then(
      () => {},
      () => {},
    );
    this.#waiting = settled;
    void settled.then(() => {
      if (this.#waiting === settled) this.#waiting = undefined;
    });
    return turn;
  }

  /** Ends the requests. `break` calls it. */
  async return(): Promise<IteratorResult<R, undefined>> {
    this.#isDone = true;
    this.#controller.abort();
    await this.#pages.return().catch(() => {}); // an aborted request is the aim
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #pull(): Promise<IteratorResult<R, undefined>> {
    for (;;) {
      if (this.#at < this.#records.length) return { done: false, value: this.#records[this.#at++] as R }; // as above
      if (this.#isDone) return { done: true, value: undefined };
      const group = this.#groups[this.#group++];
      if (group !== undefined) this.#records = group.records;
      else await this.#nextPage();
      this.#at = 0;
    }
  }

  #drop(): void {
    this.#records = [];
    this.#groups = [];
    this.#group = 0;
  }

  async #nextPage(): Promise<void> {
    this.#drop(); // the page is not kept while the next one is awaited
    try {
      const { done, value } = await this.#pages.next();
      if (done) this.#isDone = true;
      else this.#groups = value.groups;
    } catch (error) {
      if (this.#isDone) return; // ended by `return` in the meantime
      this.#isDone = true;
      throw error;
    }
  }
}
