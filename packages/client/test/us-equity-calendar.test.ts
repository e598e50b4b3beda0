import { describe, expect, test } from "vitest";
import { isInCalendar, overnightSessionStart, regularSessionStart } from "../src/us-equity-calendar.ts";

function at(time: string): number {
  return Date.parse(time);
}

function shown(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

describe("the regular session", () => {
  test.each([
    ["opens at 09:30 in winter", "2025-01-02T14:30:00.250Z", "2025-01-02T14:30:00.000Z"],
    ["is closed a millisecond before", "2025-01-02T14:29:59.999Z", undefined],
    ["opens an hour earlier by UTC in summer", "2025-07-02T13:30:00Z", "2025-07-02T13:30:00.000Z"],
    ["lasts until 16:00", "2025-01-02T20:59:59.999Z", "2025-01-02T14:30:00.000Z"],
    ["is over at 16:00", "2025-01-02T21:00:00Z", undefined],
    ["does not take place on a Saturday", "2025-01-04T15:00:00Z", undefined],
    ["does not take place on a holiday", "2026-06-19T15:00:00Z", undefined],
    [
      "takes place on New Year's Eve of 2027, whose holiday falls on a Saturday",
      "2027-12-31T15:00:00Z",
      "2027-12-31T14:30:00.000Z",
    ],
    ["closes at 13:00 on the day after Thanksgiving", "2026-11-27T18:00:00Z", undefined],
    ["is open until then", "2026-11-27T17:59:59Z", "2026-11-27T14:30:00.000Z"],
    ["follows daylight saving time on its first Monday", "2026-03-09T13:30:00Z", "2026-03-09T13:30:00.000Z"],
  ])("%s", (_, time, start) => {
    expect(shown(regularSessionStart(at(time)))).toBe(start);
  });
});

describe("the overnight session", () => {
  test.each([
    ["opens at 20:00 on Sunday", "2025-01-06T01:00:00Z", "2025-01-06T01:00:00.000Z"],
    ["lasts until 04:00", "2025-01-06T08:59:59Z", "2025-01-06T01:00:00.000Z"],
    ["is over at 04:00", "2025-01-06T09:00:00Z", undefined],
    ["does not open on Friday evening", "2025-01-11T01:30:00Z", undefined],
    ["does not open on the eve of a holiday", "2026-12-25T02:00:00Z", undefined],
    ["opens on the evening of a holiday, for the day after", "2026-01-02T02:00:00Z", "2026-01-02T01:00:00.000Z"],
  ])("%s", (_, time, start) => {
    expect(shown(overnightSessionStart(at(time)))).toBe(start);
  });
});

test("the calendar knows 2025 to 2028, and says so", () => {
  expect(["2024", "2025", "2028", "2029"].map((year) => isInCalendar(at(`${year}-06-01T00:00:00Z`)))).toEqual([
    false,
    true,
    true,
    false,
  ]);
});
