import * as LIMITS from "../limits.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import type { Consumer } from "./consumer.ts";

const NEVER_MS = Number.NEGATIVE_INFINITY;

/** A consumer with records or calls, at the last check. */
interface Observation {
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
  #observations = new Map<Consumer, Observation>();
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

  /** Starts watching. */
  start(): void {
    this.#isWatching = true;
    this.#check();
  }

  /** A consumer was added. */
  added({ stalledAfterMs }: Consumer): void {
    if (this.#isWatching && stalledAfterMs < this.#shortestMs) this.#check();
  }

  /** Stops watching, and clears its timer. */
  stop(): void {
    this.#isWatching = false;
    this.#clock.clearTimer(this.#timer);
    this.#observations.clear();
  }

  #check(): void {
    this.#clock.clearTimer(this.#timer);
    const nowMs = this.#clock.monotonic();
    const observations = new Map<Consumer, Observation>();
    this.#shortestMs = Number.POSITIVE_INFINITY;
    const stalled: [consumer: Consumer, hasProgress: boolean][] = [];
    for (const consumer of this.#consumers()) {
      this.#shortestMs = Math.min(this.#shortestMs, consumer.stalledAfterMs);
      const stuckSinceMs = consumer.check(nowMs);
      if (consumer.queued === 0 && consumer.isIdle && !consumer.isIsolated) continue;
      const known = this.#observations.get(consumer);
      const isSame = known !== undefined && isUnmoved(consumer, known);
      const { progress, stalledAfterMs } = consumer;
      const sinceMs = isSame ? known.sinceMs : nowMs;
      const hasProgress = nowMs - sinceMs < stalledAfterMs;
      const isStalled = !hasProgress || nowMs - stuckSinceMs >= stalledAfterMs;
      const isKnown = isStalled && known !== undefined && (hasProgress || !known.hasProgress);
      const observation = { progress, sinceMs, hasProgress, reportedMs: isKnown ? known.reportedMs : NEVER_MS };
      observations.set(consumer, observation);
      if (!isStalled || !isReportDue(consumer, observation, nowMs)) continue;
      observation.reportedMs = nowMs;
      stalled.push([consumer, hasProgress]);
    }
    this.#observations = observations;
    if (this.#shortestMs < Number.POSITIVE_INFINITY)
      this.#timer = this.#clock.setTimer(() => this.#check(), this.#shortestMs / LIMITS.stallChecks);
    for (const [consumer, hasProgress] of stalled) this.#stalled(consumer, hasProgress);
  }

  /** How long a consumer, or one of its symbols, has made no progress, in milliseconds; 0 without a stall. */
  stalledMs(consumer: Consumer): number {
    const observation = this.#observations.get(consumer);
    if (observation === undefined || (consumer.queued === 0 && !consumer.isIsolated)) return 0;
    const nowMs = this.#clock.monotonic();
    const stillSinceMs = isUnmoved(consumer, observation) ? observation.sinceMs : nowMs;
    const stalledMs = nowMs - Math.min(stillSinceMs, consumer.check(nowMs));
    return stalledMs >= consumer.stalledAfterMs ? stalledMs : 0;
  }

  /** How many consumers are stalled. */
  get count(): number {
    let count = 0;
    for (const consumer of this.#observations.keys()) if (this.stalledMs(consumer) > 0) count++;
    return count;
  }
}

/** Calls of other symbols go on in an isolated consumer; it recovers by itself when what is stuck moves. */
function isUnmoved({ progress, isIsolated }: Consumer, known: Observation): boolean {
  return known.progress === progress || isIsolated;
}

/** Whether to report a stall: records wait, and the last report is long enough ago. */
function isReportDue(consumer: Consumer, { hasProgress, reportedMs }: Observation, nowMs: number): boolean {
  const { queued, stalledAfterMs, isIsolated, isFull } = consumer;
  if (queued === 0 && !isIsolated) return false; // no record waits for the long call
  if (isFull && !hasProgress) return true; // it has filled since the last report, and holds up all others
  return nowMs - reportedMs >= Math.max(stalledAfterMs, LIMITS.slowEventIntervalMs);
}
