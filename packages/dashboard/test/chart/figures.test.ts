import { describe, expect, test } from "vitest";
import { note } from "../../src/chart/bar-table.ts";
import { chartSummary } from "../../src/chart/chart-summary.ts";
import { dayFigures, previousClose, sessionOf } from "../../src/chart/day-figures.ts";
import { change, duration, price, volume } from "../../src/chart/figures.ts";
import { newYorkDate, newYorkMinute, newYorkTime, toAxisSeconds } from "../../src/chart/new-york-time.ts";
import { TIMEFRAMES } from "../../src/chart/timeframes.ts";
import { at, bar, gap, morning } from "./fixture/scripted-market.ts";

describe("figures of the chart", () => {
  test("prices have two decimals, and four under a dollar and for sub-penny prices", () => {
    expect([25, 25.1, 671.42, 0.5, 25.1234].map(price)).toEqual(["25.00", "25.10", "671.42", "0.5000", "25.1234"]);
  });

  test("a value that is not known is a dash, never 0 and never NaN", () => {
    expect([price(undefined), volume(undefined), duration(undefined), change(1, undefined), change(1, 0)]).toEqual(
      Array(5).fill("–"),
    );
  });

  test("a change has its sign, a true minus, and its share", () => {
    expect(change(25.18, 23.66)).toBe("▲ +1.52 (+6.42%)");
    expect(change(23, 23.66)).toBe("▼ −0.66 (−2.79%)");
    expect(change(23.66, 23.66)).toBe("· 0.00 (0.00%)");
  });

  test("volumes have three digits", () => {
    expect([812, 18_412, 999_499, 999_500, 9_840_000, 123_400_000].map(volume)).toEqual([
      "812",
      "18.4K",
      "999K",
      "1.00M",
      "9.84M",
      "123M",
    ]);
  });

  test("lengths of time have their units", () => {
    expect([800, 12_000, 174_000, 300_000, 4_260_000].map(duration)).toEqual([
      "0.8 s",
      "12 s",
      "2 m 54 s",
      "5 m",
      "1 h 11 m",
    ]);
  });
});

describe("New York time", () => {
  test("the axis shows New York's clock in winter and in summer", () => {
    expect(toAxisSeconds(Date.parse("2026-01-05T14:30:00Z"))).toBe(Date.parse("2026-01-05T09:30:00Z") / 1000);
    expect(toAxisSeconds(Date.parse("2026-07-06T13:30:00Z"))).toBe(Date.parse("2026-07-06T09:30:00Z") / 1000);
  });

  test("the clocks change between two hours of one day", () => {
    expect(newYorkMinute(Date.parse("2026-03-08T06:59:00Z"))).toBe("01:59");
    expect(newYorkMinute(Date.parse("2026-03-08T07:00:00Z"))).toBe("03:00");
  });

  test("a time has its date where that is not today's", () => {
    expect(newYorkTime(at("10:41"), at("16:00"))).toBe("10:41");
    expect(newYorkTime(at("10:41") - 86_400_000, at("16:00"))).toBe("2026-11-23 10:41");
  });

  test("a date is that of New York, where it is still yesterday", () => {
    expect(newYorkDate(Date.parse("2026-11-25T03:00:00Z"))).toBe("2026-11-24");
  });
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
