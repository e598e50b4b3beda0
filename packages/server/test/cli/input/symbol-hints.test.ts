import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { symbolArguments } from "../../../src/cli/input/option-parsers.ts";
import { symbolHints } from "../../../src/cli/input/symbol-hints.ts";

/** What a user types in a folder with these files. */
function inFolderOf(...files: string[]): void {
  const folder = mkdtempSync(join(tmpdir(), "tickerplant-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const file of files) file.endsWith("/") ? mkdirSync(join(folder, file)) : writeFileSync(join(folder, file), "");
  const before = process.cwd();
  process.chdir(folder);
  onTestFinished(() => process.chdir(before));
}

/** As commander collects the arguments. */
function symbolsOf(args: readonly string[]): readonly string[] {
  return args.reduce<readonly string[]>((previous, text) => symbolArguments(text, previous), []);
}

test.each([
  ["files with extensions", ["day.jsonl", "AAPL.csv"]],
  ["one file", ["notes"]],
  ["a folder", ["data/"]],
  ["files without extensions", ["LICENSE", "Makefile"]],
  ["names with blanks", ["my notes.txt"]],
  ["names with commas", ["a,b"]],
])("names of files in the place of a * are misuse: %s", (_, files) => {
  inFolderOf(...files);
  const names = files.map((file) => file.replace("/", ""));
  expect(() => symbolsOf(names)).toThrow(/the shell replaces a \* that has no quotes\. Write '\*'/);
});

test.each([["AAPL"], ["AAPL", "BRK.B"], ["BACpL"], ["*"], ["AAPL,MSFT"]])(
  "symbols are symbols, though files have their names: %s",
  (...symbols) => {
    inFolderOf("AAPL", "BRK.B", "BACpL", "other.txt");
    expect(symbolsOf(symbols)).toEqual(symbols.flatMap((symbol) => symbol.split(",")));
    expect(symbolHints(symbolsOf(symbols))).toEqual([]);
  },
);

test("tickers that are the names of all files here are hinted at", () => {
  inFolderOf("AAPL", "MSFT", ".hidden");
  expect(symbolHints(symbolsOf(["AAPL", "MSFT"]))).toEqual([
    "the symbols are the names of all files here: if you meant all symbols, write '*' with its quotes",
  ]);
});

test("an empty folder hints at nothing", () => {
  inFolderOf();
  expect(symbolHints(["AAPL"])).toEqual([]);
});

test.each([
  [["aapl"], "aapl will be silent; did you mean AAPL?"],
  [["AAPL", "brk.b", "Msft"], "brk.b, Msft will be silent; did you mean BRK.B, MSFT?"],
  [["a", "b", "c", "d", "e", "f"], "a, b, c, d, e, … will be silent; did you mean A, B, C, D, E, …?"],
])("symbols in small letters are hinted at: %j", (symbols, hint) => {
  expect(symbolHints(symbols)).toEqual([`symbols have capital letters: ${hint}`]);
});

test.each(["BACpL", "BAC.PRL", "ABCw", "ABCrw", "FAKEPACA", "*", "123"])(
  "symbols of the tape are not: %s",
  (symbol) => {
    expect(symbolHints([symbol])).toEqual([]);
  },
);
