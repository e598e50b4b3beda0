import { type AnyRecord, Bar, Quote, Trade } from "@tickerplant/client";
import type { Feed, FeedSink } from "tickerplant";
import type { SimulatedClock } from "./clock.ts";
import type { Dice } from "./dice.ts";

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
}

/** What a handler got, in terms of {@link Published}. */
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
  readonly #clock: SimulatedClock;
  readonly #dice: Dice;
  #sink: FeedSink | undefined;

  constructor(clock: SimulatedClock, dice: Dice) {
    this.#clock = clock;
    this.#dice = dice;
  }

  run(sink: FeedSink, signal: AbortSignal): Promise<void> {
    this.#sink = sink;
    return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  }

  /** Publishes a few records of any channels and symbols in one go; `tell` hears of each before it leaves. */
  publish(count: number, tell: (record: Published) => void): void {
    for (let left = count; left > 0; left--) {
      this.publishOne(this.#dice.pick(MARKET_CHANNELS), this.#dice.pick(SYMBOLS), tell);
    }
  }

  /** Publishes one record. */
  publishOne(channel: MarketChannel, symbol: string, tell: (record: Published) => void): void {
    const number = this.published.length;
    const timeMs = this.#clock.epochMs - (channel === "bars" ? BAR_LENGTH_MS : 0);
    const keys = [`${channel} ${symbol}`, `${channel} *`] as const;
    const published = { number, channel, symbol, keys, timeMs };
    this.published.push(published);
    tell(published);
    this.#sink?.publish(recordOf(published));
  }
}

function recordOf({ number, channel, symbol, timeMs }: Published): AnyRecord {
  const seconds = Math.floor(timeMs / 1000);
  const nanos = (timeMs % 1000) * 1e6 + (number % 1e6); // no two have the same time
  switch (channel) {
    case "trades":
      return new Trade(symbol, seconds, nanos, number, "V", 101.25, 100, ["@"], "C");
    case "quotes":
      return new Quote(symbol, seconds, nanos, "V", 101.24, number, "Q", 101.26, 200, ["R"], "C");
    case "bars":
      return new Bar("bars", symbol, seconds, nanos, 1, 2, 0.5, 1.5, number, 12, 1.25);
  }
}
