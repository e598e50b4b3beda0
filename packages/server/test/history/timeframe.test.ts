import { Bar, systemClock } from "@tickerplant/client";
import { describe, expect, test } from "vitest";
import { CRYPTO } from "../../src/history/crypto.ts";
import { FeedHistory, HistoryPools } from "../../src/history/feed-history.ts";
import { STOCKS } from "../../src/history/stocks.ts";
import { intervalOf, parseTimeframe } from "../../src/history/timeframe.ts";
import { TimeframeBars } from "../../src/history/timeframe-bars.ts";

const seconds = (text: string): number => Date.parse(text) / 1000;
const time = (value: number): string => new Date(value * 1000).toISOString();

describe("a timeframe", () => {
  test.each([
    ["1Min", 1, "Min"],
    ["59T", 59, "Min"],
    ["23Hour", 23, "Hour"],
    ["4H", 4, "Hour"],
    ["1D", 1, "Day"],
    ["1Week", 1, "Week"],
    ["12M", 12, "Month"],
  ])("the timeframe %s is read", (text, count, unit) => {
    expect(parseTimeframe(text)).toEqual({ count, unit });
  });

  test.each([null, "", "Min", "0Min", "60Min", "24Hour", "2Day", "2W", "5Month", "1min", "1Minute", "1.5Hour"])(
    "the timeframe %s is rejected",
    (text) => {
      expect(() => parseTimeframe(text)).toThrow(`invalid timeframe: ${text ?? ""}`);
    },
  );

  test.each([
    ["5Min", "2025-11-14T14:33:00Z", "2025-11-14T14:30:00.000Z", "2025-11-14T14:35:00.000Z"],
    ["7Min", "2025-11-14T05:13:00Z", "2025-11-14T05:07:00.000Z", "2025-11-14T05:14:00.000Z"],
    ["1Hour", "2025-11-14T14:59:00Z", "2025-11-14T14:00:00.000Z", "2025-11-14T15:00:00.000Z"],
    ["23Hour", "2025-11-15T04:30:00Z", "2025-11-15T04:00:00.000Z", "2025-11-15T05:00:00.000Z"],
    ["1Day", "2025-11-14T14:33:00Z", "2025-11-14T05:00:00.000Z", "2025-11-15T05:00:00.000Z"],
    ["1Day", "2025-11-02T12:00:00Z", "2025-11-02T04:00:00.000Z", "2025-11-03T05:00:00.000Z"],
    ["1Week", "2025-11-14T14:33:00Z", "2025-11-10T05:00:00.000Z", "2025-11-17T05:00:00.000Z"],
    ["1Week", "2025-11-02T12:00:00Z", "2025-10-27T04:00:00.000Z", "2025-11-03T05:00:00.000Z"],
    ["1Month", "2025-11-14T14:33:00Z", "2025-11-01T04:00:00.000Z", "2025-12-01T05:00:00.000Z"],
    ["3Month", "2025-11-14T14:33:00Z", "2025-10-01T04:00:00.000Z", "2026-01-01T05:00:00.000Z"],
    ["12Month", "2025-11-14T14:33:00Z", "2025-01-01T05:00:00.000Z", "2026-01-01T05:00:00.000Z"],
  ])("a bar of %s with the time %s is from %s to %s", (text, at, start, end) => {
    const interval = intervalOf(seconds(at), parseTimeframe(text), STOCKS.dayOf);
    expect([time(interval.start), time(interval.end)]).toEqual([start, end]);
  });
});

test("days of crypto are those of UTC", () => {
  const at = seconds("2025-11-02T03:00:00Z");
  const starts = ["1Day", "1Week", "1Month"].map((text) => intervalOf(at, parseTimeframe(text), CRYPTO.dayOf).start);
  expect(starts.map(time)).toEqual([
    "2025-11-02T00:00:00.000Z",
    "2025-10-27T00:00:00.000Z",
    "2025-11-01T00:00:00.000Z",
  ]);
});

function minute(at: string, values: readonly [number, number, number, number, number, number, number]): Bar {
  return new Bar("bars", "A", seconds(at), 0, ...values);
}

function barsOf(records: readonly Bar[], timeframe: string): unknown[] {
  const history = new FeedHistory(STOCKS, new HistoryPools(1e9), 1e9, false, systemClock);
  for (const record of records) history.record(record);
  const source = new TimeframeBars(history, parseTimeframe(timeframe));
  return Array.from({ length: source.length("A") }, (_, index) => {
    const { seconds, open, high, low, close, volume, tradeCount, vwap } = source.read("A", index);
    return [time(seconds), open, high, low, close, volume, tradeCount, vwap];
  });
}

const MINUTES = [
  minute("2025-11-14T14:30:00Z", [10, 12, 9, 11, 100, 5, 10.5]),
  minute("2025-11-14T14:31:00Z", [11, 15, 11, 14, 300, 7, 12.5]),
  minute("2025-11-14T14:36:00Z", [14, 14, 8, 9, 50, 2, 9]),
  minute("2025-11-17T14:30:00Z", [20, 21, 19, 20.5, 10, 1, 20]),
];

describe("bars of a timeframe", () => {
  test("bars of 5Min have the open of the first minute, the close of the last, sums, and the average price by volume", () => {
    expect(barsOf(MINUTES, "5Min")).toEqual([
      ["2025-11-14T14:30:00.000Z", 10, 15, 9, 14, 400, 12, 12],
      ["2025-11-14T14:35:00.000Z", 14, 14, 8, 9, 50, 2, 9],
      ["2025-11-17T14:30:00.000Z", 20, 21, 19, 20.5, 10, 1, 20],
    ]);
  });

  test("a bar of a day is made of minutes, unless the feed has sent its daily bar", () => {
    const daily = new Bar("dailyBars", "A", seconds("2025-11-14T05:00:00Z"), 0, 1, 30, 1, 2, 9000, 99, 3);
    expect(barsOf([...MINUTES, daily], "1Day")).toEqual([
      ["2025-11-14T05:00:00.000Z", 1, 30, 1, 2, 9000, 99, 3],
      ["2025-11-17T05:00:00.000Z", 20, 21, 19, 20.5, 10, 1, 20],
    ]);
  });

  test("bars of weeks and months are made of days", () => {
    expect(barsOf(MINUTES, "1Week").map((bar) => (bar as unknown[])[0])).toEqual([
      "2025-11-10T05:00:00.000Z",
      "2025-11-17T05:00:00.000Z",
    ]);
    expect(barsOf(MINUTES, "1Month")).toEqual([["2025-11-01T04:00:00.000Z", 10, 21, 8, 20.5, 460, 15, 11.847826]]);
  });
});
