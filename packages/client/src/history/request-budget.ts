import {
  type Check,
  checkOptions,
  implementing,
  type OptionChecks,
  oneOf,
  POSITIVE_INTEGER,
} from "../checks/option-checks.ts";
import * as LIMITS from "../limits.ts";
import { type Clock, systemClock, type Timer } from "../platform/clock.ts";
import { StreamError } from "../wire/index.ts";
import { retryDelayMs } from "./retry-delay.ts";

/** What a request is for: the program itself, or a stream that fills a gap. */
export const Priority = { USER: "user", FILL: "fill" } as const;

/** One of the values of {@link Priority}. */
export type Priority = (typeof Priority)[keyof typeof Priority];

/** What the headers of an answer report about the server's limit. */
export interface RateReport {
  /** Requests in a minute. */
  readonly perMinute: number | undefined;
  /** Requests that are left at this moment. */
  readonly remaining: number | undefined;
}

interface Waiter {
  readonly priority: Priority;
  readonly start: () => void;
}

/** Options of a {@link RequestBudget}. */
export interface RequestBudgetOptions {
  /**
   * Requests in a minute, sent as fast as possible at first and evenly after that. An answer that names
   * another limit replaces it.
   *
   * @defaultValue 200, as Alpaca's free plan has
   */
  readonly requestsPerMinute?: number | undefined;
  /**
   * The requests that go first, and that half of the budget is reserved for: the program's own ones (`user`), or
   * those of streams that fill gaps (`fill`), as in a relay, whose own requests are those of many clients.
   *
   * @defaultValue `user`
   */
  readonly first?: Priority | undefined;
  /**
   * Clock and timers; for tests.
   *
   * @defaultValue the platform's
   */
  readonly clock?: Clock | undefined;
}

/** How much of a {@link RequestBudget} is used. */
export interface RequestUsage {
  /** Requests in a minute that the server accepts. */
  readonly perMinute: number;
  /** How many of them are used now. Falls evenly, by `perMinute` in a minute. */
  readonly used: number;
  /** Requests that are reserved for those that go first. */
  readonly reserved: number;
}

/** A clock as an option. */
export const CLOCK: Check = implementing("Clock", "now", "monotonic", "random", "setTimer", "clearTimer");

const OPTIONS: OptionChecks<RequestBudgetOptions> = {
  requestsPerMinute: POSITIVE_INTEGER,
  first: oneOf(Object.values(Priority)),
  clock: CLOCK,
};

/**
 * The requests of one key: a queue in front of a token bucket, which holds a minute's requests and is refilled
 * evenly. Half of it is reserved for the requests that go first. After an answer of "too many requests" all wait, and
 * then go one by one until one is accepted: requests that retry side by side would take the refill from each other.
 *
 * Histories that are given the same budget share it, because a server counts the requests of a key together.
 *
 * @example
 * ```ts
 * const budget = new RequestBudget();
 * const [sip, iex] = [new StockHistory({ feed: "sip", budget }), new StockHistory({ feed: "iex", budget })];
 * ```
 */
export class RequestBudget {
  readonly #clock: Clock;
  readonly #first: Priority;
  #perMinute: number;
  #tokens: number;
  #refilledAtMs: number;
  #pausedUntilMs = Number.NEGATIVE_INFINITY;
  /** Rejected requests in a row. */
  #rejected = 0;
  readonly #waiting: Record<Priority, Waiter[]> = { user: [], fill: [] };
  readonly #open: Record<Priority, number> = { user: 0, fill: 0 };
  #timer: Timer;

  /** @throws TypeError for an option with a wrong value. */
  constructor(options: RequestBudgetOptions = {}) {
    checkOptions("RequestBudget", options, OPTIONS);
    const { requestsPerMinute = LIMITS.requestsPerMinute, first = Priority.USER, clock = systemClock } = options;
    this.#clock = clock;
    this.#first = first;
    this.#perMinute = requestsPerMinute;
    this.#tokens = requestsPerMinute;
    this.#refilledAtMs = clock.monotonic();
  }

  /** How much of the budget is used now. */
  get usage(): RequestUsage {
    this.#refill();
    const used = Math.min(this.#perMinute, Math.ceil(this.#perMinute - this.#tokens));
    return { perMinute: this.#perMinute, used, reserved: this.#reserved };
  }

  get #reserved(): number {
    return Math.floor(this.#perMinute / 2);
  }

  /**
   * Runs a request when its turn has come. Called by a history that was given the budget, as the methods below.
   *
   * @throws StreamError `rate_limited` when too many requests wait; the signal's reason when it is aborted.
   */
  async run<T>(priority: Priority, signal: AbortSignal | undefined, request: () => Promise<T>): Promise<T> {
    await this.#turn(priority, signal);
    try {
      return await request();
    } finally {
      this.#open[priority]--;
      this.#startNext();
    }
  }

  /** Records an accepted request, and what its answer reports. */
  accepted({ perMinute, remaining }: RateReport): void {
    this.#rejected = 0;
    this.#refill();
    if (perMinute !== undefined && perMinute !== this.#perMinute) {
      // What has been used stays used.
      this.#tokens = Math.max(0, this.#tokens + perMinute - this.#perMinute);
      this.#perMinute = perMinute;
    }
    // Never raises it: answers overtake each other, and other programs use the same key.
    if (remaining !== undefined) this.#tokens = Math.min(this.#tokens, remaining);
  }

  /** Records an answer of "too many requests": the bucket is empty, and all requests wait. */
  rejected(retryAfterMs: number | undefined): void {
    const nowMs = this.#clock.monotonic();
    // Those that were open at the same time count as one.
    if (this.#rejected === 0 || nowMs >= this.#pausedUntilMs) this.#rejected++;
    this.#refill();
    this.#tokens = Math.min(this.#tokens, 0);
    const delayMs = retryDelayMs(this.#rejected, retryAfterMs, this.#clock.random());
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + delayMs);
  }

  async #turn(priority: Priority, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    const queue = this.#waiting[priority];
    if (queue.length >= LIMITS.maxQueuedRequests)
      throw new StreamError(
        "rate_limited",
        `${queue.length} requests for history wait for their turn, and no more may: await some before you start others`,
      );
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => {
        queue.splice(queue.indexOf(waiter), 1);
        reject(signal?.reason);
        this.#startNext(); // the timer may be that of the request that is gone
      };
      const waiter = {
        priority,
        start: () => {
          signal?.removeEventListener("abort", abort);
          resolve();
        },
      };
      signal?.addEventListener("abort", abort, { once: true });
      queue.push(waiter);
      this.#startNext();
    });
  }

  /** Starts the requests whose turn it is, and sets the timer for the next one. */
  #startNext(): void {
    this.#clock.clearTimer(this.#timer);
    this.#refill();
    for (let waiter = this.#next(); waiter !== undefined; waiter = this.#next()) {
      const waitMs = this.#waitMs(waiter.priority);
      if (waitMs > 0) {
        this.#timer = this.#clock.setTimer(() => this.#startNext(), waitMs);
        return;
      }
      this.#waiting[waiter.priority].shift();
      this.#open[waiter.priority]++;
      this.#tokens--;
      waiter.start();
    }
  }

  /** The request whose turn is next, if there is room for another one. */
  #next(): Waiter | undefined {
    const limit = this.#rejected > 0 ? 1 : LIMITS.maxOpenRequests;
    const { user, fill } = this.#open;
    if (user + fill >= limit) return undefined;
    const second = this.#first === Priority.USER ? Priority.FILL : Priority.USER;
    const mayBeSecond = this.#open[second] < Math.ceil(limit / 2);
    return this.#waiting[this.#first][0] ?? (mayBeSecond ? this.#waiting[second][0] : undefined);
  }

  /** How long a request has to wait for its token, and for the end of a pause. */
  #waitMs(priority: Priority): number {
    const reserved = priority === this.#first ? 0 : this.#reserved;
    const missing = 1 + reserved - this.#tokens;
    // Up by a whole millisecond: a timer that fires a rounding error too early would be set again at once.
    const tokenMs = missing <= 0 ? 0 : Math.ceil((missing / this.#perMinute) * 60_000);
    return Math.max(tokenMs, this.#pausedUntilMs - this.#clock.monotonic());
  }

  #refill(): void {
    const nowMs = this.#clock.monotonic();
    const refilled = this.#tokens + ((nowMs - this.#refilledAtMs) / 60_000) * this.#perMinute;
    this.#tokens = Math.min(this.#perMinute, refilled);
    this.#refilledAtMs = nowMs;
  }
}
