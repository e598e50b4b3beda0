import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatNanoseconds,
  formatTimestamp,
  fromNanoseconds,
  parseTimestamp,
  toNanoseconds,
} from "../../src/wire/index.ts";
import { FIRST_SECOND, LAST_SECOND } from "../../src/wire/timestamp.ts";
import * as any from "./support/arbitraries.ts";

const years = { min: new Date(FIRST_SECOND * 1000), max: new Date(LAST_SECOND * 1000 + 999), noInvalidDate: true };

describe("timestamps", () => {
  test("any timestamp reads as Date.parse reads it, to the millisecond", () => {
    fc.assert(
      fc.property(fc.date(years), (date) => {
        const parts = parseTimestamp(date.toISOString());
        expect((parts?.seconds ?? Number.NaN) * 1000 + (parts?.nanos ?? Number.NaN) / 1e6).toBe(date.getTime());
      }),
      { numRuns: 2000 },
    );
  });

  test("a timestamp with any offset reads as Date.parse reads it", () => {
    const offset = fc
      .tuple(fc.constantFrom("+", "-"), fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
      .map(([sign, hours, minutes]) => `${sign}${String(hours).padStart(2, "0")}:${String(minutes).padStart(2, "0")}`);
    const inside = { ...years, min: new Date("0001-01-01T00:00:00Z"), max: new Date("9998-12-31T00:00:00Z") };
    fc.assert(
      fc.property(fc.date(inside), offset, (date, zone) => {
        const text = `${date.toISOString().slice(0, 19)}${zone}`;
        expect((parseTimestamp(text)?.seconds ?? Number.NaN) * 1000).toBe(Date.parse(text));
      }),
      { numRuns: 2000 },
    );
  });

  test("any timestamp is the same after it was written and read", () => {
    fc.assert(
      fc.property(any.seconds, any.nanos, (seconds, nanos) => {
        expect(parseTimestamp(formatTimestamp(seconds, nanos))).toEqual({ seconds, nanos });
        expect(parseTimestamp(formatNanoseconds(seconds, nanos))).toEqual({ seconds, nanos });
        expect(fromNanoseconds(toNanoseconds(seconds, nanos))).toEqual({ seconds, nanos });
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ["2024-05-06T07:08:09Z", 0],
    ["2024-05-06T07:08:09.1Z", 100_000_000],
    ["2024-05-06T07:08:09.12Z", 120_000_000],
    ["2024-05-06T07:08:09.123Z", 123_000_000],
    ["2024-05-06T07:08:09.1234Z", 123_400_000],
    ["2024-05-06T07:08:09.12345Z", 123_450_000],
    ["2024-05-06T07:08:09.123456Z", 123_456_000],
    ["2024-05-06T07:08:09.1234567Z", 123_456_700],
    ["2024-05-06T07:08:09.12345678Z", 123_456_780],
    ["2024-05-06T07:08:09.123456789Z", 123_456_789],
    ["2024-05-06T07:08:09.1234567890Z", 123_456_789],
    ["2024-05-06T07:08:09.000000001Z", 1],
    ["2024-05-06t07:08:09z", 0],
    ["2024-05-06T09:38:09+02:30", 0],
    ["2024-05-06T03:08:09-04:00", 0],
    ["2024-05-06 07:08:09Z", 0],
    ["2024-05-06 07:08:09.5z", 500_000_000],
    ["2024-05-06T07:08:09", 0],
    ["2024-05-06T07:08:09.123456", 123_456_000],
    ["2024-05-06 07:08:09.25", 250_000_000],
    ["2024-05-06 07:08:09+00:00", 0],
    ["2024-05-06T03:08:09-0400", 0],
    ["2024-05-06T12:38:09.5+0530", 500_000_000],
    ["2024-05-06 03:08:09.5-04", 500_000_000],
    ["2024-05-06T07:08:09+00", 0],
    ["2024-05-06 07:08:09,25", 250_000_000],
    ["2024-05-06T07:08:09 Z", 0],
    ["2024-05-06T07:08:09UTC", 0],
    ["2024-05-06 07:08:09 UTC", 0],
    ["2024-05-06 07:08:09.5 GMT", 500_000_000],
    ["2024-05-06 03:08:09 -0400", 0],
    ["2024-05-06 07:08:09.25 +0000 UTC", 250_000_000],
    ["2024-05-06 03:08:09 -0400 EDT", 0],
    ["2024-05-06T07:08:09Z[UTC]", 0],
    ["2024-05-06T03:08:09.5-04:00[America/New_York]", 500_000_000],
    ["2024-05-06T07:08:09+00:00[Etc/UTC]", 0],
  ])("the timestamp %s is read", (text, nanos) => {
    expect(parseTimestamp(text)).toEqual({ seconds: 1_714_979_289, nanos });
  });

  test.each(["2024-05-06T07:08Z", "2024-05-06T03:08-04:00", "2024-05-06t07:08", "2024-05-06 03:08-0400"])(
    "the timestamp %s without seconds has second 0",
    (text) => {
      expect(parseTimestamp(text)).toEqual({ seconds: 1_714_979_280, nanos: 0 });
    },
  );

  test.each([
    ["2016-12-31T23:59:60Z", 1_483_228_800, 0],
    ["2016-12-31T23:59:60.75Z", 1_483_228_800, 750_000_000],
    ["2016-12-31T18:59:60.000000001-05:00", 1_483_228_800, 1],
    ["2017-01-01 05:29:60+0530", 1_483_228_800, 0],
    ["2015-06-30T23:59:60", 1_435_708_800, 0],
  ])("the leap second %s is the next second of Unix time", (text, seconds, nanos) => {
    expect(parseTimestamp(text)).toEqual({ seconds, nanos });
  });

  test.each([
    ["2024-05-06T07:08", { seconds: 1_714_979_280, nanos: 0 }],
    ["2024-05-06T07:08:09", { seconds: 1_714_979_289, nanos: 0 }],
    ["2024-05-06T07:08:0", undefined],
    ["2024-05-06T07:08:", undefined],
  ])("the timestamp %s reads the same after a longer one: none of its characters are left over", (text, parts) => {
    for (const longer of ["1999-12-31T00:00:00Z", "1999-12-31T23:59:59.999999999+11:11"]) {
      parseTimestamp(longer);
      expect(parseTimestamp(text)).toEqual(parts);
    }
  });

  test.each([
    "",
    "2024-05-06",
    "2024-05-06T07",
    "2024-05-06T07:0",
    "2024-05-06T07:08:",
    "2024-05-06T07:08:0",
    "2024-05-06T07:08.5Z",
    "2024-05-06  07:08:09Z",
    "2024-05-06_07:08:09Z",
    "2024-05-06T07:08:09.",
    "2024-05-06T07:08:09.Z",
    "2024-05-06T07:08:09,Z",
    "2024-05-06T07:08:09Z ",
    "2024-05-06T07:08:09  Z",
    "2024-05-06T07:08:09 ",
    "2024-05-06T07:08:09EDT",
    "2024-05-06 07:08:09 PM",
    "2024-05-06T07:08:09[America/New_York]",
    "2024-05-06T07:08:09Z[UTC",
    `2024-05-06T07:08:09Z[${"x".repeat(100)}]`,
    "2024-05-06T07:08:09ZZ",
    "2024-05-06T07:08:09+",
    "2024-05-06T07:08:09+1",
    "2024-05-06T07:08:09+010",
    "2024-05-06T07:08:09+1:00",
    "2024-05-06T07:08:09+01:0",
    "2024-05-06T07:08:09+01-00",
    "2024-05-06T07:08:09+01:00Z",
    "2024-05-06T07:08:09+24",
    "2024-05-06T07:08:09+2400",
    "2024-05-06T07:08:09+0160",
    "2024-05-06T07:08:09+24:00",
    "2024-05-06T07:08:09+01:60",
    "2024-05-06T24:00:00Z",
    "2024-05-06T07:60:00Z",
    "2024-05-06T07:08:60Z",
    "2024-05-06T23:59:60-04:00",
    "2024-05-06T23:59:61Z",
    "2024-13-01T00:00:00Z",
    "2024-00-01T00:00:00Z",
    "2024-04-31T00:00:00Z",
    "2024-01-00T00:00:00Z",
    "2023-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "+2024-05-06T07:08:09Z",
    "20240506T070809Z........",
    "٢٠٢٤-05-06T07:08:09Z",
    "2024-05-06T07:08:09.1234567891Z",
    "0000-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-00:01",
    "9999-12-31T23:59:60Z",
    "NaT",
    "1714979289",
  ])("the timestamp %j is rejected", (text) => {
    expect(parseTimestamp(text)).toBeUndefined();
  });

  test.each([
    [0, 0, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000000000Z"],
    [0, 900, "1970-01-01T00:00:00.0000009Z", "1970-01-01T00:00:00.000000900Z"],
    [-1, 999_999_999, "1969-12-31T23:59:59.999999999Z", "1969-12-31T23:59:59.999999999Z"],
    [FIRST_SECOND, 0, "0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000000000Z"],
    [LAST_SECOND, 500_000_000, "9999-12-31T23:59:59.5Z", "9999-12-31T23:59:59.500000000Z"],
  ])("the timestamp of %i s and %i ns is formatted for the wire and for people", (seconds, nanos, wire, people) => {
    expect(formatTimestamp(seconds, nanos)).toBe(wire);
    expect(formatNanoseconds(seconds, nanos)).toBe(people);
  });
});
