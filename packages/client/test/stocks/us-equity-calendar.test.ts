import { describe, expect, test } from "vitest";
import { type UsEquitySession, usEquitySession } from "../../src/index.ts";
import { isInCalendar, overnightSessionStart, regularSessionStart } from "../../src/stocks/us-equity-calendar.ts";

function at(time: string): number {
  return Date.parse(time);
}

function shown(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

describe("regularSessionStart", () => {
  test.each([
    ["opens at 09:30 in winter", "2025-01-02T14:30:00.250Z", "2025-01-02T14:30:00.000Z"],
    ["is closed a millisecond before 09:30", "2025-01-02T14:29:59.999Z", undefined],
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
    ["is open on the day after Thanksgiving until 13:00", "2026-11-27T17:59:59Z", "2026-11-27T14:30:00.000Z"],
    ["opens at 09:30 daylight saving time on its first Monday", "2026-03-09T13:30:00Z", "2026-03-09T13:30:00.000Z"],
  ])("the regular session %s", (_, time, start) => {
    expect(shown(regularSessionStart(at(time)))).toBe(start);
  });
});

describe("overnightSessionStart", () => {
  test.each([
    ["opens at 20:00 on Sunday", "2025-01-06T01:00:00Z", "2025-01-06T01:00:00.000Z"],
    ["lasts until 04:00", "2025-01-06T08:59:59Z", "2025-01-06T01:00:00.000Z"],
    ["is over at 04:00", "2025-01-06T09:00:00Z", undefined],
    ["does not open on Friday evening", "2025-01-11T01:30:00Z", undefined],
    ["does not open on the eve of a holiday", "2026-12-25T02:00:00Z", undefined],
    ["opens on the evening of a holiday, for the day after", "2026-01-02T02:00:00Z", "2026-01-02T01:00:00.000Z"],
  ])("the overnight session %s", (_, time, start) => {
    expect(shown(overnightSessionStart(at(time)))).toBe(start);
  });
});

test("isInCalendar is true for 2025 to 2028", () => {
  expect(["2024", "2025", "2028", "2029"].map((year) => isInCalendar(at(`${year}-06-01T00:00:00Z`)))).toEqual([
    false,
    true,
    true,
    false,
  ]);
});

/** Returns a session's times of day in UTC, which depend on New York's offset. */
function times(session: UsEquitySession | undefined): string[] | undefined {
  if (session === undefined) return undefined;
  const { preMarketOpen, open, close, afterHoursClose } = session;
  return [preMarketOpen, open, close, afterHoursClose].map((time) => time.toISOString().slice(11, 19));
}

describe("usEquitySession", () => {
  test("a session in winter has the hours of New York's standard time", () => {
    expect(usEquitySession("2025-01-02")).toEqual({
      date: "2025-01-02",
      preMarketOpen: new Date("2025-01-02T09:00:00Z"),
      open: new Date("2025-01-02T14:30:00Z"),
      close: new Date("2025-01-02T21:00:00Z"),
      afterHoursClose: new Date("2025-01-03T01:00:00Z"),
      isEarlyClose: false,
    });
  });

  test.each([
    ["in summer", "2025-07-02", ["08:00:00", "13:30:00", "20:00:00", "00:00:00"]],
    ["on the Friday before the clocks go forward", "2026-03-06", ["09:00:00", "14:30:00", "21:00:00", "01:00:00"]],
    ["on the Monday after the clocks went forward", "2026-03-09", ["08:00:00", "13:30:00", "20:00:00", "00:00:00"]],
    ["on the Friday before the clocks go back", "2026-10-30", ["08:00:00", "13:30:00", "20:00:00", "00:00:00"]],
    ["on the Monday after the clocks went back", "2026-11-02", ["09:00:00", "14:30:00", "21:00:00", "01:00:00"]],
    ["on a day that closes early in winter", "2026-11-27", ["09:00:00", "14:30:00", "18:00:00", "22:00:00"]],
    ["on a day that closes early in summer", "2025-07-03", ["08:00:00", "13:30:00", "17:00:00", "21:00:00"]],
  ])("a session has the hours of New York's clocks: %s", (_, date, expected) => {
    expect(times(usEquitySession(date))).toEqual(expected);
    expect(usEquitySession(date)?.isEarlyClose).toBe(expected[2] === "18:00:00" || expected[2] === "17:00:00");
  });

  test.each([
    ["a Saturday", "2025-01-04"],
    ["a Sunday", "2025-01-05"],
    ["a holiday", "2026-06-19"],
    ["a day of mourning", "2025-01-09"],
  ])("the session of %s is undefined", (_, date) => {
    expect(usEquitySession(date)).toBeUndefined();
  });

  test.each([
    ["late in the evening in New York, which is tomorrow in UTC", "2025-07-15T02:00:00Z", "2025-07-14"],
    ["just after midnight in New York", "2025-07-15T04:00:00Z", "2025-07-15"],
    ["New Year's Eve of the last year, which is the year after in UTC", "2028-12-30T02:00:00Z", "2028-12-29"],
  ])("the session of a Date is that of its day in New York: %s", (_, time, date) => {
    expect(usEquitySession(new Date(time))?.date).toBe(date);
  });

  test.each(["2024-12-31", "2029-01-02", "1999-01-04", "9999-01-04"])(
    "a day in a year outside of the calendar is a RangeError: %s",
    (date) => {
      expect(() => usEquitySession(date)).toThrow(RangeError);
      expect(() => usEquitySession(date)).toThrow(`has 2025 to 2028, got ${date}: update the package`);
      expect(() => usEquitySession(new Date(`${date}T15:00:00Z`))).toThrow(RangeError);
    },
  );

  test.each(["2025-02-29", "2025-13-01", "2025-00-10", "2025-06-31"])(
    "a day that does not exist is an error: %s",
    (date) => {
      expect(() => usEquitySession(date)).toThrow(`there is no day ${date}`);
    },
  );

  test.each(["", "2025-1-2", "01/02/2025", "2025-01-02T10:00:00Z", new Date(Number.NaN), 20250102, undefined, null])(
    "a day in another form is a TypeError: %s",
    (date) => {
      expect(() => usEquitySession(date as string)).toThrow(TypeError);
    },
  );

  test("usEquitySession and regularSessionStart have the same hours of trading", () => {
    const startMs = at("2026-10-26T00:00:00Z"); // the period has a change of the clocks and an early close
    for (let ms = startMs; ms < startMs + 40 * 86_400_000; ms += 13 * 60_000) {
      const session = usEquitySession(new Date(ms));
      const isOpen = session !== undefined && session.open.getTime() <= ms && ms < session.close.getTime();
      expect(regularSessionStart(ms)).toBe(isOpen ? session.open.getTime() : undefined);
    }
  });
});

test.each([
  [new Date(Number.NaN), "got an invalid Date"],
  [Number.NaN, "got NaN"],
  [10n, "got 10"],
  [Symbol("day"), "got symbol"],
  ["9".repeat(1000), `got "${"9".repeat(40)}…"`],
])("the error for an invalid day contains what was received: %s", (date, got) => {
  expect(() => usEquitySession(date as string)).toThrow(got);
});
