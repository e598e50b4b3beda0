import { describe, expect, test } from "vitest";
import { RecentRecords } from "../../../src/continuity/backfill/recent-records.ts";
import * as LIMITS from "../../../src/limits.ts";
import { symbolNumberOf } from "../../../src/wire/interning.ts";

const YEAR_S = 365 * 86_400;
const HOUR_S = 3_600;
const RECORDS_A_SECOND = 500;
/** Longer than the window: records are forgotten a thousand at a time. */
const KEPT_S = 16 + 8;

/** Remembers 16 seconds. */
function recentRecords(): RecentRecords {
  return new RecentRecords(16_000);
}

/** Adds records of each second. */
function addSeconds(recent: RecentRecords, fromS: number, toS: number, symbol = "AAPL"): void {
  for (let seconds = fromS; seconds <= toS; seconds++)
    for (let nanos = 0; nanos < RECORDS_A_SECOND; nanos++) recent.add(symbol, 0, seconds, nanos, seconds);
}

/** The seconds of which records are remembered, each once. */
function rememberedSeconds(recent: RecentRecords, symbol = "AAPL"): readonly number[] {
  return [
    ...new Set(
      recent
        .bySymbol()
        .get(symbol)
        ?.records.map(({ seconds }) => seconds),
    ),
  ];
}

describe("recent records", () => {
  test("are remembered for their window", () => {
    const recent = recentRecords();
    addSeconds(recent, 1_000, 1_100);
    const times = rememberedSeconds(recent);
    expect(times.at(-1)).toBe(1_100);
    expect(times[0]).toBeLessThanOrEqual(1_084);
    expect(times[0]).toBeGreaterThan(1_100 - KEPT_S);
  });

  test("keep their time to the nanosecond, and their identity", () => {
    const recent = recentRecords();
    recent.add("AAPL", 0, 1_000, 123_456_789, -5);
    recent.add("AAPL", 0, 1_001, 0, 2 ** 53);
    expect(recent.bySymbol().get("AAPL")?.records).toEqual([
      { seconds: 1_000, nanos: 123_456_789, identity: -5 },
      { seconds: 1_001, nanos: 0, identity: 2 ** 53 },
    ]);
  });

  test("that are forgotten leave the newest time of their symbol, to the nanosecond", () => {
    const recent = recentRecords();
    recent.add("QUIET", 0, 1_000, 123_456_789, 1);
    addSeconds(recent, 1_001, 1_100);
    expect(recent.bySymbol().get("QUIET")).toEqual({
      records: [],
      forgotten: { seconds: 1_000, nanos: 123_456_789 },
    });
    expect(recent.symbols()).toEqual(expect.arrayContaining(["QUIET", "AAPL"]));
  });

  test("of a symbol with and without a number leave the newer of their times", () => {
    const recent = recentRecords();
    const number = symbolNumberOf("AAPL");
    recent.add("AAPL", number, 1_000, 7, 0);
    recent.add("AAPL", 0, 1_000, 9, 0);
    recent.add("AAPL", 0, 1_001, 0, 1);
    recent.add("AAPL", number, 1_001, 3, 1);
    recent.forgetAll();
    expect(recent.bySymbol().get("AAPL")?.forgotten).toEqual({ seconds: 1_001, nanos: 3 });
    recent.add("AAPL", 0, 1_001, 5, 1);
    recent.forgetAll();
    expect(recent.bySymbol().get("AAPL")?.forgotten).toEqual({ seconds: 1_001, nanos: 5 });
  });

  test("are all remembered while gaps are open", () => {
    const recent = recentRecords();
    recent.keepsAll = true;
    addSeconds(recent, 1_000, 1_100);
    expect(recent.size).toBe(101 * RECORDS_A_SECOND);
  });

  test.each([
    ["ahead", 100 * YEAR_S],
    ["behind", -100 * YEAR_S],
  ])("survive one time that is a century %s", (_title, offsetS) => {
    const recent = recentRecords();
    addSeconds(recent, 1_000, 1_003);
    recent.add("AAPL", 0, 1_004 + offsetS, 0, 0);
    addSeconds(recent, 1_005, 1_010);
    expect(rememberedSeconds(recent)).toEqual(expect.arrayContaining([1_000, 1_001, 1_002, 1_003, 1_005, 1_010]));
  });

  test("do not pile up behind a wrong time", () => {
    const recent = recentRecords();
    addSeconds(recent, 1_000, 1_003);
    recent.add("AAPL", 0, 1_004 + 100 * YEAR_S, 0, 0);
    addSeconds(recent, 1_005, 2_000);
    expect(recent.size).toBeLessThan(KEPT_S * RECORDS_A_SECOND);
    expect(recent.bySymbol().get("AAPL")?.forgotten.seconds).toBeLessThan(2_000);
  });

  test("with a clock that is an hour fast are remembered until the market is there", () => {
    const recent = recentRecords();
    addSeconds(recent, 1_000, 1_010);
    recent.add("FAST", 0, 1_011 + HOUR_S, 7, 3);
    addSeconds(recent, 1_011, 1_200);
    expect(recent.bySymbol().get("FAST")?.records).toEqual([{ seconds: 1_011 + HOUR_S, nanos: 7, identity: 3 }]);
    addSeconds(recent, 1_201, 1_011 + HOUR_S + KEPT_S);
    expect(recent.bySymbol().get("FAST")?.records).toEqual([]);
  });

  test("of a market that jumps are remembered until its new times are confirmed", () => {
    const recent = recentRecords();
    addSeconds(recent, 1_000, 1_050);
    for (const seconds of [5_000, 9_000]) recent.add("AAPL", 0, seconds, 0, 0);
    expect(rememberedSeconds(recent)).toEqual(expect.arrayContaining([1_050, 5_000, 9_000]));
  });

  test("do not stay in memory after a burst", () => {
    const recent = recentRecords();
    for (let count = 0; count < 100_000; count++) recent.add("AAPL", 0, 1_000, count, 0);
    expect(recent.size).toBe(100_000);
    addSeconds(recent, 1_001, 2_100);
    expect(recent.size).toBeLessThan(KEPT_S * RECORDS_A_SECOND);
  });

  test("are limited in number while the market's time stands still", () => {
    const recent = recentRecords();
    recent.keepsAll = true;
    for (let count = 0; count < LIMITS.maxRecent + 10_000; count++) recent.add("AAPL", 1, 1_000, count, 0);
    expect(recent.size).toBeGreaterThan(LIMITS.maxRecent - 2_000);
    expect(recent.size).toBeLessThan(LIMITS.maxRecent + 2_000);
  });
});
