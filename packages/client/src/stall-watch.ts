import type { Consumer } from "./consumer.ts";
import * as LIMITS from "./limits.ts";
import type { Runtime, Timer } from "./runtime.ts";

/** A consumer with something to do, as it was seen last. */
interface Sighting {
  progress: number;
  /** Since when its progress has been the same. */
  sinceMs: number;
  /** When its stall was reported last; minus infinity if it was not. */
  reportedMs: number;
}

/**
 * Finds consumers that have records waiting and make no progress. It compares counters a few times in
 * `stalledAfterMs`, so that a record costs nothing.
 */
export class StallWatch {
  readonly #runtime: Runtime;
  readonly #consumers: () => Iterable<Consumer>;
  readonly #stalled: (consumer: Consumer) => void;
  #sightings = new Map<Consumer, Sighting>();
  #timer: Timer;
  /** The shortest `stalledAfterMs` of all consumers. */
  #shortestMs = Number.POSITIVE_INFINITY;
  #isWatching = false;

  /** `stalled` is called when a stall is found and again each `stalledAfterMs` while it lasts. */
  constructor(runtime: Runtime, consumers: () => Iterable<Consumer>, stalled: (consumer: Consumer) => void) {
    this.#runtime = runtime;
    this.#consumers = consumers;
    this.#stalled = stalled;
  }

  /** Starts to watch. */
  start(): void {
    this.#isWatching = true;
    this.#check();
  }

  /** A consumer was added. */
  added({ stalledAfterMs }: Consumer): void {
    if (this.#isWatching && stalledAfterMs < this.#shortestMs) this.#check();
  }

  /** Stops to watch, and leaves no timer behind. */
  stop(): void {
    this.#isWatching = false;
    this.#runtime.clearTimer(this.#timer);
    this.#sightings.clear();
  }

  #check(): void {
    this.#runtime.clearTimer(this.#timer);
    const nowMs = this.#runtime.monotonic();
    const sightings = new Map<Consumer, Sighting>();
    this.#shortestMs = Number.POSITIVE_INFINITY;
    const stalled: Consumer[] = [];
    for (const consumer of this.#consumers()) {
      const { stalledAfterMs, queued, progress, isIsolated } = consumer;
      this.#shortestMs = Math.min(this.#shortestMs, stalledAfterMs);
      if (queued === 0 && consumer.isIdle && !isIsolated) continue;
      const known = this.#sightings.get(consumer);
      // Calls of other symbols go on in an isolated one; it recovers by itself when what is stuck moves.
      const isStill = known !== undefined && (known.progress === progress || isIsolated);
      const sighting = isStill ? known : { progress, sinceMs: nowMs, reportedMs: Number.NEGATIVE_INFINITY };
      sightings.set(consumer, sighting);
      const quietMs = Math.max(stalledAfterMs, LIMITS.slowEventIntervalMs);
      if (nowMs - sighting.sinceMs < stalledAfterMs || nowMs - sighting.reportedMs < quietMs) continue;
      if (queued === 0 && !isIsolated) continue; // a long call that holds up nothing
      sighting.reportedMs = nowMs;
      stalled.push(consumer);
    }
    this.#sightings = sightings;
    if (this.#shortestMs < Number.POSITIVE_INFINITY)
      this.#timer = this.#runtime.setTimer(() => this.#check(), this.#shortestMs / LIMITS.stallChecks);
    for (const consumer of stalled) this.#stalled(consumer);
  }

  /** How long a consumer has made no progress, in milliseconds; 0 while it does, or has nothing waiting. */
  stalledMs(consumer: Consumer): number {
    const sighting = this.#sightings.get(consumer);
    if (sighting === undefined || (sighting.progress !== consumer.progress && !consumer.isIsolated)) return 0;
    if (consumer.queued === 0 && !consumer.isIsolated) return 0;
    const stillMs = this.#runtime.monotonic() - sighting.sinceMs;
    return stillMs >= consumer.stalledAfterMs ? stillMs : 0;
  }

  /** How many consumers are stalled. */
  get count(): number {
    let count = 0;
    for (const consumer of this.#sightings.keys()) if (this.stalledMs(consumer) > 0) count++;
    return count;
  }
}
