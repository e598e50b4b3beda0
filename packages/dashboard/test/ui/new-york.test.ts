import { expect, test } from "vitest";
import { clock, clockMinute, clockRange, date, datedClock, datedMinute, isoDate } from "../../src/ui/new-york.ts";

const NOW = Date.parse("2026-11-24T15:41:07Z");
const YESTERDAY = NOW - 86_400_000;

test("a time of day and a date are New York's", () => {
  expect([clock(NOW), clockMinute(NOW), date(NOW), isoDate(NOW)]).toEqual([
    "10:41:07",
    "10:41",
    "Tue 24 Nov",
    "2026-11-24",
  ]);
  expect(isoDate(Date.parse("2026-11-25T03:00:00Z"))).toBe("2026-11-24");
});

test("the clocks change between two hours of one day", () => {
  expect(clockMinute(Date.parse("2026-03-08T06:59:00Z"))).toBe("01:59");
  expect(clockMinute(Date.parse("2026-03-08T07:00:00Z"))).toBe("03:00");
});

test("a time has its date where that is not today's", () => {
  expect([datedClock(NOW, NOW), datedClock(YESTERDAY, NOW)]).toEqual(["10:41:07", "23 Nov 10:41:07"]);
  expect([datedMinute(NOW, NOW), datedMinute(YESTERDAY, NOW)]).toEqual(["10:41", "23 Nov 10:41"]);
  expect(clockRange(NOW, undefined, NOW)).toBe("10:41:07 – now");
});
