import { expect, test } from "vitest";
import { shortCause } from "../../src/health/causes.ts";
import { bytes, count, counted, duration, milliseconds, rate, time, timeRange } from "../../src/health/format.ts";
import { gridStep } from "../../src/health/lag-chart.ts";

test("an unknown value is a dash in every format", () => {
  for (const format of [count, rate, milliseconds, duration, bytes])
    expect([format(undefined), format(Number.NaN)]).toEqual(["–", "–"]);
});

test("lengths of time have their unit, and no more precision than a reader needs", () => {
  const lengths = [2.1, 99.9, 800, 9_400, 9_960, 59_400, 59_700, 72_000, 599_000, 1_320_000, 4_260_000, 273_600_000];
  expect(lengths.map(duration).join(", ")).toBe(
    "2.1 ms, 99.9 ms, 0.8 s, 9.4 s, 10 s, 59 s, 1 m 0 s, 1 m 12 s, 9 m 59 s, 22 m, 1 h 11 m, 3 d 4 h",
  );
});

test("sizes are decimal, and a waiting zero has no unit", () => {
  expect([0, 812, 1200, 6_800_000, 212e6, 4.81e9].map(bytes)).toEqual([
    "0",
    "812 B",
    "1.2 kB",
    "6.8 MB",
    "212 MB",
    "4.81 GB",
  ]);
});

test("a rate is whole from ten on, and small ones never round to zero", () => {
  expect([0, 0.01, 0.37, 4.1, 22, 3391.4].map(rate)).toEqual(["0", "0.1", "0.4", "4.1", "22", "3,391"]);
});

test("a lag below zero has a true minus sign", () => {
  expect([2.14, 140.6, -3].map(milliseconds)).toEqual(["2.1", "141", "−3.0"]);
});

test("times are New York's, with the day where it is not today", () => {
  const now = Date.parse("2026-11-24T15:41:07Z");
  expect(time(now, now)).toBe("10:41:07");
  expect(time(now - 86_400_000, now)).toBe("23 Nov 10:41:07");
  expect(timeRange(now, undefined, now)).toBe("10:41:07 – now");
});

test("a noun follows its number", () => {
  expect([counted(1, "gap"), counted(1284, "trade")]).toEqual(["1 gap", "1,284 trades"]);
});

test("a cause is a few words with the number that identifies it", () => {
  const none = { message: "", closeCode: undefined, status: undefined, serverCode: undefined };
  expect(shortCause({ ...none, code: "closed_by_server", closeCode: 1006 })).toBe("closed 1006");
  expect(shortCause({ ...none, code: "http_rejected", status: 503 })).toBe("rejected 503");
  expect(shortCause({ ...none, code: "slow_client", serverCode: 407 })).toBe("queue limit");
  expect(shortCause({ ...none, code: "internal_error", serverCode: 500 })).toBe("internal_error 500");
});

test("two steps of the lag axis reach the largest value, or nearly so", () => {
  for (const largest of [0.03, 0.9, 1, 8.9, 25.8, 100, 999]) {
    const step = gridStep(largest);
    expect(step * 2.2).toBeGreaterThanOrEqual(largest);
    expect(step).toBeLessThanOrEqual(largest);
  }
});
