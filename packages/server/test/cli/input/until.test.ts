import { VirtualClock } from "@tickerplant/client/testing";
import { describe, expect, test } from "vitest";
import { atTime, untilTime } from "../../../src/cli/input/until.ts";

function until(text: string, now: string): string {
  return new Date(untilTime(text, Date.parse(now))).toISOString();
}

describe("--until close", () => {
  test.each([
    ["during a session, close is the end of it", "2025-01-02T15:00:00Z", "2025-01-02T21:00:00.000Z"],
    ["before a session, close is the end of that day's session", "2025-01-02T06:00:00Z", "2025-01-02T21:00:00.000Z"],
    ["at the close itself, close is the end of the next session", "2025-01-02T21:00:00Z", "2025-01-03T21:00:00.000Z"],
    ["in summer, close follows daylight saving time", "2025-07-02T15:00:00Z", "2025-07-02T20:00:00.000Z"],
    ["on a day with an early close, close is 13:00", "2026-11-27T15:00:00Z", "2026-11-27T18:00:00.000Z"],
    ["after an early close on Friday, close is Monday's", "2026-11-27T19:00:00Z", "2026-11-30T21:00:00.000Z"],
    ["on a Saturday, close is Monday's", "2025-01-04T15:00:00Z", "2025-01-06T21:00:00.000Z"],
    ["before a long weekend, close is Tuesday's", "2025-01-17T22:00:00Z", "2025-01-21T21:00:00.000Z"],
    [
      "before a change to daylight saving time, close is in daylight saving time",
      "2026-03-07T15:00:00Z",
      "2026-03-09T20:00:00.000Z",
    ],
    ["late in the evening in New York, close is the next day's", "2025-07-02T03:30:00Z", "2025-07-02T20:00:00.000Z"],
  ])("%s", (_, now, end) => {
    expect(until("close", now)).toBe(end);
  });

  test("close beyond the years of the calendar is an error with advice", () => {
    expect(() => until("close", "2031-01-02T15:00:00Z")).toThrow(
      /has 2025 to 2028, got 2031-01-02.*Give a time instead of close/,
    );
  });
});

describe("--until with a time of day", () => {
  test.each([
    ["16:00", "2025-01-02T15:00:00Z", "2025-01-02T21:00:00.000Z"],
    ["16:00", "2025-07-02T15:00:00Z", "2025-07-02T20:00:00.000Z"],
    ["16:00", "2025-01-02T21:00:00Z", "2025-01-03T21:00:00.000Z"],
    ["9:30", "2025-01-02T15:00:00Z", "2025-01-03T14:30:00.000Z"],
    ["16:05:30", "2025-01-02T15:00:00Z", "2025-01-02T21:05:30.000Z"],
    ["00:00", "2025-01-02T15:00:00Z", "2025-01-03T05:00:00.000Z"],
    ["16:00", "2026-03-08T05:30:00Z", "2026-03-08T20:00:00.000Z"], // the change to daylight saving time is in between
    ["16:00", "2026-11-01T04:30:00Z", "2026-11-01T21:00:00.000Z"], // and the change back
    ["01:30", "2026-11-01T04:30:00Z", "2026-11-01T05:30:00.000Z"], // a time that the clocks show twice
    ["02:30", "2026-03-08T05:30:00Z", "2026-03-08T07:30:00.000Z"], // a time that the clocks skip
    ["09:00", "2026-03-08T01:00:00Z", "2026-03-08T13:00:00.000Z"], // the next day, after the change
  ])("%s at %s is the next such time in New York", (text, now, end) => {
    expect(until(text, now)).toBe(end);
  });
});

test.each([
  ["2025-01-02T16:00:00-05:00", "2025-01-02T21:00:00.000Z"],
  ["2025-01-02T21:00Z", "2025-01-02T21:00:00.000Z"],
  ["2025-01-02T21:00:00.250Z", "2025-01-02T21:00:00.250Z"],
])("a time with a zone is that time: %s", (text, end) => {
  expect(until(text, "2025-01-02T15:00:00Z")).toBe(end);
});

test.each([
  "",
  "16",
  "24:00",
  "16:60",
  "4pm",
  "open",
  "2025-01-02",
  "2025-01-02T16:00:00",
  "2025-13-02T16:00:00Z",
  " 16:00",
])("any other value of --until is rejected: %j", (text) => {
  expect(() => until(text, "2025-01-02T15:00:00Z")).toThrow(/must be close, a time of day in New York such as 16:00/);
});

test("a time in the past is rejected", () => {
  expect(() => until("2025-01-02T14:59:59Z", "2025-01-02T15:00:00Z")).toThrow(
    /must be in the future; now it is 2025-01-02T15:00:00/,
  );
});

describe("waiting for a time", () => {
  const start = new Date("2025-01-02T15:00:00Z");
  const DAY_MS = 86_400_000;

  test("the wait ends at its time, even 40 days ahead", async () => {
    const clock = new VirtualClock({ startMs: start.getTime() });
    let ended = 0;
    atTime(start.getTime() + 40 * DAY_MS, () => ended++, clock);
    await clock.advance(40 * DAY_MS - 1);
    expect(ended).toBe(0);
    await clock.advance(1);
    expect(ended).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });

  test("after a suspension the wait follows the wall clock", async () => {
    const clock = new VirtualClock({ startMs: start.getTime() });
    let endedMs: number | undefined;
    atTime(start.getTime() + DAY_MS, () => (endedMs = clock.now()), clock);
    clock.jump(DAY_MS - 1000);
    await clock.advance(60_000);
    expect(endedMs).toBeLessThanOrEqual(start.getTime() + DAY_MS + 60_000);
  });

  test("a wait that is cancelled leaves no timer", async () => {
    const clock = new VirtualClock({ startMs: start.getTime() });
    const cancel = atTime(start.getTime() + DAY_MS, () => expect.unreachable("the wait was cancelled"), clock);
    await clock.advance(DAY_MS / 2);
    cancel();
    expect(clock.pendingTimers).toBe(0);
    await clock.advance(DAY_MS);
  });
});
