import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonFault } from "../../../src/cli/input/json-fault.ts";

test.each([
  ["", 1, 1],
  ["[1, 2", 1, 6],
  ['{"a": 1,}', 1, 9],
  ["[1,]", 1, 4],
  ['{\n  "a": tru\n}', 2, 8],
  ['{"a" 1}', 1, 6],
  ["[01]", 1, 2],
  ["[1] 2", 1, 5],
  ["[}", 1, 2],
  ['{"a":1]', 1, 7],
  ['["a\nb"]', 1, 2],
  ["[1 2]", 1, 4],
  ["'a'", 1, 1],
  ['{"a": // comment\n1}', 1, 7],
  ["]", 1, 1],
])("the fault of %j is at line %i, column %i", (text, line, column) => {
  expect(jsonFault(text)).toEqual({ line, column });
});

/** Pieces of JSON, so that random texts are JSON or nearly so. */
const PIECES = [
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  '"a"',
  '"\\u00e9\\n"',
  '"\\x"',
  "1",
  "-0.5e3",
  "01",
  "true",
  "nul",
  " ",
  "\n",
];

test("a text has a fault if and only if JSON.parse rejects it", () => {
  const nearly = fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((pieces) => pieces.join(""));
  fc.assert(
    fc.property(fc.oneof(fc.json(), nearly, fc.string()), (text) => {
      let isJson = true;
      try {
        JSON.parse(text);
      } catch {
        isJson = false;
      }
      expect(jsonFault(text) === undefined).toBe(isJson);
    }),
    { numRuns: 2000 },
  );
});

test("deeply nested JSON has no fault and takes no stack", () => {
  expect(jsonFault(`${"[".repeat(100_000)}${"]".repeat(100_000)}`)).toBeUndefined();
});
