import { Bar, Trade } from "@tickerplant/client";
import { describe, expect, test } from "vitest";
import { BarBuilder } from "../../src/bars/bar-builder.ts";

/** 2025-11-14T14:30:00Z, a Friday. */
const OPEN = 1_763_130_600;
const DAY = 86_400;

function trade(seconds: number, price = 10): Trade {
  return new Trade("ABC", seconds, 0, 1, "N", price, 100, ["@"], "A");
}

/** Adds trades as the documentation of BarBuilder shows, and returns the bars of a channel. */
function build(builder: BarBuilder, seconds: readonly number[], channel = "bars"): Bar[] {
  const bars: Bar[] = [];
  for (const at of seconds) {
    bars.push(...builder.advanceTo(at));
    builder.add(trade(at));
  }
  return bars.filter((bar) => bar.channel === channel);
}

const minutes = (from: number, count: number): number[] => Array.from({ length: count }, (_, at) => from + at * 60);

describe("a wrong time among the trades of a bar builder", () => {
  test.each([
    ["of 2099", 4_070_908_800],
    ["of year 1", -62_135_596_800],
    ["of 1970", 0],
    ["a day ahead", OPEN + DAY],
  ])("a trade %s is in no bar, counts as an outlier, and the bars continue", (_, wrong) => {
    const builder = new BarBuilder();
    const times = [...minutes(OPEN, 5), wrong, ...minutes(OPEN + 300, 5)];
    const bars = build(builder, times);
    expect(bars.map(({ seconds }) => seconds)).toEqual(minutes(OPEN, 9));
    expect(builder.outliers).toBe(1);
    expect(build(builder, minutes(OPEN + 600, 2), "dailyBars").length).toBeGreaterThan(0);
  });

  test.each([
    ["of 2099", 4_070_908_800],
    ["of year 1", -62_135_596_800],
  ])("a first trade %s does not stop the bars", (_, wrong) => {
    const builder = new BarBuilder();
    const bars = build(builder, [wrong, ...minutes(OPEN, 6)]);
    expect(bars.map(({ seconds }) => seconds).filter((seconds) => seconds >= OPEN && seconds < OPEN + DAY)).toEqual(
      minutes(OPEN, 5),
    );
  });

  test.each([
    ["of 2099", 4_070_908_800],
    ["of 1970", 0],
    ["five hours ahead", OPEN + 5 * 3600],
  ])("two trades in a row %s are in no bar", (_, wrong) => {
    const builder = new BarBuilder();
    const bars = build(builder, [...minutes(OPEN, 5), wrong, wrong, ...minutes(OPEN + 300, 5)]);
    expect(bars.map(({ seconds, volume }) => [seconds, volume])).toEqual(minutes(OPEN, 9).map((at) => [at, 100]));
    expect(builder.outliers).toBe(2);
  });

  test("a step less than an hour ahead is undone, and no bar is lost", () => {
    const builder = new BarBuilder();
    const bars = build(builder, [...minutes(OPEN, 5), OPEN + 50 * 60, ...minutes(OPEN + 300, 9)]);
    expect(bars.map(({ seconds, volume }) => [seconds, volume])).toEqual(minutes(OPEN, 13).map((at) => [at, 100]));
    expect(builder.outliers).toBe(1);
  });

  test("a step less than an hour ahead is undone in longer bars, too", () => {
    const builder = new BarBuilder({ minutes: 5 });
    const bars = build(builder, [...minutes(OPEN, 7), OPEN + 50 * 60, ...minutes(OPEN + 420, 9)]);
    expect(bars.map(({ seconds }) => seconds)).toEqual([OPEN, OPEN + 300, OPEN + 600]);
    expect(bars.map(({ volume }) => volume)).toEqual([500, 200, 500]); // an updated bar follows with the other 300
  });

  test.each([
    ["five hours ahead", OPEN + 5 * 3600],
    ["a day and more ahead", OPEN + 47 * 3600],
  ])("a first trade %s is undone", (_, wrong) => {
    const builder = new BarBuilder();
    expect(build(builder, [wrong, ...minutes(OPEN, 6)]).map(({ seconds }) => seconds)).toEqual(minutes(OPEN, 5));
    expect(build(builder, minutes(OPEN + 360, 2), "dailyBars").length).toBeGreaterThan(0);
  });

  test("a minute bar with a wrong time is in no longer bar", () => {
    const builder = new BarBuilder({ minutes: 5 });
    const bars: Bar[] = [];
    for (const at of [...minutes(OPEN, 5), 4_070_908_800, ...minutes(OPEN + 300, 6)]) {
      bars.push(...builder.advanceTo(at));
      builder.add(new Bar("bars", "ABC", at, 0, 1, 2, 1, 2, 100, 1, 1.5));
    }
    expect(bars.map(({ seconds, volume }) => [seconds, volume])).toEqual([
      [OPEN, 500],
      [OPEN + 300, 500],
    ]);
    expect(builder.outliers).toBe(1);
  });
});

test("a weekend between two trades is not an outlier, and the first trade after it is in its bar", () => {
  const builder = new BarBuilder();
  const nextDay = OPEN + 3 * DAY; // over the weekend
  const bars = build(builder, [...minutes(OPEN, 2), ...minutes(nextDay, 3)]);
  expect(bars.map(({ seconds }) => seconds)).toEqual([...minutes(OPEN, 2), ...minutes(nextDay, 2)]);
  expect(bars.map(({ volume }) => volume)).toEqual([100, 100, 100, 100]);
  expect(builder.outliers).toBe(0);
});

test("trades with hours between them are not outliers", () => {
  const builder = new BarBuilder();
  const bars = build(
    builder,
    [0, 2, 4, 6, 8].map((hour) => OPEN + hour * 3600),
  );
  expect(bars.map(({ seconds, volume }) => [seconds, volume])).toEqual([
    [OPEN, 100],
    [OPEN + 2 * 3600, 100],
  ]);
  expect(builder.outliers).toBe(0);
});

test("a pause of half an hour and a late trade after it are not outliers", () => {
  const builder = new BarBuilder();
  const pause = OPEN + 1800;
  const bars = build(builder, [OPEN, OPEN + 20, pause, OPEN + 40, ...minutes(pause + 60, 3)]);
  expect(bars.map(({ seconds, volume }) => [seconds, volume])).toEqual([
    [OPEN, 200],
    [pause, 100],
    [pause + 60, 100],
    [pause + 120, 100],
  ]);
  expect(builder.outliers).toBe(0);
});

test("a replay that starts again a week earlier gets its bars again", () => {
  const builder = new BarBuilder();
  const bars = build(builder, [...minutes(OPEN, 3), ...minutes(OPEN - 7 * DAY, 4)]);
  expect(bars.map(({ seconds }) => seconds)).toEqual([...minutes(OPEN, 2), ...minutes(OPEN - 7 * DAY, 3)]);
});
