import { type Bar, Trade } from "@tickerplant/client";
import { parseTimestamp } from "@tickerplant/client/wire";
import { describe, expect, test } from "vitest";
import { BarBuilder } from "../../src/bars/bar-builder.ts";
import { newYorkDay } from "../../src/bars/new-york-day.ts";

function at(text: string): number {
  const parts = parseTimestamp(text);
  if (parts === undefined) throw new Error(`${text} is not a time`);
  return parts.seconds;
}

const MINUTE = at("2025-11-14T14:30:00Z");

interface Sold {
  readonly at?: number;
  readonly nanos?: number;
  readonly price?: number;
  readonly size?: number;
  readonly conditions?: readonly string[];
  readonly tape?: string;
}

function trade({ at = MINUTE, nanos = 0, price = 10, size = 100, conditions = [" "], tape = "A" }: Sold): Trade {
  return new Trade("ABC", at, nanos, 1, "N", price, size, conditions, tape);
}

function barsOf(trades: readonly Trade[], until: number = MINUTE + 60): { minute?: Bar; daily?: Bar } {
  const builder = new BarBuilder();
  builder.advanceTo(MINUTE);
  for (const one of trades) builder.add(one);
  const bars = builder.advanceTo(until);
  const minute = bars.find(({ channel }) => channel === "bars");
  const daily = bars.find(({ channel }) => channel === "dailyBars");
  return { ...(minute && { minute }), ...(daily && { daily }) };
}

/** Returns what a trade of 20 shares at 30 dollars changes in a bar with one trade at 10 dollars. */
function effect(conditions: readonly string[], tape: string, bar: "minute" | "daily"): string {
  const plain = trade({ conditions: [], tape });
  const second = trade({ at: MINUTE + 1, price: 30, size: 20, conditions, tape });
  const changed = barsOf([plain, second])[bar];
  const isFirst = barsOf([second, trade({ at: MINUTE + 2, conditions: [], tape })])[bar]?.open === 30;
  const words = [
    changed?.close === 30 ? "close" : isFirst ? "close if first" : "",
    changed?.high === 30 ? "high" : "",
    changed?.volume === 120 ? "volume" : "",
  ];
  return words.filter((word) => word !== "").join(", ") || "nothing";
}

const ALL = "close, high, volume";
const IF_FIRST = "close if first, high, volume";

describe("Alpaca's table of sale conditions", () => {
  const rows: readonly [string, string, string, string][] = [
    ...[..." @FKLOX56"].flatMap((code): [string, string, string, string][] => [
      [code, "A", ALL, ALL],
      [code, "B", ALL, ALL],
      [code, "C", ALL, ALL],
    ]),
    ...[..."ABDY"].map((code): [string, string, string, string] => [code, "C", ALL, ALL]),
    ["E", "A", ALL, ALL],
    ["E", "B", ALL, ALL],
    ...[..."CHINRUV7"].flatMap((code): [string, string, string, string][] => [
      [code, "A", "volume", "volume"],
      [code, "C", "volume", "volume"],
    ]),
    ["B", "A", "volume", "volume"],
    ["B", "B", "volume", "volume"],
    ["W", "C", "volume", "volume"],
    ["W", "O", "volume", "volume"],
    ["M", "A", "nothing", "nothing"],
    ["Q", "C", "nothing", "nothing"],
    ["G", "C", "volume", IF_FIRST],
    ["P", "A", "volume", IF_FIRST],
    ["Z", "C", "volume", IF_FIRST],
    ["4", "B", "volume", IF_FIRST],
    ["T", "A", ALL, "volume"],
    ["T", "C", ALL, "volume"],
    ["9", "A", "nothing", "close, high"],
  ];

  test.each(rows)("condition '%s' on tape %s changes %s of a minute bar, %s of a daily bar", (code, tape, m, d) => {
    expect(effect([code], tape, "minute")).toBe(m);
    expect(effect([code], tape, "daily")).toBe(d);
  });

  test("a trade with several conditions changes only what all of them allow", () => {
    expect(effect(["@", "F", "I"], "C", "minute")).toBe("volume");
    expect(effect(["@", "T", "4"], "C", "minute")).toBe("volume");
    expect(effect(["@", "T", "4"], "C", "daily")).toBe("volume");
    expect(effect(["9", "I"], "A", "daily")).toBe("nothing");
  });

  test("a condition that the tape does not use restricts nothing", () => {
    expect(effect(["G"], "A", "minute")).toBe(ALL);
    expect(effect(["W"], "B", "minute")).toBe(ALL);
    expect(effect(["é"], "C", "minute")).toBe(ALL);
    expect(effect(["toString"], "C", "minute")).toBe(ALL);
  });
});

describe("a minute bar", () => {
  test("a minute bar has the first, highest, lowest and last price, the volume, the number of trades and the average price", () => {
    const sold = [
      { price: 10, size: 100 },
      { price: 12, size: 300 },
      { price: 9, size: 50 },
      { price: 11, size: 70 },
    ];
    const { minute } = barsOf(sold.map((one, index) => trade({ at: MINUTE + index, ...one })));
    expect(minute?.toJSON()).toEqual({
      symbol: "ABC",
      timestamp: "2025-11-14T14:30:00.000000000Z",
      channel: "bars",
      open: 10,
      high: 12,
      low: 9,
      close: 11,
      volume: 520,
      tradeCount: 4,
      vwap: 11.192308,
    });
  });

  test("a minute bar is not returned before its minute is over", () => {
    const builder = new BarBuilder();
    builder.add(trade({}));
    expect(builder.advanceTo(MINUTE + 59)).toEqual([]);
    expect(builder.advanceTo(MINUTE + 60)).toHaveLength(2);
    expect(builder.advanceTo(MINUTE + 600)).toEqual([]);
  });

  test("a minute with only odd lots has no bar", () => {
    expect(barsOf([trade({ size: 5, conditions: [" ", "I"] })])).toEqual({});
  });

  test("odd lots count towards the volume of a minute bar and not towards its average price", () => {
    const { minute } = barsOf([trade({}), trade({ price: 20, size: 5, conditions: [" ", "I"] })]);
    expect(minute).toMatchObject({ volume: 105, tradeCount: 2, vwap: 10, high: 10, close: 10 });
  });

  test("a trade at price 0 counts towards the volume of a bar and changes none of its prices", () => {
    const sold = [{ price: 0 }, { price: 10 }, { price: 9 }, { price: 0 }, { price: 11 }, { price: 0 }];
    const { minute, daily } = barsOf(sold.map((one, index) => trade({ at: MINUTE + index, ...one })));
    for (const bar of [minute, daily])
      expect(bar).toMatchObject({ open: 10, high: 11, low: 9, close: 11, volume: 600, tradeCount: 6, vwap: 10 });
  });

  test("the first opening print sets the open, whatever trades before it or opens after it", () => {
    const { minute, daily } = barsOf([
      trade({ at: MINUTE, price: 10 }),
      trade({ at: MINUTE + 1, price: 11, conditions: [" ", "O"] }),
      trade({ at: MINUTE + 2, price: 12, conditions: [" ", "O"] }),
    ]);
    expect(minute).toMatchObject({ open: 11, close: 12, low: 10 });
    expect(daily).toMatchObject({ open: 11, close: 12, low: 10 });
  });

  test("the earliest trade sets the open and the latest the close, in whatever order they arrive", () => {
    const { minute } = barsOf([
      trade({ at: MINUTE + 5, price: 11 }),
      trade({ at: MINUTE + 7, nanos: 2, price: 12 }),
      trade({ at: MINUTE + 7, nanos: 1, price: 13 }),
      trade({ at: MINUTE + 4, nanos: 999_999_999, price: 10 }),
    ]);
    expect(minute).toMatchObject({ open: 10, close: 12 });
  });

  test("minutes are separate to the nanosecond, and several are returned in order", () => {
    const builder = new BarBuilder();
    builder.advanceTo(MINUTE);
    builder.add(trade({ at: MINUTE + 60, price: 11 }));
    builder.add(trade({ at: MINUTE + 59, nanos: 999_999_999, price: 10 }));
    const bars = builder.advanceTo(MINUTE + 120).filter(({ channel }) => channel === "bars");
    expect(bars.map(({ seconds, open }) => [seconds - MINUTE, open])).toEqual([
      [0, 10],
      [60, 11],
    ]);
  });
});

describe("an updated bar", () => {
  function sentBuilder(): BarBuilder {
    const builder = new BarBuilder();
    builder.add(trade({}));
    builder.advanceTo(MINUTE + 60);
    return builder;
  }

  test("a late trade is followed by one updated bar after the half minute, with the time of the first bar", () => {
    const builder = sentBuilder();
    builder.add(trade({ at: MINUTE + 59, price: 11 }));
    expect(builder.advanceTo(MINUTE + 89)).toEqual([]);
    const bars = builder.advanceTo(MINUTE + 90);
    expect(bars).toHaveLength(1);
    expect(bars[0]).toMatchObject({ channel: "updatedBars", seconds: MINUTE, open: 10, close: 11, volume: 200 });
    expect(builder.advanceTo(MINUTE + 119)).toEqual([]);
  });

  test("a late trade that changes nothing is followed by no updated bar", () => {
    const builder = sentBuilder();
    builder.add(trade({ at: MINUTE + 59, conditions: [" ", "M"] }));
    expect(builder.advanceTo(MINUTE + 119)).toEqual([]);
  });

  test("a late trade in a minute without a bar makes an updated bar", () => {
    const builder = sentBuilder();
    builder.add(trade({ at: MINUTE - 1, price: 9 }));
    expect(builder.advanceTo(MINUTE + 90)[0]).toMatchObject({ channel: "updatedBars", seconds: MINUTE - 60, open: 9 });
  });

  test("a trade in a minute that is long over changes only the daily bar", () => {
    const builder = sentBuilder();
    builder.advanceTo(MINUTE + 900);
    builder.add(trade({ at: MINUTE + 1, price: 11 }));
    const bars = builder.advanceTo(MINUTE + 1000);
    expect(bars.map(({ channel, volume }) => [channel, volume])).toEqual([["dailyBars", 200]]);
  });
});

describe("a daily bar", () => {
  test("a daily bar grows from minute to minute, and is not returned after a minute without trades", () => {
    const builder = new BarBuilder();
    const volumes: number[][] = [];
    for (const minute of [0, 1, 3]) {
      builder.advanceTo(MINUTE + minute * 60);
      builder.add(trade({ at: MINUTE + minute * 60 }));
      const bars = builder.advanceTo(MINUTE + minute * 60 + 60);
      volumes.push(bars.filter(({ channel }) => channel === "dailyBars").map(({ volume }) => volume));
    }
    expect(volumes).toEqual([[100], [200], [300]]);
    expect(builder.advanceTo(MINUTE + 600)).toEqual([]);
  });

  test("trades before regular hours count towards the volume of a daily bar and do not set its open", () => {
    const builder = new BarBuilder();
    builder.add(trade({ price: 9, conditions: ["@", "T"], tape: "C" }));
    expect(builder.advanceTo(MINUTE + 60).map(({ channel }) => channel)).toEqual(["bars"]);
    builder.add(trade({ at: MINUTE + 61, price: 10, conditions: ["@"], tape: "C" }));
    const daily = builder.advanceTo(MINUTE + 120).find(({ channel }) => channel === "dailyBars");
    expect(daily).toMatchObject({ open: 10, low: 10, volume: 200, tradeCount: 2 });
  });

  test.each([
    ["in winter", "2025-11-14T14:30:00Z", "2025-11-14T05:00:00Z"],
    ["in summer", "2025-07-14T14:30:00Z", "2025-07-14T04:00:00Z"],
    ["in the evening, when it is tomorrow in UTC", "2025-07-15T01:00:00Z", "2025-07-14T04:00:00Z"],
    ["before the clocks go forward", "2025-03-09T06:59:00Z", "2025-03-09T05:00:00Z"],
    ["after the clocks went forward", "2025-03-09T20:00:00Z", "2025-03-09T05:00:00Z"],
    ["the day after they went forward", "2025-03-10T14:30:00Z", "2025-03-10T04:00:00Z"],
    ["after the clocks went back", "2025-11-02T20:00:00Z", "2025-11-02T04:00:00Z"],
    ["the day after they went back", "2025-11-03T14:30:00Z", "2025-11-03T05:00:00Z"],
  ])("a daily bar begins at midnight in New York: %s", (_, traded, midnight) => {
    const builder = new BarBuilder();
    builder.add(trade({ at: at(traded) }));
    const daily = builder.advanceTo(at(traded) + 60).find(({ channel }) => channel === "dailyBars");
    expect(daily?.seconds).toBe(at(midnight));
    expect(daily?.nanos).toBe(0);
  });

  test("the next day starts a new daily bar, which a late trade of the day before does not change", () => {
    const builder = new BarBuilder();
    const midnight = newYorkDay(MINUTE).end;
    builder.advanceTo(midnight - 60);
    builder.add(trade({ at: midnight - 1, price: 9 }));
    builder.add(trade({ at: midnight, price: 10 }));
    builder.add(trade({ at: midnight - 1, price: 8 }));
    const daily = builder.advanceTo(midnight + 60).filter(({ channel }) => channel === "dailyBars");
    expect(daily.map(({ seconds, open, volume }) => [seconds, open, volume])).toEqual([
      [midnight - 86_400, 9, 100],
      [midnight, 10, 100],
    ]);
  });
});
