import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { Bar, Imbalance, Trade } from "../../src/stocks/records.ts";

const trade = new Trade("KO", 1_748_872_800, 900, 9_007_199_254_740_993n, "N", 68.25, 10, ["@"], "A");

describe("records", () => {
  test("[V13] a record has its time as a Date, truncated to milliseconds, and in nanoseconds", () => {
    const record = new Imbalance("KO", 1_748_872_800, 123_999_999, 68.25, "A");
    expect(record.timestamp).toEqual(new Date("2025-06-02T14:00:00.123Z"));
    expect(record.timestampNs).toBe(1_748_872_800_123_999_999n);
  });

  test("[R17] a record before 1970 has its time as a Date and in nanoseconds", () => {
    const record = new Imbalance("KO", -2, 750_000_000, 68.25, "A");
    expect(record.timestamp).toEqual(new Date("1969-12-31T23:59:58.750Z"));
    expect(record.timestampNs).toBe(-1_250_000_000n);
  });

  test("a record returns a new Date on every read", () => {
    expect(trade.timestamp).not.toBe(trade.timestamp);
    trade.timestamp.setTime(0);
    expect(trade.timestamp.getTime()).toBe(1_748_872_800_000);
  });

  test("[V13] the JSON of a record has nine decimals of its time, and ids beyond 2^53 as strings", () => {
    expect(JSON.parse(JSON.stringify(trade))).toEqual({
      channel: "trades",
      symbol: "KO",
      timestamp: "2025-06-02T14:00:00.000000900Z",
      id: "9007199254740993",
      exchange: "N",
      price: 68.25,
      size: 10,
      conditions: ["@"],
      tape: "A",
    });
  });

  test("the JSON of a record has the receive time in nanoseconds where there is one", () => {
    const received = new Trade("KO", 0, 0, 1, "N", 1, 1, [], "A", 5_000_000_000n);
    expect(JSON.parse(JSON.stringify(received))).toMatchObject({ id: 1, receivedNs: "5000000000" });
  });

  test("the JSON of a bar has its channel, and no field that the server did not send", () => {
    const bar = new Bar("dailyBars", "KO", 0, 0, 1, 2, 0.5, 1.5, 100);
    expect(JSON.parse(JSON.stringify(bar))).toEqual({
      symbol: "KO",
      timestamp: "1970-01-01T00:00:00.000000000Z",
      channel: "dailyBars",
      open: 1,
      high: 2,
      low: 0.5,
      close: 1.5,
      volume: 100,
    });
  });

  test("console.log shows the class and the fields of a record", () => {
    const shown = inspect(trade);
    expect(shown).toMatch(/^Trade \{\s+channel: 'trades',/);
    expect(shown).toContain("timestamp: '2025-06-02T14:00:00.000000900Z'");
    expect(shown).toContain("id: 9007199254740993n");
    expect(shown).not.toContain("nanos");
    expect(shown).not.toContain("receivedNs");
  });
});
