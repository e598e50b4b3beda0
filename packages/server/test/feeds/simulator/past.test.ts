import type { AnyRecord, MarketRecord } from "@tickerplant/client";
import type { VirtualClock } from "@tickerplant/client/testing";
import { describe, expect, test } from "vitest";
import { createGateway } from "../../../src/create-gateway.ts";
import { previousTradingDay } from "../../../src/feeds/simulator/previous-day.ts";
import { type SimulatorOptions, simulator } from "../../../src/feeds/simulator/simulator.ts";
import { ofChannel, START, startingAt } from "../support/collect.ts";

const PAST_S = 1800;
const OPTIONS: SimulatorOptions = { symbols: ["AAPL", "F"], rate: 20, pastS: PAST_S };

/** Returns what a feed publishes within `run` itself, before its first timer. */
function publishedAtOnce(options: SimulatorOptions, clock: VirtualClock = startingAt(START)): AnyRecord[] {
  const records: AnyRecord[] = [];
  const abort = new AbortController();
  const publish = (record: MarketRecord): void => void records.push(record as AnyRecord); // a simulator of stocks
  void simulator({ ...options, clock }).run({ publish, room: () => undefined }, abort.signal);
  abort.abort();
  return records;
}

const seconds = (text: string): number => Date.parse(text) / 1000;

describe("a simulated past", () => {
  test("the past is published when the feed runs, and ends at its start", () => {
    const quotes = ofChannel(publishedAtOnce(OPTIONS), "quotes");
    const startS = START.getTime() / 1000;
    expect(quotes[0]?.seconds).toBeLessThan(startS - PAST_S + 5);
    expect(quotes.at(-1)?.seconds).toBeGreaterThan(startS - 5);
    for (const quote of quotes) expect(quote.seconds + quote.nanos / 1e9).toBeLessThan(startS);
  });

  test("without a past nothing is published before the first timer", () => {
    expect(publishedAtOnce({ ...OPTIONS, pastS: 0 })).toEqual([]);
  });

  test("the same seed and start give the same past", () => {
    const lines = (): string[] => publishedAtOnce(OPTIONS).map((record) => JSON.stringify(record));
    expect(lines()).toEqual(lines());
  });

  test("the past of a busy market has a limited number of quotes and trades", () => {
    const records = publishedAtOnce({ symbols: 5, rate: 10_000, pastS: 60 });
    const ticks = records.filter(({ channel }) => channel === "quotes" || channel === "trades");
    expect(ticks.length).toBeGreaterThan(190_000);
    expect(ticks.length).toBeLessThan(210_000);
  });

  test("the past has no halts, and closes of most of its minutes differ", () => {
    const records = publishedAtOnce(OPTIONS);
    expect(ofChannel(records, "statuses")).toEqual([]);
    const closes = ofChannel(records, "bars").flatMap(({ symbol, close }) => (symbol === "AAPL" ? [close] : []));
    expect(closes.length).toBeGreaterThan(25);
    expect(new Set(closes.map((close) => close.toFixed(2))).size).toBeGreaterThan(closes.length / 2);
    for (const [index, close] of closes.slice(1).entries())
      expect(Math.abs(close / (closes[index] ?? 0) - 1)).toBeLessThan(0.01);
  });

  test.each([
    ["a Friday", "2025-11-14T14:29:50Z", "2025-11-13T05:00:00Z"],
    ["a Sunday", "2025-11-16T15:00:00Z", "2025-11-14T05:00:00Z"],
    ["the day after Thanksgiving", "2025-11-28T15:00:00Z", "2025-11-26T05:00:00Z"],
    ["00:10 in New York", "2025-11-14T05:10:00Z", "2025-11-13T05:00:00Z"],
    ["a Monday of a year without a calendar", "1999-11-15T15:00:00Z", "1999-11-12T05:00:00Z"],
  ])("before %s the previous trading day is found", (_, now, day) => {
    expect(previousTradingDay(seconds(now))).toBe(seconds(day));
  });

  test("each stock begins with a daily bar of the previous trading day, with a close near its price", () => {
    const records = publishedAtOnce(OPTIONS);
    const days = ofChannel(records.slice(0, 2), "dailyBars");
    expect(days.map(({ symbol }) => symbol)).toEqual(["AAPL", "F"]);
    for (const { symbol, seconds: day, high, low, close } of days) {
      expect(day).toBe(seconds("2025-11-13T05:00:00Z"));
      expect(low).toBeLessThanOrEqual(close);
      expect(high).toBeGreaterThanOrEqual(close);
      const price = ofChannel(records, "quotes").find((quote) => quote.symbol === symbol)?.bidPrice ?? 0;
      expect(Math.abs(close / price - 1)).toBeLessThan(0.025);
    }
  });

  test.each([-1, 604_801])("a past of %d seconds is rejected", (pastS) => {
    expect(() => simulator({ pastS })).toThrow(
      new RangeError(`simulator: pastS must be from 0 to 604800 (seconds), got ${pastS}`),
    );
  });

  test("a past is rejected without a clock, where the first client would get it", () => {
    expect(() => simulator({ pastS: 1, speed: "max" })).toThrow(RangeError);
  });
});

test("an endpoint of a simulation reports its seed and speed", () => {
  const gateway = createGateway({ feeds: { iex: simulator({ seed: 7, speed: 10 }) } });
  expect(gateway.endpoints).toMatchObject([{ feed: "iex", source: "simulated", sourceDetail: "seed 7, speed 10" }]);
});
