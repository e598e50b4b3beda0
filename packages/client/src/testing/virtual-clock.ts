import { type Check, check, checkOptions, FUNCTION, milliseconds, type OptionChecks } from "../checks/option-checks.ts";
import type { Clock, Timer } from "../platform/clock.ts";

/** Options of a {@link VirtualClock}. */
export interface VirtualClockOptions {
  /** What `now()` starts at, in milliseconds since the Unix epoch. Default: 2025-01-02, 10:00 in New York. */
  readonly startMs?: number;
  /** What `random()` returns. Default: a seeded sequence, the same in every run. */
  readonly random?: () => number;
}

const FINITE: Check = { expected: "a finite number", accepts: Number.isFinite };

const OPTIONS: OptionChecks<VirtualClockOptions> = { startMs: FINITE, random: FUNCTION };

interface VirtualTimer {
  readonly callback: () => void;
  readonly atMs: number;
}

/** 2025-01-02T15:00:00Z, a trading day. */
const DEFAULT_START_MS = 1_735_830_000_000;

/**
 * A clock whose time stands still until a test moves it: hours of back-off, pings and deadlines
 * pass in milliseconds, the same way in every run.
 */
export class VirtualClock implements Clock {
  /** What `random()` returns; may be replaced at any time. */
  random: () => number;
  #nowMs: number;
  /** The time by which timers fire; `monotonic()` also counts the time slept. */
  #elapsedMs = 0;
  #sleptMs = 0;
  /** In the order in which they were set: timers of one instant fire in that order. */
  readonly #timers = new Set<VirtualTimer>();

  constructor(options: VirtualClockOptions = {}) {
    checkOptions("VirtualClock", options, OPTIONS);
    const { startMs = DEFAULT_START_MS, random = seededRandom(1) } = options;
    this.#nowMs = startMs;
    this.random = random;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#elapsedMs + this.#sleptMs;
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    const timer: VirtualTimer = { callback, atMs: this.#elapsedMs + Math.max(0, delayMs) };
    this.#timers.add(timer);
    return timer;
  }

  clearTimer(timer: Timer): void {
    this.#timers.delete(timer as VirtualTimer); // made by setTimer above
  }

  /** The number of timers that are set and have not fired. Should be 0 after a stop. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /**
   * Moves time forward by `ms` and fires the timers that fall due, in order. Pending promise callbacks
   * run before, between and after them, so that a test sees what follows from each.
   */
  async advance(ms: number): Promise<void> {
    check("the time to advance by", ms, milliseconds(0));
    const endMs = this.#elapsedMs + ms;
    await this.settle();
    for (let timer = this.#nextUntil(endMs); timer !== undefined; timer = this.#nextUntil(endMs)) {
      this.#moveTo(timer.atMs);
      this.#timers.delete(timer);
      timer.callback();
      await this.settle();
    }
    this.#moveTo(endMs);
  }

  /** Runs all pending promise callbacks, in chains of any length, without advancing time. */
  settle(): Promise<void> {
    // A message is a task of its own: it arrives when no microtask is left.
    return new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(undefined);
    });
  }

  /** Sets the wall clock by `ms`, forward or back, as NTP or a user does. Timers and `monotonic()` are not affected. */
  jump(ms: number): void {
    check("the time to jump by", ms, FINITE);
    this.#nowMs += ms;
  }

  /** Lets the machine sleep for `ms`: `now()` and `monotonic()` move on, and timers wait as long as before. */
  sleep(ms: number): void {
    check("the time to sleep", ms, milliseconds(0));
    this.#nowMs += ms;
    this.#sleptMs += ms;
  }

  #nextUntil(endMs: number): VirtualTimer | undefined {
    let next: VirtualTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.atMs <= endMs && (next === undefined || timer.atMs < next.atMs)) next = timer;
    }
    return next;
  }

  #moveTo(elapsedMs: number): void {
    this.#nowMs += elapsedMs - this.#elapsedMs;
    this.#elapsedMs = elapsedMs;
  }
}

/** Returns a function of random numbers from 0 up to, but not including, 1: the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  check("seed", seed, FINITE);
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
