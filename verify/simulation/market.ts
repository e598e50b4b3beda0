import type { AnyRecord, Bar, Quote, Trade } from "@tickerplant/client";
import type { Feed, FeedSink } from "tickerplant";
import type { Random } from "../shared/random.ts";
import { bar, quote, recordTime, trade } from "../shared/records.ts";
import type { FaultInjector } from "./fault-injector.ts";
import type { WorldClock } from "./world-clock.ts";

/** The channels that the market publishes. */
export const MARKET_CHANNELS = ["trades", "quotes", "bars"] as const;

/** A channel that the market publishes. */
export type MarketChannel = (typeof MARKET_CHANNELS)[number];

/** True if a `channel symbol` belongs to a channel that the market publishes. */
export function isMarketKey(key: string): boolean {
  return MARKET_CHANNELS.some((channel) => key.startsWith(`${channel} `));
}

/** The symbols of the market. */
export const SYMBOLS: readonly string[] = ["A", "B", "C", "D", "E", "F", "G", "H"];

/** How long before its publication the time of a bar is: a minute bar has the time of its start. */
const BAR_LENGTH_MS = 60_000;

/** A published record. */
export interface Published {
  /** The index among all records of the market. */
  readonly number: number;
  readonly channel: MarketChannel;
  readonly symbol: string;
  /** The subscriptions that bring it, as `channel symbol`. */
  readonly keys: readonly [named: string, wildcard: string];
  /** The time of the record, in milliseconds since the Unix epoch. */
  readonly timeMs: number;
  /** What is added to it, in nanoseconds. */
  readonly nanos: number;
  /** The time of a record that is neither an outlier nor late. */
  readonly rightTimeMs: number;
  /** The market's time at its publication. */
  readonly publishedMs: number;
  /** Virtual time at the record's own time. */
  readonly occurredMs: number;
  /** Virtual time at its publication. */
  readonly atMs: number;
  /** Whether its time is wrong. */
  readonly isOutlier: boolean;
  /** Whether it may come after newer ones of its symbol: reported late, or withheld from the stream. */
  isLate: boolean;
}

/** How the market's time relates to the clients' clock. */
interface Pace {
  /** How far the market's time is ahead of the clients' at the start, in milliseconds. */
  readonly offsetMs: number;
  readonly speed: number;
}

const YEAR_MS = 365 * 86_400_000;

const CORRECT_TIME: Pace = { offsetMs: 0, speed: 1 };

/** The correct time (twice as likely), a clock that is wrong by seconds, a replay, a fast simulator, a fast replay. */
const PACES: readonly Pace[] = [
  CORRECT_TIME,
  CORRECT_TIME,
  { offsetMs: 5000, speed: 1 },
  { offsetMs: -5000, speed: 1 },
  { offsetMs: -YEAR_MS, speed: 1 },
  { offsetMs: 0, speed: 20 },
  { offsetMs: -YEAR_MS, speed: 1800 },
];

/** Times of outliers: Go's zero time, the Unix epoch, and a date far ahead. */
const OUTLIERS_MS: readonly number[] = [Date.parse("0001-01-01T00:00:00Z"), 0, Date.UTC(2099, 0, 1)];

/** Returns the number, channel and symbol of a record that a handler received. */
export function numberOf(record: unknown): { number: number; channel: string; symbol: string } {
  const { id, bidSize, volume, channel, symbol } = record as Partial<Trade & Quote & Omit<Bar, "channel">> & AnyRecord; // one of the three
  if (channel !== undefined) return { number: Number(id ?? bidSize ?? volume), channel, symbol };
  const { T, S, i, bs, v } = record as { T: string; S: string; i?: number; bs?: number; v?: number }; // a raw record
  return { number: Number(i ?? bs ?? v), channel: { t: "trades", q: "quotes", b: "bars" }[T] ?? T, symbol: S };
}

/** Whether relays report their gaps or fill them. In a market whose gaps are filled, the time is correct. */
export type Relayed = "reported" | "filled";

/** How late a trade may be reported, in milliseconds of the market's time: exchanges have ten seconds. */
const MAX_LATE_MS = 12_000;

/** A feed of numbered records, which are published on request. */
export class Market implements Feed {
  readonly paced = true;
  /** All published records; the number is the index. */
  readonly published: Published[] = [];
  readonly #clock: WorldClock;
  readonly #random: Random;
  readonly #faults: FaultInjector;
  readonly #pace: Pace;
  readonly #isRelayed: boolean;
  readonly #startMs: number;
  /** Set in worlds with late trades. */
  readonly #lateness: Random | undefined;
  /** Whether records of one burst have the same time. */
  readonly #isCoarse: boolean;
  /** By channel, the symbols without a record of a correct time since the last outlier. */
  readonly #lackCorrect = new Map<MarketChannel, Set<string>>();
  #sink: FeedSink | undefined;

  /** With `lateness` some trades are late, and times may be equal. `relayed`: whether a relay is between it and the clients. */
  constructor(clock: WorldClock, random: Random, faults: FaultInjector, lateness?: Random, relayed?: Relayed) {
    this.#isRelayed = relayed !== undefined;
    this.#clock = clock;
    this.#random = random;
    this.#faults = faults;
    this.#pace = relayed === "filled" ? CORRECT_TIME : random.pick(PACES);
    this.#startMs = clock.now();
    this.#lateness = lateness;
    this.#isCoarse = lateness?.chance(0.5) ?? false;
  }

  /** The market's time, in milliseconds since the Unix epoch. */
  get nowMs(): number {
    return this.timeAt(this.#clock.now() - this.#startMs);
  }

  /** The market's time so long after the start, in milliseconds since the Unix epoch. */
  timeAt(sinceStartMs: number): number {
    const { offsetMs, speed } = this.#pace;
    return this.#startMs + offsetMs + sinceStartMs * speed;
  }

  /** How many times as fast as the clients' clock its time passes. */
  get speed(): number {
    return this.#pace.speed;
  }

  /** Whether the network may delay records by more than moments. */
  get isDelayed(): boolean {
    return this.#faults.has("network stalled") || this.#faults.has("narrow network");
  }

  /**
   * How long after the end of a gap records may be missing. A network that delays every record looks
   * like a market clock that is behind, and hides one that is ahead; so do late trades. Where only records show
   * the market's time, a late one may show it.
   */
  get hiddenMs(): number {
    const { offsetMs, speed } = this.#pace;
    if (this.#lateness !== undefined && (speed > 1 || offsetMs > 0 || offsetMs === -YEAR_MS))
      return Math.max(0, offsetMs) + MAX_LATE_MS;
    return speed === 1 && (this.isDelayed || this.#isRelayed) ? Math.max(0, offsetMs) : 0;
  }

  /** Whether the server's answers may come late, or not at all. */
  get hasLateAnswers(): boolean {
    return (["late answer", "lost answer", "unsolicited error"] as const).some((kind) => this.#faults.has(kind));
  }

  run(sink: FeedSink, signal: AbortSignal): Promise<void> {
    this.#sink = sink;
    return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  }

  /** Publishes `count` records of random channels and symbols at once; calls `before` with each before it is sent. */
  publish(count: number, before: (record: Published) => void): void {
    for (let left = count; left > 0; left--) {
      this.publishOne(this.#random.pick(MARKET_CHANNELS), this.#random.pick(SYMBOLS), before);
    }
  }

  /** Publishes one record; calls `before` with it before it is sent. */
  publishOne(channel: MarketChannel, symbol: string, before: (record: Published) => void): void {
    const number = this.published.length;
    const publishedMs = this.nowMs;
    const rightTimeMs = publishedMs - (channel === "bars" ? BAR_LENGTH_MS : 0);
    const isOutlier = this.#isOutlier(channel, symbol);
    const lateMs = channel === "trades" && !isOutlier && this.#lateness?.chance(0.1) ? this.#lateMs() : 0;
    const timeMs = isOutlier ? this.#random.pick(OUTLIERS_MS) : rightTimeMs - lateMs;
    const keys = [`${channel} ${symbol}`, `${channel} *`] as const;
    const nanos = this.#isCoarse && channel !== "bars" ? 0 : number % 1e6;
    const isLate = lateMs > 0 || isOutlier;
    const atMs = this.#clock.monotonic();
    const published: Published = {
      number,
      channel,
      symbol,
      keys,
      timeMs,
      nanos,
      rightTimeMs,
      publishedMs,
      occurredMs: atMs - lateMs / this.#pace.speed,
      atMs,
      isOutlier,
      isLate,
    };
    this.published.push(published);
    before(published);
    this.#sink?.publish(recordOf(published));
  }

  #lateMs(): number {
    return this.#lateness?.between(1, MAX_LATE_MS) ?? 0;
  }

  /** Between two outliers each symbol has a correct time: no client receives two outliers in a row, whatever its symbols. */
  #isOutlier(channel: MarketChannel, symbol: string): boolean {
    const lackCorrect = this.#lackCorrect.get(channel) ?? new Set(SYMBOLS);
    this.#lackCorrect.set(channel, lackCorrect);
    if (lackCorrect.size === 0 && this.#faults.occurs("outlying time")) {
      this.#lackCorrect.delete(channel);
      return true;
    }
    lackCorrect.delete(symbol);
    return false;
  }
}

/** A record as the market publishes it, and as history has it. */
export function recordOf({ number, channel, symbol, timeMs, nanos: added }: Published): AnyRecord {
  const { seconds, nanos } = recordTime(timeMs);
  const at = { seconds, nanos: nanos + added };
  switch (channel) {
    case "trades":
      return trade(symbol, number, at);
    case "quotes":
      return quote(symbol, number, at);
    case "bars":
      return bar(symbol, "bars", number, at);
  }
}
