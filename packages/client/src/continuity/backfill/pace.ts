import type { Consumer } from "../../delivery/consumer.ts";
import type { RecordTarget } from "../../delivery/record-gate.ts";
import { Overflow } from "../../delivery/record-queue.ts";
import * as LIMITS from "../../limits.ts";
import type { Clock } from "../../platform/clock.ts";
import { wait } from "./page-reader.ts";

/** Between two looks at a queue: one turn of the event loop, in which handlers and iterators make progress. */
const TURN_MS = 1;

/** How long delivery has waited for a subscription, and its progress when that began. */
interface Waited {
  readonly progress: number;
  ms: number;
}

/**
 * Paces records that history or the hold has many of: subscriptions that keep up with live records would drop
 * them, or end the stream, if all came at once.
 *
 * Delivery waits for a subscription with the policy `block` for as long as it is full, and reading waits as well.
 * It waits for the other policies only while they keep up, because they promise to delay nothing else; after that
 * the policy applies.
 */
export class Pace {
  readonly #target: RecordTarget;
  readonly #clock: Clock;
  readonly #isPressing: () => boolean;
  readonly #waited = new Map<Consumer, Waited>();
  #unblocked: { promise: Promise<void>; resolve: () => void } | undefined;

  /** With `isPressing`, so much is held that reading will stop: then delivery waits for `block` alone. */
  constructor(target: RecordTarget, clock: Clock, isPressing: () => boolean) {
    this.#target = target;
    this.#clock = clock;
    this.#isPressing = isPressing;
  }

  /** Undefined if there is room for a record; otherwise a promise of room, which a stop resolves as well. */
  room(signal: AbortSignal): Promise<void> | undefined {
    const next = this.#next(signal);
    return next && this.#untilRoom(next, signal);
  }

  /** A subscription with the policy `block` has room again, perhaps. */
  pressureChanged(): void {
    if (this.#unblocked !== undefined && !this.#isBlocked) this.unblock();
  }

  /** Ends the wait for subscriptions with the policy `block`. */
  unblock(): void {
    this.#unblocked?.resolve();
    this.#unblocked = undefined;
  }

  /** Forgets which subscriptions did not keep up: another gap begins. */
  reset(): void {
    this.#waited.clear();
  }

  async #untilRoom(first: Promise<void>, signal: AbortSignal): Promise<void> {
    for (let next: Promise<void> | undefined = first; next !== undefined; next = this.#next(signal)) await next;
  }

  #next(signal: AbortSignal): Promise<void> | undefined {
    if (signal.aborted) return undefined;
    if (this.#isBlocked) return this.#untilUnblocked();
    const behind = [...this.#target.consumers].filter((consumer) => this.#isBehind(consumer));
    return behind.length === 0 ? undefined : this.#turn(behind, signal);
  }

  get #isBlocked(): boolean {
    for (const { isFull } of this.#target.consumers) if (isFull) return true;
    return false;
  }

  #untilUnblocked(): Promise<void> {
    if (this.#unblocked === undefined) {
      let resolve = (): void => {};
      const promise = new Promise<void>((resolved) => {
        resolve = resolved;
      });
      this.#unblocked = { promise, resolve };
    }
    return this.#unblocked.promise;
  }

  /** Whether a subscription has half a queue of records, and is worth waiting for. */
  #isBehind(consumer: Consumer): boolean {
    const { overflow, isHalfFull, progress } = consumer;
    if (!isHalfFull || overflow === Overflow.BLOCK || this.#isPressing()) return false;
    const waited = this.#waited.get(consumer);
    if (waited === undefined) return true;
    return waited.ms < LIMITS.paceGraceMs + (progress - waited.progress) * LIMITS.paceMsPerRecord;
  }

  async #turn(consumers: readonly Consumer[], signal: AbortSignal): Promise<void> {
    const startMs = this.#clock.monotonic();
    const waits = consumers.map((consumer) => this.#waitedFor(consumer));
    await wait(this.#clock, TURN_MS, signal);
    for (const waited of waits) waited.ms += this.#clock.monotonic() - startMs;
  }

  #waitedFor(consumer: Consumer): Waited {
    const waited = this.#waited.get(consumer) ?? { progress: consumer.progress, ms: 0 };
    this.#waited.set(consumer, waited);
    return waited;
  }
}
