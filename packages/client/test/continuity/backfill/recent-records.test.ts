import { describe, expect, test } from "vitest";
import { RecentRecords } from "../../../src/continuity/backfill/recent-records.ts";

const YEAR_S = 365 * 86_400;

/** Remembers 16 seconds. */
function recentRecords(): RecentRecords {
  return new RecentRecords(16_000);
}

/** Adds a record of each second. */
function addSeconds(recent: RecentRecords, fromS: number, toS: number, symbol = "AAPL"): void {
  for (let seconds = fromS; seconds <= toS; seconds++) recent.add(symbol, 0, seconds, 5, seconds);
}

describe("recent records", () => {
  test("are remembered for their window", () => {
    const recent = recentRecords();
    addSeconds(recent, 1_000, 1_100);
    const times =
      recent
        .bySymbol()
        .get("AAPL")
        ?.records.map(({ seconds }) => seconds) ?? [];
    expect(times.at(-1)).toBe(1_100);
    expect(times[0]).toBeLessThanOrEqual(1_084);
    expect(times[0]).toBeGreaterThan(1_080);
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

  test.each([
    ["ahead", 100 * YEAR_S],
    ["behind", -100 * YEAR_S],
  ])("survive one time that is a century %s", (_title, offsetS) => {
    const recent = recentRecords();
    addSeconds(recent, 1_000, 1_003);
    recent.add("AAPL", 0, 1_004 + offsetS, 0, 0);
    addSeconds(recent, 1_005, 1_010);
    const times = recent
      .bySymbol()
      .get("AAPL")
      ?.records.map(({ seconds }) => seconds);
    expect(times).toEqual(expect.arrayContaining([1_000, 1_001, 1_002, 1_003, 1_005, 1_010]));
  });

  test("do not pile up behind a wrong time", () => {
    const recent = recentRecords();
    addSeconds(recent, 1_000, 1_003);
    recent.add("AAPL", 0, 1_004 + 100 * YEAR_S, 0, 0);
    addSeconds(recent, 1_005, 2_000);
    expect(recent.size).toBeLessThan(25);
  });

  test("of a market that jumps are remembered until its new times are confirmed", () => {
    const recent = recentRecords();
    addSeconds(recent, 1_000, 1_005);
    for (const seconds of [5_000, 9_000]) recent.add("AAPL", 0, seconds, 0, 0);
    const times = recent
      .bySymbol()
      .get("AAPL")
      ?.records.map(({ seconds }) => seconds);
    expect(times).toEqual(expect.arrayContaining([5_000, 9_000]));
  });
});
