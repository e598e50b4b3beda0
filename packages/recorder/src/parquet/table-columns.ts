import type { Column, ColumnKind } from "@tickerplant/client/wire";

/** How the values of a column are stored. */
export type ValueType = "number" | "integer" | "id" | "text" | "texts" | "time" | "levels" | "flag";

/** Types by kind. Sizes are numbers with a fraction, because fractional shares and crypto have one. */
const TYPES: Readonly<Record<ColumnKind, ValueType>> = {
  price: "number",
  size: "number",
  amount: "number",
  count: "integer",
  id: "id",
  code: "text",
  text: "text",
  conditions: "texts",
  nanoseconds: "time",
  levels: "levels",
  flag: "flag",
};

/** A column of a table of records or gaps. */
export interface TableColumn {
  readonly name: string;
  /** What the column holds, for the metadata of the file. */
  readonly meaning: string;
  readonly type: ValueType;
}

function column(name: string, meaning: string, type: ValueType): TableColumn {
  return { name, meaning, type };
}

/** The time of a record, and the symbol, which sort a file. */
const KEY_COLUMNS: readonly TableColumn[] = [
  column("symbol", "the symbol", "text"),
  column("t", "the record's time, UTC", "time"),
];

/** Where a record comes from. With the segment, which a file has behind them, the number is the order of arrival. */
const ORIGIN_COLUMNS: readonly TableColumn[] = [
  column("received", "when the recorder received it, UTC", "time"),
  column("fromHistory", "whether it was requested from history, to fill a gap", "flag"),
  column("sequence", "the number of the row in its segment over all tables, from 0", "integer"),
];

/** The columns of a channel's files, from its schema. */
export function recordColumns(columns: readonly Column[]): TableColumn[] {
  const own = columns.map(({ name, kind }) => column(name, kind, TYPES[kind]));
  return [...KEY_COLUMNS, ...own, ...ORIGIN_COLUMNS];
}

/** The table of what is missing. All others are channels. */
export const GAPS_TABLE = "gaps";

/** The columns of the files that say what is missing. */
export const GAP_COLUMNS: readonly TableColumn[] = [
  column("kind", "what happened: gap, dropped, reconnecting, …", "text"),
  column("channel", "the channel", "text"),
  column("symbols", "the symbols; * for all", "texts"),
  column("fromTime", "the begin of the time range of the records concerned, UTC", "time"),
  column("toTime", "the end of that range, UTC", "time"),
  column("count", "how many records or frames", "integer"),
  column("cause", "the cause as a word", "text"),
  column("message", "the cause as a sentence", "text"),
  ...ORIGIN_COLUMNS.filter(({ name }) => name !== "fromHistory"),
];
