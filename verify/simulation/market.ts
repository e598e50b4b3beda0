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

/** The symbols of the market. */
export const SYMBOLS: readonly string[] = ["A", "B", "C", "D", "E", "F", "G", "H"];

/** How far a bar's time lies before its publication: a minute bar carries its left edge. */
const BAR_LENGTH_MS = 60_000;

/** One record as it was published. */
export interface Published {
  /** Counts all records of the market: later is larger. */
  readonly number: number;
  readonly channel: MarketChannel;
  readonly symbol: string;
  /** The subscriptions that bring it, as `channel symbol`. */
  readonly keys: readonly [named: string, wildcard: string];
  /** The record's own time, in milliseconds since the epoch. */
  readonly timeMs: number;
  /** What its own time would be if it were right: another than `timeMs` for an outlier. */
  readonly rightTimeMs: number;
}

/** How the market's time goes, by the clock of the clients. */
interface Pace {
  /** The market's time when the world began, in milliseconds after that of the clients. */
  readonly offsetMs: number;
  readonly speed: number;
}

const YEAR_MS = 365 * 86_400_000;

/** The same time, a clock that is wrong by seconds, a replay, a fast simulator and a fast replay. */
const PACES: readonly Pace[] = [
  { offsetMs: 0, speed: 1 },
  { offsetMs: 0, speed: 1 },
  { offsetMs: 5000, speed: 1 },
  { offsetMs: -5000, speed: 1 },
  { offsetMs: -YEAR_MS, speed: 1 },
  { offsetMs: 0, speed: 20 },
  { offsetMs: -YEAR_MS, speed: 1800 },
];

/** Times that no record has: Go's zero time, Unix's, and a date far ahead. */
const OUTLIERS_MS: readonly number[] = [Date.parse("0001-01-01T00:00:00Z"), 0, Date.UTC(2099, 0, 1)];

/** What a handler got, in terms of {@connection Published}. */
export function numberOf(record: unknown): { number: number; channel: string; symbol: string } {
  const { id, bidSize, volume, channel, symbol } = record as Partial<Trade & Quote & Omit<Bar, "channel">> & AnyRecord; // whichever it is
  if (channel !== undefined) return { number: Number(id ?? bidSize ?? volume), channel, symbol };
  const { T, S, i, bs, v } = record as { T: string; S: string; i?: number; bs?: number; v?: number }; // a raw record
  return { number: Number(i ?? bs ?? v), channel: { t: "trades", q: "quotes", b: "bars" }[T] ?? T, symbol: S };
}

/** A feed of numbered records, published when it is told to. */
export class Market implements Feed {
  readonly paced = true;
  /** Everything that was published; the number is the index. */
  readonly published: Published[] = [];
  readonly #clock: WorldClock;
  readonly #random: Random;
  readonly #faults: FaultInjector;
  readonly #pace: Pace;
  readonly #startMs: number;
  /** By channel, the symbols that had no record with a right time since the last outlier. */
  readonly #owesRight = new Map<MarketChannel, Set<string>>();
  #sink: FeedSink | undefined;

  constructor(clock: WorldClock, random: Random, faults: FaultInjector) {
    this.#clock = clock;
    this.#random = random;
    this.#faults = faults;
    this.#pace = random.pick(PACES);
    this.#startMs = clock.now();
  }

  /** The market's time, in milliseconds since the epoch. */
  get nowMs(): number {
    const { offsetMs, speed } = this.#pace;
    return this.#startMs + offsetMs + (this.#clock.now() - this.#startMs) * speed;
  }

  /**
   * How much later than its end a gap may have lost records. A network that delays every record looks
   * like a clock that is ahead, and hides one that is behind.
   */
  get hiddenMs(): number {
    const { offsetMs, speed } = this.#pace;
    const isDelayed = this.#faults.has("network stalled") || this.#faults.has("narrow network");
    return speed === 1 && isDelayed ? Math.max(0, offsetMs) : 0;
  }

  run(sink: FeedSink, signal: AbortSignal): Promise<void> {
    this.#sink = sink;
    return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  }

  /** Publishes a few records of any channels and symbols in one go; `tell` hears of each before it leaves. */
  publish(count: number, tell: (record: Published) => void): void {
    for (let left = count; left > 0; left--) {
      this.publishOne(this.#random.pick(MARKET_CHANNELS), this.#random.pick(SYMBOLS), tell);
    }
  }

  /** Publishes one record. */
  publishOne(channel: MarketChannel, symbol: string, tell: (record: Published) => void): void {
    const number = this.published.length;
    const rightTimeMs = this.nowMs - (channel === "bars" ? BAR_LENGTH_MS : 0);
    const timeMs = this.#isOutlier(channel, symbol) ? this.#random.pick(OUTLIERS_MS) : rightTimeMs;
    const keys = [`${channel} ${symbol}`, `${channel} *`] as const;
    const published = { number, channel, symbol, keys, timeMs, rightTimeMs };
    this.published.push(published);
    tell(published);
    this.#sink?.publish(recordOf(published));
  }

  /** Between two outliers each symbol has a right time: whatever a client takes, it sees no two in a row. */
  #isOutlier(channel: MarketChannel, symbol: string): boolean {
    const owesRight = this.#owesRight.get(channel) ?? new Set(SYMBOLS);
    this.#owesRight.set(channel, owesRight);
    if (owesRight.size === 0 && this.#faults.occurs("outlying time")) {
      this.#owesRight.delete(channel);
      return true;
    }
    owesRight.delete(symbol);
    return false;
  }
}

function recordOf({ number, channel, symbol, timeMs }: Published): AnyRecord {
  const { seconds, nanos } = recordTime(timeMs);
  const at = { seconds, nanos: nanos + (number % 1e6) }; // no two have the same time
  switch (channel) {
    case "trades":
      return trade(symbol, number, at);
    case "quotes":
      return quote(symbol, number, at);
    case "bars":
      return bar(symbol, "bars", number, at);
  }
}
