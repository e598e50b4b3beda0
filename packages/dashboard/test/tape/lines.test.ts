import { describe, expect, test } from "vitest";
import type { Print } from "../../src/market/print.ts";
import { MAX_LINES } from "../../src/tape/limits.ts";
import { type TapeGap, tapeLines } from "../../src/tape/lines.ts";
import { SECONDS, trade } from "../market/fixture/trades.ts";

const START = SECONDS * 1000;

function printAt(ms: number, update?: Print["update"]): Print {
  return { trade: trade({ ms }), quote: undefined, update };
}

function gap(from: number, to: number | undefined): TapeGap {
  return { fromMs: START + from, toMs: to === undefined ? to : START + to, state: "open" };
}

function kinds(prints: readonly Print[], gaps: readonly TapeGap[]): string[] {
  return tapeLines(prints, gaps).map((line) => line.kind);
}

describe("the lines of the tape", () => {
  test("the rule of a gap stands between the trade after its end and the one before", () => {
    expect(kinds([printAt(900), printAt(100)], [gap(200, 800)])).toEqual(["print", "gap", "print"]);
  });

  test("a gap that grows stands on top", () => {
    expect(kinds([printAt(100)], [gap(200, undefined)])).toEqual(["gap", "print"]);
  });

  test("a gap before the oldest trade that is shown has no rule", () => {
    expect(kinds([printAt(900)], [gap(200, 800)])).toEqual(["print"]);
  });

  test("gaps keep their order, newest first", () => {
    const [older, newer] = [gap(100, 200), gap(400, 500)];
    const lines = tapeLines([printAt(900), printAt(50)], [older, newer]);
    expect(lines.flatMap((line) => (line.kind === "gap" ? [line.gap] : []))).toEqual([newer, older]);
  });

  test("a cancelled trade is followed by a line that says so", () => {
    expect(kinds([printAt(900, { kind: "cancelled" }), printAt(100)], [])).toEqual(["print", "update", "print"]);
  });

  test("there are never more lines than rows", () => {
    const prints = Array.from({ length: MAX_LINES }, (_, index) => printAt(900 - index, { kind: "cancelled" }));
    expect(tapeLines(prints, [])).toHaveLength(MAX_LINES);
  });
});
