import { describe, expect, test } from "vitest";
import { note } from "../../src/chart/bar-table.ts";
import { chartSummary } from "../../src/chart/chart-summary.ts";
import { dayFigures, previousClose, sessionOf } from "../../src/chart/day-figures.ts";
import { toAxisSeconds } from "../../src/chart/time-axis.ts";
import { TIMEFRAMES } from "../../src/chart/timeframes.ts";
import { at, bar, gap, morning } from "./fixture/scripted-market.ts";

test("the axis shows New York's clock in winter and in summer", () => {
  expect(toAxisSeconds(Date.parse("2026-01-05T14:30:00Z"))).toBe(Date.parse("2026-01-05T09:30:00Z") / 1000);
  expect(toAxisSeconds(Date.parse("2026-07-06T13:30:00Z"))).toBe(Date.parse("2026-07-06T09:30:00Z") / 1000);
});

describe("figures of the day", () => {
  test("open, high and low are of the regular session, volume and average price of the whole day", () => {
    const bars = [
      bar(at("09:00") - 86_400_000, 1, 1, 1, 1, 1),
      bar(at("09:00"), 30, 99, 1, 20, 100),
      bar(at("09:30"), 24, 26, 23, 25, 300),
      bar(at("09:31"), 25, 27, 24, 26, 100),
    ];
    expect(dayFigures(bars)).toEqual({ open: 24, high: 27, low: 23, volume: 500, vwap: (2000 + 7500 + 2600) / 500 });
  });

  test("before the open there is no open, high or low", () => {
    expect(dayFigures([bar(at("09:00"), 30, 99, 1, 20, 100)])).toMatchObject({ open: undefined, high: undefined });
  });

  test("the previous close is that of the last daily bar before the day", () => {
    expect(previousClose(morning().days, at("10:00"))).toBe(23.66);
    expect(previousClose([], at("10:00"))).toBeUndefined();
  });

  test("a year that the calendar does not have has no sessions, and is no error", () => {
    expect(sessionOf("1999-11-24")).toBeUndefined();
  });
});

describe("words of the chart", () => {
  test("the table notes the gaps and halts of a minute", () => {
    const gaps = [gap("open", at("10:31:04"), at("10:33:58")), gap("filled", at("10:33:58"), at("10:33:59"))];
    const halts = [{ fromMs: at("10:36"), toMs: undefined, reason: "LULD pause" }];
    const notes = ["10:30", "10:31", "10:33", "10:34", "10:37"].map((time) => note(at(time), 60_000, gaps, halts));
    expect(notes).toEqual(["", "Gap open", "Gap open, Gap filled", "", "Halted"]);
  });

  test("the summary for screen readers gives range, prices, gaps and halts", () => {
    const slots = [
      { startMs: at("10:00"), candle: { open: 1, high: 3, low: 1, close: 2, volume: 1 } },
      { startMs: at("10:01"), candle: undefined },
    ];
    expect(chartSummary("GME", TIMEFRAMES[0], slots, [gap("open", 0, 1)], [], at("10:05"))).toBe(
      "GME, candles of 1 minute, 10:00 to 10:01 New York time; last 2.00, low 1.00, high 3.00; 1 open gap, 0 filled gaps, 0 halts; arrows move, plus and minus zoom, v shows a table",
    );
    expect(chartSummary("GME", TIMEFRAMES[0], [], [], [], at("10:05"))).toBe("GME, candles of 1 minute: no bars");
  });
});
