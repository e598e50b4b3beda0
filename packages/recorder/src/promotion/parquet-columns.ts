import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  type DuckDBType,
  type DuckDBValue,
  LIST,
  listValue,
  STRUCT,
  structValue,
  UBIGINT,
  VARCHAR,
} from "@duckdb/node-api";
import type { Column, ColumnKind, PriceLevel } from "@tickerplant/client/wire";

/** How the values of one kind are kept. */
interface ColumnType {
  /** The type while rows are collected. */
  readonly type: DuckDBType;
  /** Whether the column is nanoseconds, and becomes a TIMESTAMP_NS. */
  readonly isTime?: boolean;
  /** Returns the value to store; undefined for one that the type cannot hold. */
  convert(value: unknown): DuckDBValue | undefined;
}

const MAX_INT64 = 2n ** 63n - 1n;
const MAX_UINT64 = 2n ** 64n - 1n;

const NUMBER: ColumnType = {
  type: DOUBLE,
  convert: (value) => (typeof value === "number" ? value : undefined),
};

const TEXT: ColumnType = {
  type: VARCHAR,
  convert: (value) => (typeof value === "string" ? value : undefined),
};

/** Types by kind. Sizes are doubles, because fractional shares and crypto have parts of one. */
const TYPES: Readonly<Record<ColumnKind, ColumnType>> = {
  price: NUMBER,
  size: NUMBER,
  amount: NUMBER,
  count: {
    type: BIGINT,
    convert: (value) => (Number.isSafeInteger(value) ? BigInt(value as number) : undefined), // an integer
  },
  id: { type: UBIGINT, convert: toId },
  code: TEXT,
  text: TEXT,
  conditions: {
    type: LIST(VARCHAR),
    convert: (value) => (Array.isArray(value) ? listValue(value) : undefined),
  },
  nanoseconds: {
    type: BIGINT,
    isTime: true,
    convert: (value) => (typeof value === "bigint" && isStorableTime(value) ? value : undefined),
  },
  levels: {
    type: LIST(STRUCT({ price: DOUBLE, size: DOUBLE })),
    convert: (value) =>
      Array.isArray(value)
        ? listValue(value.map(({ price, size }: PriceLevel) => structValue({ price, size })))
        : undefined,
  },
  flag: { type: BOOLEAN, convert: (value) => value === true },
};

function toId(value: unknown): bigint | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : undefined;
  return typeof value === "bigint" && value >= 0n && value <= MAX_UINT64 ? value : undefined;
}

/** Whether a time in nanoseconds fits into a TIMESTAMP_NS: the years 1677 to 2262. */
export function isStorableTime(timestampNs: bigint): boolean {
  return timestampNs > -MAX_INT64 && timestampNs < MAX_INT64; // the extremes are DuckDB's infinities
}

/** A column of a table of records or gaps. */
export interface TableColumn {
  readonly name: string;
  /** What the column holds, for the metadata of the file. */
  readonly meaning: string;
  readonly type: DuckDBType;
  readonly isTime: boolean;
  convert(value: unknown): DuckDBValue | undefined;
}

function column(name: string, meaning: string, { type, isTime = false, convert }: ColumnType): TableColumn {
  return { name, meaning, type, isTime, convert };
}

/** The time of a record, and the symbol, which sort a file. */
const KEY_COLUMNS: readonly TableColumn[] = [
  column("symbol", "the symbol", TEXT),
  column("t", "the record's time, UTC", TYPES.nanoseconds),
];

/** Where a record comes from. With the segment, which a file has behind them, the number is the order of arrival. */
const ORIGIN_COLUMNS: readonly TableColumn[] = [
  column("received", "when the recorder received it, UTC", TYPES.nanoseconds),
  column("fromHistory", "whether it was requested from history, to fill a gap", TYPES.flag),
  column("sequence", "the number of the record in its segment, from 0", TYPES.count),
];

/** The columns of a channel's files, from its schema. */
export function recordColumns(columns: readonly Column[]): TableColumn[] {
  const own = columns.map(({ name, kind }) => column(name, kind, TYPES[kind]));
  return [...KEY_COLUMNS, ...own, ...ORIGIN_COLUMNS];
}

/** The columns of the files that say what is missing. */
export const GAP_COLUMNS: readonly TableColumn[] = [
  column("kind", "what happened: gap, dropped, reconnecting, …", TEXT),
  column("channel", "the channel", TEXT),
  column("symbols", "the symbols; * for all", TYPES.conditions),
  column("fromTime", "the begin of the time range of the records concerned, UTC", TYPES.nanoseconds),
  column("toTime", "the end of that range, UTC", TYPES.nanoseconds),
  column("count", "how many records or frames", TYPES.count),
  column("cause", "the cause as a word", TEXT),
  column("message", "the cause as a sentence", TEXT),
  ...ORIGIN_COLUMNS.filter(({ name }) => name !== "fromHistory"),
];

/** Whether the columns are those of records, which have a symbol and a time. */
export function areOfRecords(columns: readonly TableColumn[]): boolean {
  return columns[0] === KEY_COLUMNS[0];
}
