import { describe, expect, test } from "vitest";
import { mergeBars, minuteSlots } from "../../src/chart/candles.ts";
import { at, bar } from "./fixture/scripted-market.ts";

const MINUTE = 60_000;

describe("candles", () => {
  test("five minute bars become one candle: first open, extremes, last close, summed volume", () => {
    const bars = [
      bar(at("10:00"), 10, 12, 9, 11, 100),
      bar(at("10:02"), 11, 15, 10, 14, 200),
      bar(at("10:04"), 14, 14, 8, 9, 300),
      bar(at("10:05"), 9, 9, 9, 9, 1),
    ];
    expect(mergeBars(bars, 5 * MINUTE)).toEqual([
      { startMs: at("10:00"), candle: { open: 10, high: 15, low: 8, close: 9, volume: 600 } },
      { startMs: at("10:05"), candle: bars[3] },
    ]);
  });

  test("a minute without a bar has a slot without a candle, so that a gap keeps its width", () => {
    const bars = [bar(at("10:00"), 1, 1, 1, 1), bar(at("10:03"), 1, 1, 1, 1)];
    const slots = minuteSlots(bars, MINUTE, at("10:03:30"));
    expect(slots.map(({ startMs }) => startMs)).toEqual(["10:00", "10:01", "10:02", "10:03"].map(at));
    expect(slots.map(({ candle }) => candle !== undefined)).toEqual([true, false, false, true]);
  });

  test("slots go on to the present while no bar arrives", () => {
    const slots = minuteSlots([bar(at("10:00"), 1, 1, 1, 1)], MINUTE, at("10:02:30"));
    expect(slots.map(({ startMs }) => startMs)).toEqual(["10:00", "10:01", "10:02"].map(at));
  });

  test("a night between two bars has no slots", () => {
    const nextDay = at("09:30") + 24 * 60 * MINUTE;
    expect(minuteSlots([bar(at("16:00"), 1, 1, 1, 1), bar(nextDay, 1, 1, 1, 1)], MINUTE, nextDay)).toHaveLength(2);
  });

  test("no bars make no slots", () => {
    expect(minuteSlots([], MINUTE, at("10:00"))).toEqual([]);
  });
});
