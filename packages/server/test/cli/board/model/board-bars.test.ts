import { expect, test } from "vitest";
import { MinuteBars } from "../../../../src/cli/board/model/board-bars.ts";
import { Trend } from "../../../../src/cli/board/model/trend.ts";
import { bar, OPEN_SECONDS, trade } from "../support/scenes.ts";

const ALL = 15;

test("the minute that runs is built from trades, until the server's bar replaces it", () => {
  const minutes = new MinuteBars();
  for (const [price, second] of [
    [10, 1],
    [12, 20],
    [9, 40],
    [11, 59],
  ] as const)
    minutes.pushTrade(trade("AAPL", price, 100, 1, OPEN_SECONDS + second), ALL);
  expect(minutes.bars(1)).toEqual([{ seconds: OPEN_SECONDS, open: 10, high: 12, low: 9, close: 11, volume: 400 }]);
  minutes.pushBar(bar("AAPL", 0, [10, 13, 9, 11]));
  expect(minutes.bars(1)).toMatchObject([{ seconds: OPEN_SECONDS, high: 13, volume: 1_000 }]);
});

test("a trade of a minute that has its bar begins no second one", () => {
  const minutes = new MinuteBars();
  minutes.pushBar(bar("AAPL", 0, [10, 13, 9, 11]));
  minutes.pushTrade(trade("AAPL", 50, 100, 1, OPEN_SECONDS + 59), ALL);
  expect(minutes.bars(1)).toHaveLength(1);
});

test("a bar is revised, and one of the past stands at its place", () => {
  const minutes = new MinuteBars();
  for (const minute of [0, 2, 1]) minutes.pushBar(bar("AAPL", minute, [10, 13, 9, minute]));
  minutes.pushBar(bar("AAPL", 1, [10, 13, 9, 7]));
  expect(minutes.bars(1).map(({ close }) => close)).toEqual([0, 7, 2]);
});

test("bars of five minutes and of a day join those of a minute", () => {
  const minutes = new MinuteBars();
  for (let minute = 0; minute < 10; minute++)
    minutes.pushBar(bar("AAPL", minute, [minute, minute + 2, minute - 1, minute + 1]));
  expect(minutes.bars(5)).toEqual([
    { seconds: OPEN_SECONDS, open: 0, high: 6, low: -1, close: 5, volume: 5_000 },
    { seconds: OPEN_SECONDS + 300, open: 5, high: 11, low: 4, close: 10, volume: 5_000 },
  ]);
  expect(minutes.bars(1440)).toMatchObject([{ open: 0, high: 11, low: -1, close: 10, volume: 10_000 }]);
});

test("a trend has at most twenty prices, the last of each step", () => {
  const trend = new Trend();
  for (let second = 0; second < 3_600; second++) trend.push(second, second);
  expect(trend.prices.length).toBeLessThanOrEqual(20);
  expect(trend.prices.length).toBeGreaterThanOrEqual(10);
  expect(trend.prices.at(-1)).toBe(3_599);
  expect([...trend.prices]).toEqual([...trend.prices].sort((one, other) => one - other));
});
