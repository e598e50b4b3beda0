import type { Clock } from "@tickerplant/client";
import { ClusterError } from "../cluster-error.ts";
import { CLUSTER_LIMITS } from "../limits.ts";

/** What goes wrong between a process and NATS. Parts are from 0 for none to 1 for all. */
export interface LinkFaults {
  /**
   * Longest delay of a request, of its answer, and of a message that is read, in milliseconds: each has a random one.
   * Answers overtake each other.
   *
   * @defaultValue 0
   */
  readonly maxDelayMs: number;
  /**
   * The part of requests that do not arrive.
   *
   * @defaultValue 0
   */
  readonly lostRequests: number;
  /**
   * The part of answers that do not arrive: what was asked for was done.
   *
   * @defaultValue 0
   */
  readonly lostAnswers: number;
  /**
   * The part of requests that do not arrive in the order in which they were sent, as over two connections.
   *
   * @defaultValue 0
   */
  readonly reordered: number;
  /**
   * The part of messages that a read leaves out without a word.
   *
   * @defaultValue 0
   */
  readonly leftOut: number;
  /**
   * After how long a request without an answer is rejected, in milliseconds. It may arrive later.
   *
   * @defaultValue 2 s
   */
  readonly timeoutMs: number;
}

const NO_FAULTS: LinkFaults = {
  maxDelayMs: 0,
  lostRequests: 0,
  lostAnswers: 0,
  reordered: 0,
  leftOut: 0,
  timeoutMs: CLUSTER_LIMITS.ackTimeoutMs,
};

/**
 * The way between one process and NATS, for {@link FaultyLog} and {@link FaultyEntries}. The faults come from the
 * clock's random numbers, and may be changed at any time.
 *
 * @example
 * ```ts
 * const log = new ModelLog(() => clock.now()); // one for all processes
 * const link = new Link(clock); // one for each process
 * const ownLog = new FaultyLog(log, link);
 * link.set({ lostAnswers: 0.1 });
 * link.disconnect();
 * ```
 */
export class Link {
  readonly #clock: Clock;
  readonly #process: Clock;
  #faults: LinkFaults = NO_FAULTS;
  #isConnected = true;
  /** When the newest request arrives that is in order, by the monotonic clock. */
  #arrivalMs = 0;
  readonly #failOpen = new Set<(error: ClusterError) => void>();

  /** `process` is the clock of the process, if it can be paused: answers wait until it resumes. */
  constructor(clock: Clock, process: Clock = clock) {
    this.#clock = clock;
    this.#process = process;
  }

  /** Sets the faults; what is left out has its default. */
  set(faults: Partial<LinkFaults>): void {
    this.#faults = { ...NO_FAULTS, ...faults };
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Loses the connection: requests and reads are rejected as unreachable. What was sent may still arrive. */
  disconnect(): void {
    this.#isConnected = false;
    const fail = [...this.#failOpen];
    this.#process.setTimer(() => {
      for (const each of fail) each(unreachable("the connection was lost"));
    }, 0);
  }

  connect(): void {
    this.#isConnected = true;
  }

  /** Sends a request, which is made when it arrives. */
  call<T>(request: () => Promise<T>): Promise<T> {
    if (!this.#isConnected) return Promise.reject(unreachable("there is no connection"));
    return new Promise((resolve, reject) => {
      const settle = (outcome: () => void): void => {
        this.#process.clearTimer(timeout);
        this.#failOpen.delete(fail);
        outcome(); // only the first counts
      };
      const fail = (error: ClusterError): void => settle(() => reject(error));
      const timeout = this.#process.setTimer(() => fail(unreachable("no answer in time")), this.#faults.timeoutMs);
      this.#failOpen.add(fail);
      if (this.#happens(this.#faults.lostRequests)) return;
      const isAnswered = !this.#happens(this.#faults.lostAnswers);
      const answer = (outcome: () => void): void => {
        if (isAnswered) this.#process.setTimer(() => settle(outcome), this.#delayMs());
      };
      this.#clock.setTimer(() => {
        request().then(
          (value) => answer(() => resolve(value)),
          (error: unknown) => answer(() => reject(error)),
        );
      }, this.#untilArrival());
    });
  }

  /** Passes on what NATS sends to a read, in order; `failed` is called if the connection is lost. */
  receive(failed: (error: ClusterError) => void): Receiver {
    this.#failOpen.add(failed);
    let dueMs = 0;
    let isOpen = true;
    return {
      pass: (deliver) => {
        if (this.#happens(this.#faults.leftOut)) return;
        const nowMs = this.#clock.monotonic();
        dueMs = Math.max(dueMs, nowMs + this.#delayMs());
        this.#process.setTimer(() => {
          if (isOpen) deliver();
        }, dueMs - nowMs);
      },
      close: () => {
        isOpen = false;
        this.#failOpen.delete(failed);
      },
    };
  }

  #untilArrival(): number {
    const nowMs = this.#clock.monotonic();
    const dueMs = nowMs + this.#delayMs();
    if (this.#happens(this.#faults.reordered)) return dueMs - nowMs;
    this.#arrivalMs = Math.max(this.#arrivalMs, dueMs);
    return this.#arrivalMs - nowMs;
  }

  #delayMs(): number {
    return this.#clock.random() * this.#faults.maxDelayMs;
  }

  #happens(part: number): boolean {
    return part > 0 && this.#clock.random() < part;
  }
}

/** One read over a {@link Link}. */
export interface Receiver {
  /** Delivers after a delay, or not at all. */
  pass(deliver: () => void): void;
  close(): void;
}

function unreachable(reason: string): ClusterError {
  return new ClusterError("unreachable", `NATS could not be reached: ${reason}`);
}
