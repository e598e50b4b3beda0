import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { systemClock } from "../../src/index.ts";

const DAY_MS = 86_400_000;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test.each([
  ["a second", 1_000],
  ["the longest delay of one platform timer", 2_147_483_647],
  ["a millisecond more", 2_147_483_648],
  ["thirty days", 30 * DAY_MS],
  ["a year", 365 * DAY_MS],
])("a timer of %s fires once, after the whole delay and not before", (_, delayMs) => {
  const fired = vi.fn();
  systemClock.setTimer(fired, delayMs);
  vi.advanceTimersByTime(delayMs - 1);
  expect(fired).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(fired).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(delayMs);
  expect(fired).toHaveBeenCalledTimes(1);
});

test("a timer with an infinite delay never fires", () => {
  const fired = vi.fn();
  const timer = systemClock.setTimer(fired, Number.POSITIVE_INFINITY);
  vi.advanceTimersByTime(1_000 * DAY_MS);
  expect(fired).not.toHaveBeenCalled();
  systemClock.clearTimer(timer);
});

test.each([0, 1, 26, 60])("a long timer that is cleared on day %i neither fires nor leaves a timer behind", (day) => {
  const fired = vi.fn();
  const timer = systemClock.setTimer(fired, 90 * DAY_MS);
  vi.advanceTimersByTime(day * DAY_MS);
  systemClock.clearTimer(timer);
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(100 * DAY_MS);
  expect(fired).not.toHaveBeenCalled();
});
