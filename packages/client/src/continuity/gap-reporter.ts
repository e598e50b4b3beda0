import * as LIMITS from "../limits.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import type { LedgerEntry } from "../subscriptions/ledger-entry.ts";
import type { StreamSchema } from "../wire/index.ts";
import type { MarketClock } from "./market-clock.ts";
import { endGaps, type GapEvent, type OpenGap } from "./open-gap.ts";

/**
 * Reports gaps when they end. Where the market's time is this machine's, that is at once; elsewhere
 * the next record tells it.
 */
export class GapReporter {
  readonly #schema: StreamSchema;
  readonly #market: MarketClock;
  readonly #clock: Clock;
  readonly #emit: (gap: GapEvent) => void;
  #open: OpenGap[] = [];
  /** The latest market time when the newest of the open gaps was added. */
  #latestMs = 0;
  #timer: Timer;

  constructor(schema: StreamSchema, market: MarketClock, clock: Clock, emit: (gap: GapEvent) => void) {
    this.#schema = schema;
    this.#market = market;
    this.#clock = clock;
    this.#emit = emit;
  }

  /** Symbols are active again after a loss. */
  restored(entries: readonly LedgerEntry[]): void {
    const gaps = endGaps(this.#schema, entries, (atMs) => this.#market.timeAt(atMs));
    if (gaps.length === 0) return;
    if (this.#market.isOurs) return this.#report(gaps, this.#market.nowMs);
    this.#latestMs = this.#market.latestMs;
    this.#open.push(...gaps);
    // Where the market goes faster than the clock, only the next record tells how far it has come.
    if (this.#market.isSteady) this.#timer ??= this.#clock.setTimer(() => this.flush(), LIMITS.gapEndTimeoutMs);
  }

  /** A frame that came at `atMs` of the monotonic clock was decoded. */
  decoded(atMs: number): void {
    this.#market.sample(atMs);
    if (this.#open.length === 0) return;
    const { heardMs } = this.#market;
    if (heardMs > this.#latestMs) return this.#reportOpen(heardMs);
    // A later time that is not certain may be an outlier: the next records show it, unless they are rare.
    if (this.#market.latestMs > this.#latestMs)
      this.#timer ??= this.#clock.setTimer(() => this.flush(), LIMITS.gapEndTimeoutMs);
  }

  /** Reports what is open, with the best estimate of its end. To be called at a connection's end, too. */
  flush(): void {
    if (this.#open.length === 0) return;
    const { latestMs, nowMs } = this.#market;
    this.#reportOpen(latestMs > this.#latestMs ? latestMs : nowMs);
  }

  #reportOpen(toMs: number): void {
    this.#clock.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#report(this.#open.splice(0), toMs);
  }

  #report(gaps: readonly OpenGap[], toMs: number): void {
    for (const gap of gaps) this.#emit({ ...gap, to: new Date(Math.max(Math.ceil(toMs), gap.from.getTime())) });
  }
}
