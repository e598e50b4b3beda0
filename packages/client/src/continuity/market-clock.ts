import type { TimeReading } from "../delivery/channel-times.ts";
import type { Intake } from "../delivery/intake.ts";
import * as LIMITS from "../limits.ts";
import type { Clock } from "../platform/clock.ts";
import type { StreamSchema } from "../wire/index.ts";

import { heardMs } from "./open-gap.ts";

/** The newest market time that a record showed, and its channel; no channel before any record. */
interface Reading {
  readonly heardMs: number;
  readonly atMs: number;
  readonly channel: string | undefined;
}

/** The reading with the least delay among the first ones of a window, and how many those are so far. */
interface PaceStart {
  readonly reading: Reading;
  readonly count: number;
}

const NOTHING: Reading = { heardMs: Number.NEGATIVE_INFINITY, atMs: 0, channel: undefined };

/** Between two readings: often enough to meet records that came without delay. */
const SAMPLE_MS = 50;
/** How long a record that came without delay is remembered, at least: clocks drift. */
const WINDOW_MS = 60_000;
/** The pace is measured from one of so many readings, because a single one may be of a late trade. */
const START_READINGS = 3;
/** Shortest time over which the market's pace is measured, and what is added for the error of measuring. */
const MIN_PACE_MS = 1_000;
const PACE_MARGIN = 1.5;

/**
 * Determines the market's time from its records. It need not be this machine's: a replay, a fast simulator
 * and a delayed feed have times of their own, and the machine's clock may be wrong.
 */
export class MarketClock {
  readonly #schema: StreamSchema;
  readonly #intake: Intake;
  readonly #clock: Clock;
  /** Where the pace is measured from, in the window before and in this one: what came at the start may be delayed. */
  #pastStart: PaceStart | undefined;
  #start: PaceStart | undefined;
  #sampledMs = Number.NEGATIVE_INFINITY;
  /** The newest market time at the last sample. */
  #heardMs = Number.NEGATIVE_INFINITY;
  /** Market time less monotonic time, of the records with the least delay: in this window and the one before. */
  #offsetMs = Number.NEGATIVE_INFINITY;
  #pastOffsetMs = Number.NEGATIVE_INFINITY;
  #windowEndMs = Number.NEGATIVE_INFINITY;

  constructor(schema: StreamSchema, intake: Intake, clock: Clock) {
    this.#schema = schema;
    this.#intake = intake;
    this.#clock = clock;
  }

  /** The newest market time that records show, in milliseconds since the epoch; minus infinity before any. */
  get heardMs(): number {
    return this.#newest().heardMs;
  }

  /** The same with times that are not certain yet, because the market seems to have jumped. */
  get latestMs(): number {
    return this.#latest().heardMs;
  }

  /** Whether records have come for long enough to measure how fast the market's time passes. */
  get isPaceKnown(): boolean {
    return this.#first !== undefined && this.#latest().atMs - this.#first.atMs >= MIN_PACE_MS;
  }

  /** A frame that came at `atMs` of the monotonic clock was decoded. */
  sample(atMs: number): void {
    if (atMs < this.#sampledMs + SAMPLE_MS) return;
    const newest = this.#newest();
    if (newest.channel === undefined) return;
    this.#sampledMs = atMs;
    if (newest.heardMs < this.#heardMs) this.#beginAgain();
    if (atMs >= this.#windowEndMs) {
      this.#windowEndMs = atMs + WINDOW_MS;
      this.#pastStart = this.#start ?? this.#pastStart;
      this.#start = undefined;
      this.#pastOffsetMs = this.#offsetMs;
      this.#offsetMs = Number.NEGATIVE_INFINITY;
    }
    if (newest.heardMs !== this.#heardMs) this.#chooseStart(newest, newest.channel);
    this.#heardMs = newest.heardMs;
    this.#offsetMs = Math.max(this.#offsetMs, offsetOf(newest));
  }

  /** A record that comes long after its time, such as a late trade, would make the market seem fast, measured from it. */
  #chooseStart(newest: Reading, channel: string): void {
    const { reading, count } = this.#start ?? { reading: newest, count: 0 };
    if (count === START_READINGS || !this.#schema.traits[channel]?.isPrompt) return;
    this.#start = { reading: offsetOf(newest) > offsetOf(reading) ? newest : reading, count: count + 1 };
  }

  /** The reading from which the pace is measured. */
  get #first(): Reading | undefined {
    return (this.#pastStart ?? this.#start)?.reading;
  }

  /** The market's time went back, as at the start of a replay: what was measured is of another market. */
  #beginAgain(): void {
    this.#pastStart = undefined;
    this.#start = undefined;
    this.#offsetMs = Number.NEGATIVE_INFINITY;
    this.#pastOffsetMs = Number.NEGATIVE_INFINITY;
  }

  /**
   * Whether this machine's clock agrees with the market's, as far as records show: not behind it, and
   * not far ahead.
   */
  get isOurs(): boolean {
    const newest = this.#newest();
    if (newest.channel === undefined) return true;
    const leadMs = this.#steadyMs(newest) - this.#clock.now();
    return leadMs <= LIMITS.maxTimeLeadMs && leadMs >= -LIMITS.maxClockOffsetMs && !this.#isFast(newest);
  }

  /**
   * The market's time now, rather too late than too early, and not before any time that records
   * showed: this machine's clock where that is the market's, otherwise as much later than the records
   * as time has passed since, at the pace measured so far.
   */
  get nowMs(): number {
    const newest = this.#newest();
    if (newest.channel === undefined) return this.#clock.now();
    const steadyMs = this.#steadyMs(newest);
    if (this.isOurs) return Math.max(this.#clock.now(), steadyMs);
    return Math.max(steadyMs, newest.heardMs + (this.#clock.monotonic() - newest.atMs) * this.#pace());
  }

  /**
   * The market's time now, rather too early than too late; undefined where it is not known to pass as fast as the
   * clock, so that only a record shows it.
   */
  get reachedMs(): number | undefined {
    if (!this.isPaceKnown || this.#isFast(this.#latest())) return undefined;
    const { heardMs, atMs } = this.#newest();
    return heardMs + this.#clock.monotonic() - atMs;
  }

  /**
   * The market's time at an earlier monotonic time, rather too early than too late; by this machine's
   * clock before any record.
   */
  timeAt(atMs: number): number {
    const newest = this.#newest();
    if (newest.channel === undefined) return this.#clock.now() - (this.#clock.monotonic() - atMs);
    return newest.heardMs - Math.max(0, newest.atMs - atMs) * this.#pace();
  }

  /** The market's time now, if it passes as fast as this machine's. */
  #steadyMs(newest: Reading): number {
    const offsetMs = Math.max(offsetOf(newest), this.#offsetMs, this.#pastOffsetMs);
    return this.#clock.monotonic() + offsetMs;
  }

  /** Whether more market time has passed since the first reading than time. */
  #isFast({ heardMs, atMs }: Reading): boolean {
    const first = this.#first;
    return first !== undefined && heardMs - first.heardMs > atMs - first.atMs + LIMITS.maxTimeLeadMs;
  }

  /** How many times as fast as the clock the market's time passes; at least 1. */
  #pace(): number {
    const first = this.#first;
    const latest = this.#latest();
    if (first === undefined || !this.#isFast(latest)) return 1;
    const measuredMs = Math.max(latest.atMs - first.atMs, MIN_PACE_MS);
    return Math.max(1, ((latest.heardMs - first.heardMs) / measuredMs) * PACE_MARGIN);
  }

  #newest(): Reading {
    const newest = newestOf(this.#schema, (channel) => this.#intake.newest(channel));
    return newest.channel === undefined ? this.#newestDay() : newest;
  }

  /** The newest time of records that carry no time of day: it counts if its day is not this machine's. */
  #newestDay(): Reading {
    const { channels, traits } = this.#schema;
    for (const channel of channels) {
      if (traits[channel]?.sentAfterMs !== undefined) continue;
      const { timeMs, atMs } = this.#intake.newest(channel);
      const isAnotherDay = Math.abs(this.#clock.now() - timeMs) > LIMITS.maxTimeLagMs;
      if (Number.isFinite(timeMs) && isAnotherDay) return { heardMs: timeMs, atMs, channel };
    }
    return NOTHING;
  }

  #latest(): Reading {
    const latest = newestOf(this.#schema, (channel) => this.#intake.latest(channel));
    return latest.channel === undefined ? this.#newest() : latest;
  }
}

/** Market time less monotonic time. */
function offsetOf({ heardMs, atMs }: Reading): number {
  return heardMs - atMs;
}

function newestOf(schema: StreamSchema, readingOf: (channel: string) => TimeReading): Reading {
  let newest = NOTHING;
  for (const channel of schema.channels) {
    const { timeMs, atMs } = readingOf(channel);
    const heard = heardMs(schema, channel, timeMs);
    if (heard > newest.heardMs) newest = { heardMs: heard, atMs, channel };
  }
  return newest;
}
