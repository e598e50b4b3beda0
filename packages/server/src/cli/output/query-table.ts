import type { QueryColumn, QueryRow } from "@tickerplant/recorder";
import { printable } from "./printable.ts";
import { isNumeric, tableCell } from "./query-format.ts";
import type { RecordFormat } from "./record-format.ts";

const GAP = "  ";
const ELLIPSIS = "…";

/** Widest column on a terminal: a message must not push out the columns beside it. */
const MAX_SHOWN_WIDTH = 60;

/** A table whose columns are as wide as the header and the first rows need. */
export interface QueryTableFormat extends RecordFormat<QueryRow> {
  /** Names of the columns for which the terminal has no room. */
  readonly hidden: readonly string[];
}

/**
 * Makes a format of aligned columns. With `width`, that of a terminal, cells are cut and the last columns are left out
 * if they do not fit; without it everything is shown, and a later cell that is wider moves the rest of its line.
 */
export function queryTable(
  columns: readonly QueryColumn[],
  firstRows: readonly QueryRow[],
  width: number = Number.POSITIVE_INFINITY,
): QueryTableFormat {
  const names = columns.map(({ name }) => printable(name));
  const widest = width === Number.POSITIVE_INFINITY ? width : Math.min(width, MAX_SHOWN_WIDTH);
  const widths = columns.map((_, at) => {
    const cells = firstRows.map((row) => lengthOf(tableCell(row[at] ?? null)));
    return Math.min(widest, longest([lengthOf(names[at] ?? ""), ...cells]));
  });
  const shown = fitting(widths, width);
  const line = (cells: readonly string[]): string => {
    const aligned = cells.slice(0, shown).map((cell, at) => {
      const column = columns[at];
      const room = widths[at] ?? 0;
      const text = lengthOf(cell) > room && width !== Number.POSITIVE_INFINITY ? cut(cell, room) : cell;
      const padding = " ".repeat(Math.max(0, room - lengthOf(text)));
      return column !== undefined && isNumeric(column) ? padding + text : text + padding;
    });
    return `${aligned.join(GAP).trimEnd()}\n`;
  };
  const rule = widths.slice(0, shown).map((length) => "─".repeat(length));
  return {
    header: `${line(names)}${rule.join(GAP)}\n`,
    encode: (rows) => rows.map((row) => line(row.map(tableCell))).join(""),
    hidden: names.slice(shown),
  };
}

function longest(lengths: readonly number[]): number {
  return lengths.reduce((most, length) => Math.max(most, length), 0);
}

/** How many columns fit into a width: at least one. */
function fitting(widths: readonly number[], width: number): number {
  let used = -GAP.length;
  const first = widths.findIndex((length) => {
    used += GAP.length + length;
    return used > width;
  });
  return first === -1 ? widths.length : Math.max(1, first);
}

function lengthOf(text: string): number {
  return [...text].length;
}

function cut(text: string, length: number): string {
  return [...text].slice(0, length - 1).join("") + ELLIPSIS;
}
