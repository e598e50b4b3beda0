import {
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  type DuckDBResult,
  DuckDBStructValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampValue,
  type DuckDBValue,
} from "@duckdb/node-api";
import { formatNanoseconds, fromNanoseconds } from "@tickerplant/client/wire";
import type { QueryColumn } from "./query-tables.ts";

/**
 * A value of a result. Integers of 64 bits and more are `bigint`. A `TIMESTAMP_NS` is a string in UTC with nine digits,
 * such as `2025-11-14T14:30:00.123456789Z`; other times are ISO 8601 without a zone. Types that JavaScript lacks are
 * strings as DuckDB writes them.
 */
export type QueryValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly QueryValue[]
  | { readonly [name: string]: QueryValue };

/** A row of a result, in the order of the columns. */
export type QueryRow = readonly QueryValue[];

/** The result of a query. Read it to its end, or close it. */
export interface QueryResult extends AsyncIterable<readonly QueryRow[]> {
  readonly columns: readonly QueryColumn[];
  /** Rows in batches of some 2,000, as DuckDB makes them: a large result does not fill the memory. */
  [Symbol.asyncIterator](): AsyncIterator<readonly QueryRow[]>;
  /** Ends the query, and frees what it holds. */
  close(): Promise<void>;
}

/** The columns of a result. Names that repeat get a number, as in `n_1`. */
export function columnsOf(result: DuckDBResult): QueryColumn[] {
  const types = result.columnTypes();
  return result.deduplicatedColumnNames().map((name, index) => ({ name, type: String(types[index]) }));
}

/** Decimals of up to this many digits are exact as numbers. */
const EXACT_DIGITS = 15;

/** Converts a value of DuckDB. */
export function toQueryValue(value: DuckDBValue): QueryValue {
  if (value === null || typeof value !== "object") return value ?? null;
  if (value instanceof DuckDBTimestampNanosecondsValue)
    return value.isFinite ? formatTime(value.nanos) : value.toString();
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBDateValue)
    return value.toString().replace(" ", "T");
  if (value instanceof DuckDBDecimalValue) return value.width <= EXACT_DIGITS ? value.toDouble() : value.toString();
  if (value instanceof DuckDBListValue) return value.items.map(toQueryValue);
  if (value instanceof DuckDBStructValue)
    return Object.fromEntries(Object.entries(value.entries).map(([name, entry]) => [name, toQueryValue(entry)]));
  return value.toString();
}

function formatTime(timestampNs: bigint): string {
  const { seconds, nanos } = fromNanoseconds(timestampNs);
  return formatNanoseconds(seconds, nanos);
}
