/// <reference lib="esnext.disposable" preserve="true" />
// The declarations use Symbol.asyncDispose, which the `lib` of a user may lack.
import { Pulls } from "../delivery/pulls.ts";
import * as LIMITS from "../limits.ts";

/**
 * Events by pulling: `for await (const gap of stream.events("gap"))`. It listens from the moment it is
 * made, over any number of runs, until the loop is left or the signal is aborted.
 *
 * As with `on` of `node:events`, an abort ends it after the events that came before; the next pull
 * then rejects with the signal's reason.
 */
export class EventIterator<E> implements AsyncIterableIterator<E, undefined> {
  readonly #events: E[] = [];
  readonly #pulls = new Pulls<E>();
  #dropped = 0;
  readonly #stopListening: () => void;

  /** Made by the stream. `listen` adds a listener and returns what removes it. */
  constructor(listen: (listener: (event: E) => void) => () => void, signal: AbortSignal | undefined) {
    signal?.throwIfAborted();
    const removeListener = listen((event) => this.#push(event));
    const onAbort = (): void => this.#end(signal);
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#stopListening = () => {
      removeListener();
      signal?.removeEventListener("abort", onAbort);
    };
  }

  /** Events dropped, the oldest first, because more than 1,000 waited for the loop. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The next event, as soon as there is one. */
  next(): Promise<IteratorResult<E, undefined>> {
    const event = this.#events.shift();
    return event === undefined ? this.#pulls.wait() : Promise.resolve({ done: false, value: event });
  }

  /** Stops listening and forgets the events that wait. `break` calls it. */
  return(): Promise<IteratorResult<E, undefined>> {
    this.#events.length = 0;
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** `await using events = …` stops listening at the end of the block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #push(event: E): void {
    if (this.#pulls.push(event) || this.#events.push(event) <= LIMITS.maxQueuedEvents) return;
    this.#events.shift();
    this.#dropped++;
  }

  #end(aborted?: AbortSignal): void {
    this.#stopListening();
    this.#pulls.end(aborted);
  }
}
