import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { symbolArguments } from "../../../src/cli/input/option-parsers.ts";
import { symbolHints } from "../../../src/cli/input/symbol-hints.ts";

/** Changes to a new folder with these files. */
function inFolderOf(...files: string[]): void {
  const folder = mkdtempSync(join(tmpdir(), "tickerplant-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const file of files) file.endsWith("/") ? mkdirSync(join(folder, file)) : writeFileSync(join(folder, file), "");
  const before = process.cwd();
  process.chdir(folder);
  onTestFinished(() => process.chdir(before));
}

/** Collects symbols from arguments like commander does. */
function symbolsOf(args: readonly string[]): readonly string[] {
  return args.reduce<readonly string[]>((previous, text) => symbolArguments(text, previous), []);
}

test.each([
  ["files with extensions", ["day.jsonl", "AAPL.csv"]],
  ["one file", ["notes"]],
  ["a folder", ["data/"]],
  ["files without extensions", ["LICENSE", "Makefile"]],
  ["names with spaces", ["my notes.txt"]],
  ["names with commas", ["a,b"]],
])("file names in place of an unquoted * are rejected: %s", (_, files) => {
  inFolderOf(...files);
  const names = files.map((file) => file.replace("/", ""));
  expect(() => symbolsOf(names)).toThrow(/the shell replaces \* without quotes by file names\. Write '\*'/);
});

test.each([["AAPL"], ["AAPL", "BRK.B"], ["BACpL"], ["*"], ["AAPL,MSFT"]])(
  "a symbol is accepted even if a file has its name: %s",
  (...symbols) => {
    inFolderOf("AAPL", "BRK.B", "BACpL", "other.txt");
    expect(symbolsOf(symbols)).toEqual(symbols.flatMap((symbol) => symbol.split(",")));
    expect(symbolHints(symbolsOf(symbols))).toEqual([]);
  },
);

test("tickers that are the names of all files here cause a warning", () => {
  inFolderOf("AAPL", "MSFT", ".hidden");
  expect(symbolHints(symbolsOf(["AAPL", "MSFT"]))).toEqual([
    "the symbols are the names of all files here: to subscribe to all symbols, write '*' with quotes",
  ]);
});

test("symbols in an empty folder cause no warning", () => {
  inFolderOf();
  expect(symbolHints(["AAPL"])).toEqual([]);
});

test.each([
  [["aapl"], "aapl will have no records; did you mean AAPL?"],
  [["AAPL", "brk.b", "Msft"], "brk.b, Msft will have no records; did you mean BRK.B, MSFT?"],
  [["a", "b", "c", "d", "e", "f"], "a, b, c, d, e, … will have no records; did you mean A, B, C, D, E, …?"],
])("lower-case symbols cause a warning: %j", (symbols, hint) => {
  expect(symbolHints(symbols)).toEqual([`symbols are upper case: ${hint}`]);
});

test.each(["BACpL", "BAC.PRL", "ABCw", "ABCrw", "FAKEPACA", "*", "123"])(
  "a valid symbol causes no warning: %s",
  (symbol) => {
    expect(symbolHints([symbol])).toEqual([]);
  },
);
