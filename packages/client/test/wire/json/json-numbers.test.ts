import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { JsonReader } from "../../../src/wire/json/json-reader.ts";
import { JsonWriter } from "../../../src/wire/json/json-writer.ts";
import type { Id } from "../../../src/wire/market-record.ts";
import type { WireReader } from "../../../src/wire/wire-reader.ts";
import { json } from "../support/decoded.ts";

/** The key `p`. */
const PRICE_KEY = 0x70;

/** Returns a reader positioned before a value. */
function readerBefore(value: string): WireReader {
  const reader = new JsonReader();
  reader.open(json(`[${value}]`));
  reader.nextMessage();
  return reader;
}

const numberOf = (text: string): number => readerBefore(text).number();
const idOf = (text: string): Id => readerBefore(text).id();

/** Returns the bytes that our writer writes for a price and a count. */
function written(field: "price" | "count", value: Id): string {
  const writer = new JsonWriter();
  if (field === "price") writer.price(PRICE_KEY, Number(value));
  else writer.count(PRICE_KEY, value);
  return new TextDecoder().decode(writer.out.written()).slice(',"p":'.length);
}

/** Generates every notation of a number that JSON allows. */
const decimal = fc
  .tuple(
    fc.constantFrom("", "-"),
    fc.oneof(fc.constant("0"), fc.stringMatching(/^[1-9][0-9]{0,24}$/)),
    fc.oneof(fc.constant(""), fc.stringMatching(/^\.[0-9]{1,24}$/)),
    fc.oneof(fc.constant(""), fc.stringMatching(/^[eE][+-]?[0-9]{1,2}$/)),
  )
  .map((parts) => parts.join(""));

describe("JSON numbers", () => {
  test("a JSON number in any notation reads as JSON.parse reads it, to the bit", () => {
    fc.assert(
      fc.property(decimal, (text) => {
        expect(numberOf(text)).toBe(JSON.parse(text));
      }),
      { numRuns: 5000 },
    );
  });

  test("any double in JSON reads as JSON.parse reads it, to the bit", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(numberOf(JSON.stringify(value))).toBe(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 3000 },
    );
  });

  test("JSON prices of up to four decimals are written as JSON.stringify writes them", () => {
    const cents = fc.tuple(fc.maxSafeNat(), fc.constantFrom(1, 10, 100, 1000, 10_000));
    fc.assert(
      fc.property(cents, ([value, scale]) => {
        expect(written("price", value / scale)).toBe(JSON.stringify(value / scale));
      }),
      { numRuns: 3000 },
    );
  });

  test("any double and any integer is written to JSON as JSON.stringify writes it", () => {
    fc.assert(
      fc.property(fc.oneof(fc.double(), fc.maxSafeInteger(), fc.nat(), fc.constant(-0)), (value) => {
        expect(written("price", value)).toBe(JSON.stringify(value));
        expect(written("count", value)).toBe(JSON.stringify(value));
      }),
      { numRuns: 5000 },
    );
  });

  test.each([0, 9, 10, 99, 1e9 - 1, 1e9, 1e9 + 1, 8_388_608e9 - 1, 8_388_608e9, 2 ** 53 - 1, 1e11, 1e15, 1e21])(
    "the JSON writer writes %d with all its digits",
    (value) => {
      expect(written("count", value)).toBe(String(value));
      expect(written("price", value)).toBe(String(value));
    },
  );

  test.each([
    ["9007199254740991", 9_007_199_254_740_991],
    ["9007199254740992", 9_007_199_254_740_992n],
    ["9007199254740993", 9_007_199_254_740_993n],
    ["-9007199254740991", -9_007_199_254_740_991],
    ["-9007199254740992", -9_007_199_254_740_992n],
    ["9223372036854775807", 9_223_372_036_854_775_807n],
    ["18446744073709551615", 18_446_744_073_709_551_615n],
    ["-9223372036854775808", -9_223_372_036_854_775_808n],
    ["1e3", 1000],
    ["12.0", 12],
  ])("the JSON id %s is read exactly", (text, id) => {
    expect(idOf(text)).toBe(id);
  });

  test.each([
    "1.5",
    "1e300",
    "18446744073709551616",
    "-9223372036854775809",
    "9007199254740992.0",
    "true",
    '"7"',
    "[]",
  ])("the JSON id %s is rejected", (text) => {
    expect(() => idOf(text)).toThrow(expect.objectContaining({ code: "bad_message" }));
  });

  test.each([
    "01",
    "-01",
    "00.5",
    "1.",
    ".5",
    "+1",
    "1e",
    "1e+",
    "-",
    "--1",
    "NaNs",
    "Infinit",
    "nul",
    "Null",
    "None",
    "undefined",
    "0x10",
  ])("the JSON number %s is rejected", (text) => {
    const reader = readerBefore(text);
    // Some begin with a valid number: reading the next message then finds the characters after it.
    const read = (): void => {
      reader.number();
      reader.nextMessage();
    };
    expect(read).toThrow(expect.objectContaining({ name: "StreamError" }));
  });

  test.each([
    ...["null", "NaN", "Infinity", "-Infinity", " \tNaN ", "1e999", "-1e999", "9".repeat(400)],
    ...["-NaN", "nan", "-nan", "inf", "-inf", "Inf", "+Infinity"],
    ...['""', '"NaN"', '"Infinity"', '"-Infinity"', '"\\u004eaN"'],
  ])("the JSON reader reads %s as no value, and reads on after it", (text) => {
    const read = (method: "number" | "count" | "id" | "skip"): unknown => {
      const reader = readerBefore(`${text},7`);
      const value = reader[method]();
      expect(reader.nextMessage()).toBe(true);
      expect(reader.number()).toBe(7);
      return value;
    };
    expect(read("number")).toBeNaN();
    expect(read("count")).toBeNaN();
    expect(read("id")).toBe(0);
    expect(read("skip")).toBeUndefined();
  });

  test.each([
    ["NaN", Number.NaN],
    ["[nan,-nan]", [Number.NaN, Number.NaN]],
    ["[inf,-inf]", [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]],
    ['["NaN",""]', ["NaN", ""]],
    ["[Infinity,-Infinity,-1]", [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1]],
    ["1e999", Number.POSITIVE_INFINITY],
    [`-${"9".repeat(400)}`, Number.NEGATIVE_INFINITY],
    ["null", null],
  ])("the JSON reader keeps %s as it is in plain data", (text, value) => {
    expect(readerBefore(text).value()).toEqual(value);
  });

  test("the JSON reader rejects a negative count", () => {
    expect(() => readerBefore("-1").count()).toThrow(expect.objectContaining({ code: "bad_message" }));
  });
});
