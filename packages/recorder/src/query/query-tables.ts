import { ASSET_CLASSES } from "../asset-class.ts";
import { GAP_COLUMNS, recordColumns, type TableColumn, type ValueType } from "../parquet/table-columns.ts";

/** A column of a table that a query can name. */
export interface QueryColumn {
  readonly name: string;
  /** The type in DuckDB. */
  readonly type: string;
}

/** A table that a query can name. It exists even if nothing of it was recorded. */
export interface QueryTable {
  readonly name: string;
  /** The name of the folders with its files: a channel, or `gaps`. Undefined for a table that is made of others. */
  readonly recordedAs?: string;
  readonly meaning: string;
  readonly columns: readonly QueryColumn[];
}

/** Types in Parquet files, as DuckDB writes them. */
const SQL_TYPES: Readonly<Record<ValueType, string>> = {
  number: "DOUBLE",
  integer: "BIGINT",
  id: "UBIGINT",
  text: "VARCHAR",
  texts: "VARCHAR[]",
  time: "TIMESTAMP_NS",
  levels: 'STRUCT("price" DOUBLE, "size" DOUBLE)[]',
  flag: "BOOLEAN",
};

/** Columns of the recording itself: the feed, the day in New York, and the order of arrival. */
const ORIGIN: readonly QueryColumn[] = [
  { name: "feed", type: "VARCHAR" },
  { name: "day", type: "DATE" },
  { name: "received", type: "TIMESTAMP_NS" },
  { name: "fromHistory", type: "BOOLEAN" },
  { name: "segment", type: "VARCHAR" },
  { name: "sequence", type: "BIGINT" },
];

const ORIGIN_NAMES: ReadonlySet<string> = new Set(ORIGIN.map(({ name }) => name));

const MEANINGS: Readonly<Record<string, string>> = {
  trades: "trades as they were reported",
  quotes: "best bids and offers",
  bars: "minute bars of the server",
  updatedBars: "minute bars that late trades changed",
  dailyBars: "the day's bar so far, minute by minute",
  statuses: "halts, resumptions and other states",
  lulds: "limit up, limit down bands",
  imbalances: "order imbalances",
  corrections: "corrections of trades",
  cancelErrors: "cancelled trades",
  orderbooks: "order books of crypto",
};

/** The channels of all asset classes, each with the columns of all of them. */
const CHANNEL_TABLES: readonly QueryTable[] = channels().map((channel) => ({
  name: snakeCase(channel),
  recordedAs: channel,
  meaning: MEANINGS[channel] ?? channel,
  columns: withOrigin(
    Object.values(ASSET_CLASSES).flatMap(({ columns }) =>
      columns[channel] === undefined ? [] : recordColumns(columns[channel]),
    ),
  ),
}));

const GAPS: QueryTable = {
  name: "gaps",
  recordedAs: "gaps",
  meaning: "what is missing in the recording, and why",
  columns: withOrigin(GAP_COLUMNS).filter(({ name }) => name !== "fromHistory"),
};

const TAPE: QueryTable = {
  name: "tape",
  meaning: "the trades that are valid: corrections and cancels are applied",
  columns: [...columnsOf(CHANNEL_TABLES, "trades"), { name: "isCorrection", type: "BOOLEAN" }],
};

/** The tables of a recording. */
export const QUERY_TABLES: readonly QueryTable[] = [...CHANNEL_TABLES, TAPE, GAPS];

function columnsOf(tables: readonly QueryTable[], name: string): readonly QueryColumn[] {
  return tables.find((table) => table.name === name)?.columns ?? [];
}

function channels(): string[] {
  return [...new Set(Object.values(ASSET_CLASSES).flatMap(({ schema }) => schema.channels))];
}

/** The columns of records or gaps, each once, and then those of the recording. */
function withOrigin(columns: readonly TableColumn[]): readonly QueryColumn[] {
  const own = new Map<string, QueryColumn>();
  for (const { name, type } of columns) if (!ORIGIN_NAMES.has(name)) own.set(name, { name, type: SQL_TYPES[type] });
  return [...own.values(), ...ORIGIN];
}

/** `updatedBars` as SQL spells it: `updated_bars`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
