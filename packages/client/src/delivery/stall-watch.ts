import * as LIMITS from "../limits.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import type { Consumer } from "./consumer.ts";

const NEVER_MS = Number.NEGATIVE_INFINITY;

/** A consumer with something to do, as it was seen last. */
interface Sighting {
  progress: number;
  /** Since when its progress has been the same. */
  sinceMs: number;
  /** Whether that is for less than its `stalledAfterMs`. */
  hasProgress: boolean;
  /** When its stall was reported last; minus infinity if it was not. */
  reportedMs: number;
}

/**
 * Finds consumers that have records waiting and make no progress, or none with the records of one
 * symbol. It compares counters a few times in `stalledAfterMs`, so that a record costs nothing.
 */
export class StallWatch {
  readonly #clock: Clock;
  readonly #consumers: () => Iterable<Consumer>;
  readonly #stalled: (consumer: Consumer, hasProgress: boolean) => void;
  #sightings = new Map<Consumer, Sighting>();
  #timer: Timer;
  /** The shortest `stalledAfterMs` of all consumers. */
  #shortestMs = Number.POSITIVE_INFINITY;
  #isWatching = false;

  /**
   * `stalled` is called when a stall is found and again each `stalledAfterMs` while it lasts;
   * `hasProgress` says that other symbols of the consumer go on.
   */
  constructor(
    clock: Clock,
    consumers: () => Iterable<Consumer>,
    stalled: (consumer: Consumer, hasProgress: boolean) => void,
  ) {
    this.#clock = clock;
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
    this.#clock.clearTimer(this.#timer);
    this.#sightings.clear();
  }

  #check(): void {
    this.#clock.clearTimer(this.#timer);
    const nowMs = this.#clock.monotonic();
    const sightings = new Map<Consumer, Sighting>();
    this.#shortestMs = Number.POSITIVE_INFINITY;
    const stalled: [consumer: Consumer, hasProgress: boolean][] = [];
    for (const consumer of this.#consumers()) {
      this.#shortestMs = Math.min(this.#shortestMs, consumer.stalledAfterMs);
      const stuckSinceMs = consumer.check(nowMs);
      if (consumer.queued === 0 && consumer.isIdle && !consumer.isIsolated) continue;
      const known = this.#sightings.get(consumer);
      const isSame = known !== undefined && isUnmoved(consumer, known);
      const { progress, stalledAfterMs } = consumer;
      const sinceMs = isSame ? known.sinceMs : nowMs;
      const hasProgress = nowMs - sinceMs < stalledAfterMs;
      const isStalled = !hasProgress || nowMs - stuckSinceMs >= stalledAfterMs;
      const isKnown = isStalled && known !== undefined && (hasProgress || !known.hasProgress);
      const sighting = { progress, sinceMs, hasProgress, reportedMs: isKnown ? known.reportedMs : NEVER_MS };
      sightings.set(consumer, sighting);
      if (!isStalled || !isReportDue(consumer, sighting, nowMs)) continue;
      sighting.reportedMs = nowMs;
      stalled.push([consumer, hasProgress]);
    }
    this.#sightings = sightings;
    if (this.#shortestMs < Number.POSITIVE_INFINITY)
      this.#timer = this.#clock.setTimer(() => this.#check(), this.#shortestMs / LIMITS.stallChecks);
    for (const [consumer, hasProgress] of stalled) this.#stalled(consumer, hasProgress);
  }

  /** How long a consumer, or one of its symbols, has made no progress, in milliseconds; 0 without a stall. */
  stalledMs(consumer: Consumer): number {
    const sighting = this.#sightings.get(consumer);
    if (sighting === undefined || (consumer.queued === 0 && !consumer.isIsolated)) return 0;
    const nowMs = this.#clock.monotonic();
    const stillSinceMs = isUnmoved(consumer, sighting) ? sighting.sinceMs : nowMs;
    const stalledMs = nowMs - Math.min(stillSinceMs, consumer.check(nowMs));
    return stalledMs >= consumer.stalledAfterMs ? stalledMs : 0;
  }

  /** How many consumers are stalled. */
  get count(): number {
    let count = 0;
    for (const consumer of this.#sightings.keys()) if (this.stalledMs(consumer) > 0) count++;
    return count;
  }
}

/** Calls of other symbols go on in an isolated consumer; it recovers by itself when what is stuck moves. */
function isUnmoved({ progress, isIsolated }: Consumer, known: Sighting): boolean {
  return known.progress === progress || isIsolated;
}

/** Whether a stall is to be reported: records wait, and it was not reported for as long. */
function isReportDue(consumer: Consumer, { hasProgress, reportedMs }: Sighting, nowMs: number): boolean {
  const { queued, stalledAfterMs, isIsolated, isFull } = consumer;
  if (queued === 0 && !isIsolated) return false; // a long call that holds up nothing
  if (isFull && !hasProgress) return true; // it has filled since the last report, and holds up all others
  return nowMs - reportedMs >= Math.max(stalledAfterMs, LIMITS.slowEventIntervalMs);
}
