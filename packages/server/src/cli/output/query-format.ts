import type { QueryColumn, QueryRow, QueryValue } from "@tickerplant/recorder";
import { stringify } from "csv-stringify/sync";
import { printable } from "./printable.ts";
import type { RecordFormat } from "./record-format.ts";

/** Makes a format of JSON lines: one object a row, with the names of the columns. */
export function queryJson(columns: readonly QueryColumn[]): RecordFormat<QueryRow> {
  const keys = columns.map(({ name }) => JSON.stringify(name));
  const line = (row: QueryRow): string => `{${row.map((value, at) => `${keys[at]}:${json(value)}`).join(",")}}\n`;
  return { header: "", encode: (rows) => rows.map(line).join("") };
}

/** Makes a format of comma-separated values with a header. A list is one cell, separated by `|`; null is an empty cell. */
export function queryCsv(columns: readonly QueryColumn[]): RecordFormat<QueryRow> {
  return {
    header: stringify([columns.map(({ name }) => name)]),
    encode: (rows) => stringify(rows.map((row) => row.map(csvCell))),
  };
}

function csvCell(value: QueryValue): string {
  if (value === null) return "";
  if (typeof value !== "object") return String(value);
  return isList(value) && value.every((item) => typeof item !== "object") ? value.map(String).join("|") : json(value);
}

/** Formats a value as JSON, with integers of any size. JSON has no infinities and no NaN: they are null. */
function json(value: QueryValue): string {
  if (typeof value === "bigint") return value.toString();
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (isList(value)) return `[${value.map(json).join(",")}]`;
  return `{${Object.entries(value)
    .map(([name, entry]) => `${JSON.stringify(name)}:${json(entry)}`)
    .join(",")}}`;
}

function isList(value: QueryValue): value is readonly QueryValue[] {
  return Array.isArray(value);
}

/** Formats a value as a cell of a table: one line, safe to show on a terminal. */
export function tableCell(value: QueryValue): string {
  if (value === null) return "null";
  if (typeof value === "string") return printable(value);
  if (typeof value !== "object") return String(value);
  if (!isList(value)) return printable(json(value));
  return `[${value.map(tableCell).join(",")}]`;
}

const NUMBER = /^(?:U?(?:TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DOUBLE|FLOAT|DECIMAL|BIGNUM)/;

/** Whether the values of a column are numbers, which are aligned at the right. */
export function isNumeric({ type }: QueryColumn): boolean {
  return NUMBER.test(type) && !type.endsWith("[]");
}
