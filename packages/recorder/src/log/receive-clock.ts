import type { Clock } from "@tickerplant/client";
import * as LIMITS from "../limits.ts";

/**
 * Receive times in nanoseconds: the wall clock when the log was opened, continued by the monotonic clock, so that a
 * clock that is set does not change the order of what was received.
 */
export class ReceiveClock {
  readonly #clock: Clock;
  #wallMs: number;
  #monotonicMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#wallMs = clock.now();
    this.#monotonicMs = clock.monotonic();
  }

  /** The time now, in milliseconds. */
  nowMs(): number {
    return this.#wallMs + (this.#clock.monotonic() - this.#monotonicMs);
  }

  /** The time now, in nanoseconds. */
  nowNs(): bigint {
    const ms = this.nowMs();
    const wholeMs = Math.floor(ms);
    return BigInt(wholeMs) * 1_000_000n + BigInt(Math.floor((ms - wholeMs) * 1e6));
  }

  /** Follows a wall clock that was set. Returns both times if it was, in milliseconds. */
  follow(): { readonly fromMs: number; readonly toMs: number } | undefined {
    const fromMs = this.nowMs();
    const toMs = this.#clock.now();
    if (Math.abs(toMs - fromMs) <= LIMITS.clockJumpMs) return undefined;
    this.#wallMs = toMs;
    this.#monotonicMs = this.#clock.monotonic();
    return { fromMs, toMs };
  }
}
