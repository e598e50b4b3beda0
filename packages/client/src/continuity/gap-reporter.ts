import * as LIMITS from "../limits.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import type { LedgerEntry } from "../subscriptions/ledger-entry.ts";
import type { StreamSchema } from "../wire/index.ts";
import type { MarketClock } from "./market-clock.ts";
import { type EndedGap, endGaps, type GapEvent, type OpenGap } from "./open-gap.ts";

/** What a gap reporter reports. */
export interface GapReporterEvents {
  /** Gaps have ended: live records of their symbols follow. */
  ended(gaps: readonly EndedGap[]): void;
  /** The time range of a gap is known. Called once for each that has ended. */
  gap(gap: GapEvent): void;
}

/**
 * Reports gaps when their end is known. If the market's time is this machine's, that is at once; otherwise
 * with the next record.
 */
export class GapReporter {
  readonly #schema: StreamSchema;
  readonly #market: MarketClock;
  readonly #clock: Clock;
  readonly #events: GapReporterEvents;
  #open: OpenGap[] = [];
  /** The latest market time when the newest of the open gaps was added. */
  #latestMs = 0;
  /** The market's time at their end by the clock; undefined where it does not show that. */
  #reachedMs: number | undefined;
  /** The market's time at their end; undefined while no record has shown it. */
  #endMs: number | undefined;
  #timer: Timer;

  constructor(schema: StreamSchema, market: MarketClock, clock: Clock, events: GapReporterEvents) {
    this.#schema = schema;
    this.#market = market;
    this.#clock = clock;
    this.#events = events;
  }

  /** Symbols are active again after a loss. */
  restored(entries: readonly LedgerEntry[]): void {
    const gaps = endGaps(entries);
    if (gaps.length === 0) return;
    this.#events.ended(gaps);
    if (this.#market.isOurs) return this.#report(gaps, this.#market.nowMs);
    this.#latestMs = this.#market.latestMs;
    this.#endMs = undefined;
    this.#open.push(...gaps);
    // In a market that is faster than the clock, only the next record shows the time.
    this.#reachedMs = this.#market.reachedMs;
    if (this.#reachedMs !== undefined) this.#timer ??= this.#clock.setTimer(() => this.flush(), LIMITS.gapEndTimeoutMs);
  }

  /** A frame that came at `atMs` of the monotonic clock was decoded. */
  decoded(atMs: number): void {
    this.#market.sample(atMs);
    if (this.#open.length === 0) return;
    const { heardMs, latestMs, isPaceKnown } = this.#market;
    if (heardMs > this.#latestMs) this.#endMs ??= heardMs;
    // The begin of a gap from before the first record is estimated by the pace of the records since.
    const canReport = isPaceKnown || this.#open.every(({ loss }) => loss.heard.marketMs !== Number.NEGATIVE_INFINITY);
    if (this.#endMs !== undefined && canReport) return this.#reportOpen(this.#endMs);
    // A later time that is not certain may be an outlier: the next records show it, unless they are rare.
    if (latestMs > this.#latestMs) this.#timer ??= this.#clock.setTimer(() => this.flush(), LIMITS.gapEndTimeoutMs);
  }

  /** Reports what is open, with the best estimate of its end. To be called at a connection's end, too. */
  flush(): void {
    if (this.#open.length === 0) return;
    const { latestMs, nowMs } = this.#market;
    this.#reportOpen(this.#endMs ?? (latestMs > this.#latestMs ? latestMs : nowMs));
  }

  /** The gaps of symbols that are given up before they are active again: the stream was stopped, or they were unsubscribed. */
  givenUp(entries: readonly LedgerEntry[]): GapEvent[] {
    return endGaps(entries).map((gap) => this.#eventOf(gap, this.#market.nowMs));
  }

  /**
   * Reports what is open. The record that shows the end may be a trade that was reported late: the market's time
   * was later, and all records up to then are missing.
   */
  #reportOpen(toMs: number): void {
    this.#clock.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#report(this.#open.splice(0), Math.max(toMs, this.#reachedMs ?? toMs + LIMITS.lateReportMs));
  }

  #report(gaps: readonly OpenGap[], toMs: number): void {
    for (const gap of gaps) this.#events.gap(this.#eventOf(gap, toMs));
  }

  #eventOf(gap: OpenGap, toMs: number): GapEvent {
    const { channel, symbols, loss } = gap;
    const fromMs = this.#beginMs(gap);
    const to = new Date(Math.max(Math.ceil(toMs), fromMs));
    return { channel, symbols, from: new Date(fromMs), to, cause: loss.cause };
  }

  /**
   * When a gap began, in the market's time. After a loss before the first record that is estimated, and only
   * now: the records since then show how fast the market's time passes.
   */
  #beginMs({ channel, loss }: OpenGap): number {
    const { marketMs, sinceMs } = loss.heard;
    const lostMs = marketMs === Number.NEGATIVE_INFINITY ? this.#market.timeAt(sinceMs) : marketMs;
    return Math.floor(lostMs - (this.#schema.traits[channel]?.spanMs ?? 0));
  }
}
