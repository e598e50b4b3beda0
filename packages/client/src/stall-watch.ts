import type { Consumer } from "./consumer.ts";
import * as LIMITS from "./limits.ts";
import type { Runtime, Timer } from "./runtime.ts";

const NEVER_MS = Number.NEGATIVE_INFINITY;

/** A consumer with something to do, as it was seen last. */
interface Sighting {
  progress: number;
  /** Since when its progress has been the same. */
  sinceMs: number;
  /** When its stall was reported last; minus infinity if it was not. */
  reportedMs: number;
}

/**
 * Finds consumers that have records waiting and make no progress, or of which one call hangs while
 * others go on. It compares counters a few times in `stalledAfterMs`, so that a record costs nothing.
 */
export class StallWatch {
  readonly #runtime: Runtime;
  readonly #consumers: () => Iterable<Consumer>;
  readonly #stalled: (consumer: Consumer, hasProgress: boolean) => void;
  #sightings = new Map<Consumer, Sighting>();
  #timer: Timer;
  /** The shortest `stalledAfterMs` of all consumers. */
  #shortestMs = Number.POSITIVE_INFINITY;
  /** Between the last check and the next. */
  #intervalMs = 0;
  #isWatching = false;

  /** `stalled` is called when a stall is found and again each `stalledAfterMs` while it lasts. */
  constructor(
    runtime: Runtime,
    consumers: () => Iterable<Consumer>,
    stalled: (consumer: Consumer, hasProgress: boolean) => void,
  ) {
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
    const stalled: [consumer: Consumer, hasProgress: boolean][] = [];
    for (const consumer of this.#consumers()) {
      const { stalledAfterMs, queued, progress, isIsolated } = consumer;
      this.#shortestMs = Math.min(this.#shortestMs, stalledAfterMs);
      if (queued === 0 && consumer.isIdle && !isIsolated) continue;
      const known = this.#sightings.get(consumer);
      // Calls of other symbols go on in an isolated one; it recovers by itself when what is stuck moves.
      const isStill = known !== undefined && (known.progress === progress || isIsolated);
      consumer.countCheck();
      const callMs = this.#callMs(consumer);
      const reportedMs = known !== undefined && (isStill || callMs >= stalledAfterMs) ? known.reportedMs : NEVER_MS;
      const sighting = { progress, sinceMs: isStill ? known.sinceMs : nowMs, reportedMs };
      sightings.set(consumer, sighting);
      const hasProgress = nowMs - sighting.sinceMs < stalledAfterMs;
      const quietMs = Math.max(stalledAfterMs, LIMITS.slowEventIntervalMs);
      if ((hasProgress && callMs < stalledAfterMs) || nowMs - reportedMs < quietMs) continue;
      if (queued === 0 && !isIsolated) continue; // a long call that holds up nothing
      sighting.reportedMs = nowMs;
      stalled.push([consumer, hasProgress]);
    }
    this.#sightings = sightings;
    if (this.#shortestMs < Number.POSITIVE_INFINITY) {
      this.#intervalMs = this.#shortestMs / LIMITS.stallChecks;
      this.#timer = this.#runtime.setTimer(() => this.#check(), this.#intervalMs);
    }
    for (const [consumer, hasProgress] of stalled) this.#stalled(consumer, hasProgress);
  }

  /**
   * How long records have waited for a consumer without progress, or behind a call that hangs, in
   * milliseconds; 0 for less than `stalledAfterMs`.
   */
  stalledMs(consumer: Consumer): number {
    const sighting = this.#sightings.get(consumer);
    if (sighting === undefined || (consumer.queued === 0 && !consumer.isIsolated)) return 0;
    const isStill = sighting.progress === consumer.progress || consumer.isIsolated;
    const stillMs = isStill ? this.#runtime.monotonic() - sighting.sinceMs : 0;
    const longestMs = Math.max(stillMs, this.#callMs(consumer));
    return longestMs >= consumer.stalledAfterMs ? longestMs : 0;
  }

  /** How long the longest call has been at work, at least: its first check may come right after its start. */
  #callMs({ mostChecks }: Consumer): number {
    return Math.max(0, mostChecks - 1) * this.#intervalMs;
  }

  /** How many consumers are stalled. */
  get count(): number {
    let count = 0;
    for (const consumer of this.#sightings.keys()) if (this.stalledMs(consumer) > 0) count++;
    return count;
  }
}
