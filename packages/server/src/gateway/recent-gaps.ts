import type { Clock } from "@tickerplant/client";
import type { FeedGap } from "../feeds/feed.ts";
import { GATEWAY_LIMITS } from "./limits.ts";

/** A gap, as clients distinguish it from others. */
export interface NumberedGap extends FeedGap {
  /** Greater than that of every gap before, also of an earlier run of the gateway. */
  readonly id: number;
}

/** The gaps that a feed has reported lately: clients that were not connected then get them when they are back. */
export class RecentGaps {
  readonly #clock: Clock;
  readonly #gaps: { readonly gap: NumberedGap; readonly atMs: number }[] = [];
  #symbolCount = 0;
  #newestId = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Adds a gap, and returns it with its id, which begins with the time so that a restart does not repeat one. */
  add(gap: FeedGap): NumberedGap {
    this.#newestId = Math.max(this.#newestId + 1, Math.floor(this.#clock.now()));
    const numbered = { ...gap, id: this.#newestId };
    this.#gaps.push({ gap: numbered, atMs: this.#clock.monotonic() });
    this.#symbolCount += gap.symbols.length;
    while (this.#symbolCount > GATEWAY_LIMITS.maxRecentGapSymbols) this.#removeFirst();
    return numbered;
  }

  /** The gaps of the last hour, oldest first. */
  list(): readonly NumberedGap[] {
    const sinceMs = this.#clock.monotonic() - GATEWAY_LIMITS.recentGapMs;
    while ((this.#gaps[0]?.atMs ?? sinceMs) < sinceMs) this.#removeFirst();
    return this.#gaps.map(({ gap }) => gap);
  }

  #removeFirst(): void {
    this.#symbolCount -= this.#gaps.shift()?.gap.symbols.length ?? 0;
  }
}
