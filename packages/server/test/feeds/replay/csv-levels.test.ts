import fc from "fast-check";
import { expect, test } from "vitest";
import { joinLevels, splitLevels } from "../../../src/feeds/replay/csv-levels.ts";

test("price levels in a cell of CSV are read as they were written", () => {
  const number = (min: number) => fc.double({ min, noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
  fc.assert(
    fc.property(fc.array(fc.record({ price: number(-1e9), size: number(0) }), { maxLength: 5 }), (levels) => {
      expect(splitLevels(joinLevels(levels))).toEqual(levels);
    }),
  );
});

test.each(["1", "1@", "@1", "1@-1", "1@x", "1@2,3@4", "1@2|", "1@1e999"])(
  "the cell %j holds no price levels",
  (cell) => {
    expect(splitLevels(cell)).toBeUndefined();
  },
);
