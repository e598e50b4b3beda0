import { expect, test } from "vitest";
import { type GapEvent, gapParts } from "../../src/reading/gap-parts.ts";

interface Row extends GapEvent {
  readonly range: string;
}

function row(kind: string, symbols: string, range = "trades 1 2"): Row {
  return { kind, symbols: symbols.split(","), range };
}

/** The parts of all gaps, by the numbers of their rows. */
function partsOf(...rows: readonly Row[]): Record<string, string[]> {
  const parts = [...gapParts(rows, ({ range }) => range)];
  const shown = parts.map(([gap, list]) => [
    rows.indexOf(gap),
    list.map(({ symbols, outcome }) => `${symbols} ${outcome?.kind ?? "unknown"}`),
  ]);
  return Object.fromEntries(shown);
}

test("a gap is divided by what became of its symbols", () => {
  const rows = [row("gap", "A,B,C"), row("gap_filled", "A"), row("gap_open", "B")];
  expect(partsOf(...rows)).toEqual({ 0: ["A gap_filled", "B gap_open", "C unknown"] });
});

test("an outcome of two gaps of one range belongs to each for its symbols, and to none of another range", () => {
  const rows = [row("gap", "A"), row("gap", "B"), row("gap", "A", "quotes 1 2"), row("gap_filled", "A,B")];
  expect(partsOf(...rows)).toEqual({ 0: ["A gap_filled"], 1: ["B gap_filled"], 2: ["A unknown"] });
});

test("a symbol that stays open is a part of the gap of all symbols", () => {
  const rows = [row("gap", "*"), row("gap_open", "A"), row("gap_filled", "*")];
  expect(partsOf(...rows)).toEqual({ 0: ["A gap_open", "* gap_filled"] });
});

test("a symbol that stays open without a gap is one itself, and is reported once", () => {
  const rows = [row("gap_open", "A"), row("gap_open", "A,B"), row("gap_filled", "C")];
  expect(partsOf(...rows)).toEqual({ 0: ["A gap_open"], 1: ["B gap_open"] });
});
