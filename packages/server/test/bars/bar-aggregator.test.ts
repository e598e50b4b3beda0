import { Bar, type BarChannel, Trade } from "@tickerplant/client";
import { parseTimestamp } from "@tickerplant/client/wire";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BarBuilder } from "../../src/bars/bar-builder.ts";
import { newYorkDay } from "../../src/bars/new-york-day.ts";

function at(text: string): number {
  const parts = parseTimestamp(text);
  if (parts === undefined) throw new Error(`${text} is not a time`);
  return parts.seconds;
}

/** 09:30 in New York. */
const OPEN = at("2025-11-14T14:30:00Z");

interface Minute {
  readonly at?: number;
  readonly symbol?: string;
  readonly channel?: BarChannel;
  /** Open, high, low and close. */
  readonly prices?: readonly [number, number, number, number];
  readonly volume?: number;
  readonly tradeCount?: number | undefined;
  readonly vwap?: number | undefined;
}

function bar(minute: Minute): Bar {
  const { at = OPEN, symbol = "ABC", channel = "bars", prices = [10, 10, 10, 10], volume = 100 } = minute;
  const { tradeCount, vwap } = { tradeCount: 1, vwap: prices[0], ...minute };
  return new Bar(channel, symbol, at, 0, ...prices, volume, tradeCount, vwap);
}

/** Aggregates minute bars into bars of `minutes`. */
function aggregate(minutes: number, given: readonly Bar[], until: number): readonly Bar[] {
  const builder = new BarBuilder({ minutes });
  for (const one of given) builder.add(one);
  return builder.advanceTo(until);
}

function shown(bars: readonly Bar[]): string[] {
  return bars.map(({ channel, seconds, volume }) => `${channel} ${new Date(seconds * 1000).toISOString()} ${volume}`);
}

describe("a bar of several minutes", () => {
  test("a bar of several minutes has the first open, the highest high, the lowest low, the last close, the sums and the average price", () => {
    const bars = aggregate(
      5,
      [
        bar({ at: OPEN, prices: [10, 12, 9, 11], volume: 100, tradeCount: 3, vwap: 10.5 }),
        bar({ at: OPEN + 60, prices: [11, 15, 11, 14], volume: 300, tradeCount: 4, vwap: 13 }),
        bar({ at: OPEN + 240, prices: [14, 14, 8, 9], volume: 50, tradeCount: 2, vwap: 10.123456 }),
      ],
      OPEN + 300,
    );
    expect(bars.map((one) => one.toJSON())).toEqual([
      {
        symbol: "ABC",
        timestamp: "2025-11-14T14:30:00.000000000Z",
        channel: "bars",
        open: 10,
        high: 15,
        low: 8,
        close: 9,
        volume: 450,
        tradeCount: 9,
        vwap: 12.124828,
      },
    ]);
  });

  test("a bar of several minutes consists of the minutes that have a bar, and there is none without such a minute", () => {
    const bars = aggregate(5, [bar({ at: OPEN + 120 }), bar({ at: OPEN + 600 })], OPEN + 900);
    expect(shown(bars)).toEqual(["bars 2025-11-14T14:30:00.000Z 100", "bars 2025-11-14T14:40:00.000Z 100"]);
  });

  test("a bar of several minutes is returned once, after its last minute has ended", () => {
    const builder = new BarBuilder({ minutes: 5 });
    builder.add(bar({ at: OPEN + 240 }));
    expect(builder.advanceTo(OPEN + 299)).toEqual([]);
    expect(builder.advanceTo(OPEN + 300)).toHaveLength(1);
    expect(builder.advanceTo(OPEN + 3000)).toEqual([]);
  });

  test("minutes that arrive out of order count in the order of their times", () => {
    const [first, second, third] = [1, 2, 3].map((n) => bar({ at: OPEN + n * 60, prices: [n, n, n, n] }));
    const bars = aggregate(5, [second, third, first] as Bar[], OPEN + 300); // the map above makes three
    expect(bars[0]).toMatchObject({ open: 1, close: 3 });
  });

  test("symbols have separate bars", () => {
    const bars = aggregate(5, [bar({ symbol: "A", volume: 1 }), bar({ symbol: "B", volume: 2 })], OPEN + 300);
    expect(bars.map(({ symbol, volume }) => [symbol, volume])).toEqual([
      ["A", 1],
      ["B", 2],
    ]);
  });

  test("trade counts and average prices come from the minutes that have them, and are undefined if none has", () => {
    const silent = { tradeCount: undefined, vwap: undefined };
    const some = [bar({ ...silent, volume: 900 }), bar({ at: OPEN + 60, vwap: 20, tradeCount: 5 })];
    expect(aggregate(5, some, OPEN + 300)[0]).toMatchObject({ volume: 1000, tradeCount: 5, vwap: 20 });
    expect(aggregate(5, [bar(silent)], OPEN + 300)[0]).toMatchObject({ tradeCount: undefined, vwap: undefined });
  });

  test("daily bars are ignored", () => {
    expect(aggregate(5, [bar({ channel: "dailyBars" })], OPEN + 300)).toEqual([]);
  });
});

describe("the start of a longer bar", () => {
  test.each([
    [3, "2025-11-14T14:31:00Z", "2025-11-14T14:30:00.000Z"],
    [5, "2025-11-14T14:34:00Z", "2025-11-14T14:30:00.000Z"],
    [7, "2025-11-14T14:31:00Z", "2025-11-14T14:27:00.000Z"],
    [15, "2025-11-14T14:44:00Z", "2025-11-14T14:30:00.000Z"],
    [60, "2025-11-14T14:59:00Z", "2025-11-14T14:00:00.000Z"],
    [240, "2025-11-14T14:30:00Z", "2025-11-14T13:00:00.000Z"], // 08:00
    [240, "2025-07-14T13:30:00Z", "2025-07-14T12:00:00.000Z"], // 08:00 in summer
    [390, "2025-11-14T14:30:00Z", "2025-11-14T11:30:00.000Z"],
    [1440, "2025-11-14T14:30:00Z", "2025-11-14T05:00:00.000Z"],
    [1440, "2025-07-15T01:00:00Z", "2025-07-14T04:00:00.000Z"],
    [60, "2026-03-08T22:10:00Z", "2026-03-08T22:00:00.000Z"], // the day the clocks go forward
    [240, "2026-03-08T22:10:00Z", "2026-03-08T20:00:00.000Z"], // 16:00
    [1440, "2026-03-08T22:10:00Z", "2026-03-08T05:00:00.000Z"],
    [240, "2026-11-01T22:10:00Z", "2026-11-01T21:00:00.000Z"], // 16:00 of the day they go back
    [1440, "2026-11-01T22:10:00Z", "2026-11-01T04:00:00.000Z"],
  ])(
    "a bar of %i minutes that contains %s begins at %s, counted from midnight in New York",
    (minutes, minute, start) => {
      const [one] = aggregate(minutes, [bar({ at: at(minute) })], at(minute) + 90_000);
      expect(new Date((one?.seconds ?? 0) * 1000).toISOString()).toBe(start);
    },
  );

  test("a length that does not divide the day makes the last bar of the day shorter", () => {
    const midnight = newYorkDay(OPEN).end;
    const bars = aggregate(
      7,
      [bar({ at: midnight - 60, volume: 1 }), bar({ at: midnight, volume: 2 })],
      midnight + 420,
    );
    // 1,440 minutes are 205 times seven minutes and five.
    expect(bars.map(({ seconds, volume }) => [seconds - midnight, volume])).toEqual([
      [-300, 1],
      [0, 2],
    ]);
  });

  test("every minute of a year is in exactly one bar, which is not longer than its length", () => {
    const year = { min: at("2026-01-01T05:00:00Z") / 60, max: at("2027-01-01T04:59:00Z") / 60 };
    fc.assert(
      fc.property(fc.integer(year), fc.integer({ min: 1, max: 1440 }), (minute, minutes) => {
        const given = bar({ at: minute * 60 });
        const [one] = aggregate(minutes, [given], given.seconds + 200_000);
        const start = one?.seconds ?? Number.NaN;
        // One hour of tolerance: the clocks may change within the bar.
        expect(start).toBeLessThanOrEqual(given.seconds);
        expect(given.seconds - start).toBeLessThan(minutes * 60 + 3600);
        expect(aggregate(minutes, [bar({ at: start }), given], given.seconds + 200_000)).toHaveLength(1);
      }),
    );
  });
});

describe("a change after a longer bar was returned", () => {
  function sent(): BarBuilder {
    const builder = new BarBuilder({ minutes: 5 });
    for (const n of [0, 1, 2]) builder.add(bar({ at: OPEN + n * 60, volume: 100 }));
    expect(shown(builder.advanceTo(OPEN + 300))).toEqual(["bars 2025-11-14T14:30:00.000Z 300"]);
    return builder;
  }

  test("an updated minute replaces the first one, and the longer bar is returned once more after the half minute", () => {
    const builder = sent();
    builder.add(bar({ at: OPEN + 60, channel: "updatedBars", volume: 150, prices: [10, 99, 10, 10] }));
    expect(builder.advanceTo(OPEN + 329)).toEqual([]);
    const bars = builder.advanceTo(OPEN + 330);
    expect(shown(bars)).toEqual(["updatedBars 2025-11-14T14:30:00.000Z 350"]);
    expect(bars[0]).toMatchObject({ high: 99 });
    expect(builder.advanceTo(OPEN + 600)).toEqual([]);
  });

  test("a late minute makes an updated longer bar", () => {
    const builder = sent();
    builder.add(bar({ at: OPEN + 240, prices: [7, 7, 7, 7] }));
    expect(builder.advanceTo(OPEN + 330)[0]).toMatchObject({ channel: "updatedBars", close: 7, volume: 400 });
  });

  test("only the symbols that have changed are updated", () => {
    const builder = new BarBuilder({ minutes: 5 });
    for (const symbol of ["A", "B"]) builder.add(bar({ symbol }));
    builder.advanceTo(OPEN + 300);
    builder.add(bar({ symbol: "B", channel: "updatedBars", volume: 101 }));
    expect(builder.advanceTo(OPEN + 330).map(({ symbol }) => symbol)).toEqual(["B"]);
  });

  test("an updated minute that arrives before the longer bar ends is part of it from the start", () => {
    const builder = new BarBuilder({ minutes: 5 });
    builder.add(bar({ volume: 100 }));
    builder.advanceTo(OPEN + 90);
    builder.add(bar({ channel: "updatedBars", volume: 101 }));
    expect(shown(builder.advanceTo(OPEN + 330))).toEqual(["bars 2025-11-14T14:30:00.000Z 101"]);
  });

  test("an updated minute changes a longer bar up to half an hour after its end, and not later", () => {
    const builder = sent();
    builder.advanceTo(OPEN + 300 + 1800);
    builder.add(bar({ at: OPEN + 240, channel: "updatedBars" }));
    expect(builder.advanceTo(OPEN + 300 + 1830)).toHaveLength(1);
    builder.advanceTo(OPEN + 300 + 1860);
    builder.add(bar({ at: OPEN + 240, channel: "updatedBars" }));
    expect(builder.advanceTo(OPEN + 7200)).toEqual([]);
  });
});

describe("time from the bars themselves", () => {
  test("a longer bar is returned when the first minute after it arrives", () => {
    const builder = new BarBuilder({ minutes: 3 });
    const given: string[] = [];
    for (let minute = 0; minute < 10; minute++) {
      const one = bar({ at: OPEN + minute * 60 });
      given.push(...shown(builder.advanceTo(one.seconds)).map((text) => `at ${minute}: ${text}`));
      builder.add(one);
    }
    expect(given).toEqual([
      "at 3: bars 2025-11-14T14:30:00.000Z 300",
      "at 6: bars 2025-11-14T14:33:00.000Z 300",
      "at 9: bars 2025-11-14T14:36:00.000Z 300",
    ]);
  });
});

describe("longer bars from trades", () => {
  const trade = (seconds: number, price: number, size = 100): Trade =>
    new Trade("ABC", seconds, 0, 1, "N", price, size, [" "], "A");

  test("trades make longer bars through their minute bars, along with daily bars", () => {
    const builder = new BarBuilder({ minutes: 5 });
    const bars: Bar[] = [];
    for (const [offset, price] of [
      [0, 10],
      [61, 12],
      [299, 11],
    ] as const) {
      bars.push(...builder.advanceTo(OPEN + offset));
      builder.add(trade(OPEN + offset, price));
    }
    bars.push(...builder.advanceTo(OPEN + 300));
    const five = bars.filter(({ channel }) => channel === "bars");
    expect(shown(five)).toEqual(["bars 2025-11-14T14:30:00.000Z 300"]);
    expect(five[0]).toMatchObject({ open: 10, high: 12, low: 10, close: 11, tradeCount: 3, vwap: 11 });
    expect(bars.filter(({ channel }) => channel === "dailyBars").map(({ volume }) => volume)).toEqual([100, 200, 300]);
  });

  test("a late trade makes an updated longer bar", () => {
    const builder = new BarBuilder({ minutes: 5 });
    builder.add(trade(OPEN, 10));
    builder.advanceTo(OPEN + 300);
    builder.add(trade(OPEN + 290, 13));
    const [updated] = builder.advanceTo(OPEN + 330);
    expect(updated).toMatchObject({ channel: "updatedBars", seconds: OPEN, close: 13, volume: 200 });
  });
});

test("a builder without a length returns minute bars unchanged", () => {
  const builder = new BarBuilder();
  builder.add(bar({ prices: [10, 12, 9, 11], vwap: 10.123456 }));
  expect(builder.advanceTo(OPEN + 60)).toEqual([bar({ prices: [10, 12, 9, 11], vwap: 10.123456 })]);
});

test.each([0, -1, 1.5, 1441, Number.NaN, Number.POSITIVE_INFINITY])(
  "a length of %s minutes throws a RangeError",
  (minutes) => {
    expect(() => new BarBuilder({ minutes })).toThrow(RangeError);
    expect(() => new BarBuilder({ minutes })).toThrow(/minutes must be a whole number from 1 to 1440/);
  },
);

test.each([{ minutes: "5" }, { minute: 5 }, 5, null])(
  "misspelt options and options of the wrong type throw a TypeError: %j",
  (options) => {
    expect(() => new BarBuilder(options as never)).toThrow(TypeError);
  },
);

test.each([{}, { seconds: OPEN }, { seconds: OPEN, open: 1 }, { ...bar({}), seconds: Number.NaN }])(
  "adding anything but a trade or a bar throws a TypeError: %j",
  (record) => {
    expect(() => new BarBuilder({ minutes: 5 }).add(record as never)).toThrow("BarBuilder.add takes trades and bars");
  },
);
