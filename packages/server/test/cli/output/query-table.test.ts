import type { QueryColumn, QueryRow } from "@tickerplant/recorder";
import { expect, test } from "vitest";
import { queryCsv, queryJson } from "../../../src/cli/output/query-format.ts";
import { queryTable } from "../../../src/cli/output/query-table.ts";

const COLUMNS: readonly QueryColumn[] = [
  { name: "symbol", type: "VARCHAR" },
  { name: "price", type: "DOUBLE" },
  { name: "note", type: "VARCHAR" },
];
const ROWS: readonly QueryRow[] = [
  ["AAPL", 1.5, null],
  ["A", 12n, "x\u001b[2J"],
];

function tableOf(width?: number): { lines: string[]; hidden: readonly string[] } {
  const { header, encode, hidden } = queryTable(COLUMNS, ROWS, width);
  return { lines: (header + encode(ROWS)).split("\n"), hidden };
}

test("a table aligns numbers at the right, shows nulls, and escapes what a terminal would interpret", () => {
  expect(tableOf().lines).toEqual([
    "symbol  price  note",
    "──────  ─────  ──────────",
    "AAPL      1.5  null",
    "A          12  x\\u001b[2J",
    "",
  ]);
});

test("a table leaves out the last columns that a terminal has no room for, and names them", () => {
  expect(tableOf(24)).toEqual({
    lines: ["symbol  price", "──────  ─────", "AAPL      1.5", "A          12", ""],
    hidden: ["note"],
  });
  expect(tableOf(25).hidden).toEqual([]);
});

test("a table cuts the first column to a very narrow terminal", () => {
  expect(tableOf(4)).toEqual({ lines: ["sym…", "────", "AAPL", "A", ""], hidden: ["price", "note"] });
});

test("a later cell that is wider than the first rows moves the rest of its line", () => {
  const { encode } = queryTable(COLUMNS, ROWS);
  expect(encode([["LONG.SYMBOL", 1, "a"]])).toBe("LONG.SYMBOL      1  a\n");
});

test("JSON lines have integers of any size, and null for values that JSON lacks", () => {
  const columns: QueryColumn[] = ["id", "ratio", "levels", "isOdd"].map((name) => ({ name, type: "" }));
  const { encode } = queryJson(columns);
  expect(encode([[2n ** 64n - 1n, Number.NaN, [{ price: 1, size: null }], true]])).toBe(
    '{"id":18446744073709551615,"ratio":null,"levels":[{"price":1,"size":null}],"isOdd":true}\n',
  );
});

test("CSV has one cell for a list, an empty one for null, and quotes where they are needed", () => {
  const { header, encode } = queryCsv(COLUMNS);
  expect(
    header +
      encode([
        [["@", " "], null, 'a,"b"'],
        [[{ price: 1 }], -0.5, ""],
      ]),
  ).toBe('symbol,price,note\n@| ,,"a,""b"""\n"[{""price"":1}]",-0.5,\n');
});
