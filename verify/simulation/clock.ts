import type { Clock, Timer } from "@tickerplant/client";

/** 2025-01-02T15:00:00Z, a trading day. */
const START_MS = 1_735_830_000_000;

interface SimulatedTimer {
  readonly callback: () => void;
  readonly atMs: number;
  /** Tells apart timers of one instant: they fire in the order in which they were set. */
  readonly number: number;
  readonly owner: SimulatedRuntime;
  isSet: boolean;
}

/**
 * The one clock of a simulated world, in whole milliseconds: many things fall into one instant, as
 * they do in a busy process. Everybody gets a clock of his own, so that timers left behind name
 * their owner.
 */
export class SimulatedClock {
  #nowMs = 0;
  #timerCount = 0;
  /** A binary heap, the earliest first. Timers that were cleared stay in it until their time. */
  readonly #heap: SimulatedTimer[] = [];

  /** Milliseconds since the world began. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Milliseconds since the Unix epoch. */
  get epochMs(): number {
    return START_MS + this.#nowMs;
  }

  /** A clock on this clock. */
  clock(random: () => number): SimulatedRuntime {
    return new SimulatedRuntime(this, random);
  }

  /** Sets a timer. For runtimes. */
  set(owner: SimulatedRuntime, callback: () => void, delayMs: number): SimulatedTimer {
    const atMs = this.#nowMs + Math.ceil(Math.max(0, delayMs));
    const timer = { callback, atMs, number: this.#timerCount++, owner, isSet: true };
    this.#push(timer);
    return timer;
  }

  /** Moves on by `ms`. Timers fire in order; after each, everything that waits for a promise is run. */
  async advance(ms: number, afterEach: () => void): Promise<void> {
    const endMs = this.#nowMs + ms;
    await settle();
    for (let timer = this.#heap[0]; timer !== undefined && timer.atMs <= endMs; timer = this.#heap[0]) {
      this.#pop();
      if (!timer.isSet) continue;
      this.#nowMs = timer.atMs;
      timer.isSet = false;
      timer.owner.pendingTimers--;
      timer.callback();
      await settle();
      afterEach();
    }
    this.#nowMs = endMs;
  }

  #push(timer: SimulatedTimer): void {
    const heap = this.#heap;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = heap[parentAt];
      if (parent === undefined || isBefore(parent, timer)) break;
      heap[at] = parent;
      at = parentAt;
    }
    heap[at] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let childAt = 2 * at + 1;
      let child = heap[childAt];
      if (child === undefined) break;
      const right = heap[childAt + 1];
      if (right !== undefined && isBefore(right, child)) {
        child = right;
        childAt++;
      }
      if (isBefore(last, child)) break;
      heap[at] = child;
      at = childAt;
    }
    heap[at] = last;
  }
}

/** One owner's time and chance. */
export class SimulatedRuntime implements Clock {
  /** Timers that are set and have not fired. */
  pendingTimers = 0;
  readonly random: () => number;
  readonly #clock: SimulatedClock;

  /** Made by a {@link SimulatedClock}. */
  constructor(clock: SimulatedClock, random: () => number) {
    this.#clock = clock;
    this.random = random;
  }

  now(): number {
    return this.#clock.epochMs;
  }

  monotonic(): number {
    return this.#clock.nowMs;
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    this.pendingTimers++;
    return this.#clock.set(this, callback, delayMs);
  }

  clearTimer(timer: Timer): void {
    const set = timer as SimulatedTimer | undefined; // made by setTimer above, or never set
    if (set?.isSet !== true) return;
    set.isSet = false;
    this.pendingTimers--;
  }
}

/**
 * Runs everything that waits for a promise. Called from within a microtask, as all of a simulation
 * is, a tick comes when no microtask is left; at 1 µs, where a task of its own takes 25.
 */
function settle(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

function isBefore(one: SimulatedTimer, other: SimulatedTimer): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.number < other.number);
}
