import type { Clock } from "@tickerplant/client";
import type { FairQueue } from "./fair-queue.ts";
import { UPSTREAM_LIMITS } from "./limits.ts";
import { UpstreamError } from "./upstream-error.ts";

/**
 * Requests that are the same and wait at the same time. Each stands in the queue with its own key; the one whose turn
 * comes first is sent, for all of them. Each waits for its own time: what was sent goes on while one of them does.
 */
export class SharedRequest<T> {
  readonly #queue: FairQueue;
  readonly #clock: Clock;
  readonly #send: (signal: AbortSignal) => Promise<T>;
  readonly #sending = new AbortController();
  readonly #answer: Promise<T>;
  #resolve: (answer: T | PromiseLike<T>) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #isSent = false;
  #isAnswered = false;
  #waitingCount = 0;

  /** `send` is called once at most. */
  constructor(queue: FairQueue, clock: Clock, send: (signal: AbortSignal) => Promise<T>) {
    this.#queue = queue;
    this.#clock = clock;
    this.#send = send;
    this.#answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#answer.catch(() => {}); // each of those that wait gets it
  }

  /** Whether there is an answer or an error, or nothing waits for one: a later request has to be another. */
  get isOver(): boolean {
    return this.#isAnswered || this.#waitingCount === 0;
  }

  /**
   * Waits for the answer, in the turn of a key.
   *
   * @throws what `send` throws; QueueFullError if too many of the key wait; UpstreamError when the time is over.
   */
  async join(key: string, timeoutMs: number): Promise<T> {
    const waiting = new AbortController();
    const { signal } = waiting;
    const timer = this.#clock.setTimer(() => waiting.abort(late(timeoutMs)), timeoutMs);
    const over = new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    this.#waitingCount++;
    try {
      return await Promise.race([this.#answer, over, this.#turn(key, signal)]);
    } finally {
      this.#clock.clearTimer(timer);
      waiting.abort(); // its place in the queue
      if (--this.#waitingCount === 0) this.#sending.abort();
    }
  }

  /** Ends it with an error for all that wait. */
  end(error: Error): void {
    this.#settle(() => this.#reject(error));
    this.#sending.abort(error);
  }

  async #turn(key: string, signal: AbortSignal): Promise<T> {
    if (!this.#isSent) await this.#queue.run(key, signal, () => this.#sendOnce());
    return this.#answer;
  }

  async #sendOnce(): Promise<void> {
    if (this.#isSent) return;
    this.#isSent = true;
    try {
      const answer = await this.#send(this.#sending.signal);
      this.#settle(() => this.#resolve(answer));
    } catch (error) {
      this.#settle(() => this.#reject(error));
    }
  }

  #settle(settle: () => void): void {
    this.#isAnswered = true;
    settle();
  }
}

function late(timeoutMs: number): UpstreamError {
  const message = `there was no answer of upstream within ${timeoutMs / 1000} s`;
  return new UpstreamError(504, message, UPSTREAM_LIMITS.retryAfterSeconds);
}
