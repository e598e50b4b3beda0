import { describe, expect, test } from "vitest";
import { conditionCodes, gapWords, names, quoteThen, tradeTime, updateWords } from "../../src/tape/words.ts";
import { quote, SECONDS, trade } from "../market/fixture/trades.ts";

describe("the words of the tape", () => {
  test("a time is New York's, with milliseconds", () => {
    expect(tradeTime(trade({ ms: 21 }))).toBe("10:41:07.021");
    expect(tradeTime(trade({ ms: 1900 }))).toBe("10:41:08.900");
  });

  test("a quote without an offer shows a dash", () => {
    expect([quoteThen(quote(25.17, 0)), quoteThen(undefined)]).toEqual(["25.17 × –", "–"]);
  });

  test("the cell of conditions leaves out the codes of a regular sale", () => {
    expect(conditionCodes(trade({ conditions: ["@", " ", "F", "I"] }))).toBe("F I");
  });

  test("the exchange and conditions have names, and an unknown code stands for itself", () => {
    expect(names(trade({ exchange: "V", conditions: ["I", "<b>"] }))).toEqual(["V: IEX", "I: Odd Lot Trade", "<b>"]);
  });

  test("a correction says what changed", () => {
    const original = trade({ price: 25.18, size: 200 });
    const words = (toPrice: number, toSize: number) =>
      updateWords(original, { kind: "corrected", price: toPrice, size: toSize });
    expect(words(25.17, 200)).toBe("↳ corrected to 25.17");
    expect(words(25.18, 2000)).toBe("↳ corrected to size 2,000");
    expect(words(25.17, 2000)).toBe("↳ corrected to 25.17, size 2,000");
  });

  test("a gap says its range, and whether it is filled", () => {
    const gap = { fromMs: SECONDS * 1000 - 2000, toMs: SECONDS * 1000 };
    expect(gapWords({ ...gap, state: "open" })).toBe("Gap 10:41:05 – 10:41:07, not filled");
    expect(gapWords({ ...gap, toMs: undefined, state: "open" })).toBe("Gap 10:41:05 – now, not filled");
    expect(gapWords({ ...gap, state: "filled" })).toBe("Gap 10:41:05 – 10:41:07, filled from history");
  });
});
