import type { Column } from "@tickerplant/client/wire";
import { segmentNameAt } from "../log/segment-name.ts";
import { quoted, quotedList } from "../parquet/database.ts";
import { ReadOrder, type RecordPlace, type RecordQuery } from "./record-query.ts";
import { selectColumn } from "./row-columns.ts";

/** The types of the columns of Parquet files, by their names in small letters: DuckDB's names ignore case. */
export type ColumnTypes = ReadonlyMap<string, string>;

/** Rows that one statement reads, before they are sorted. */
export interface RowSelection {
  /** The Parquet files, and the columns that they have. */
  readonly paths: readonly string[];
  readonly types: ColumnTypes;
  /** SQL of selects with the columns of a Parquet file. */
  readonly staged: readonly string[];
  /** Conditions on those columns, besides those of the query. */
  readonly conditions: readonly string[];
}

/** Returns the statement whose chunks a `RowDecoder` reads. */
export function statementFor(selection: RowSelection, columns: readonly Column[], query: RecordQuery): string {
  const sources = sourcesOf(selection, query, (from, types, conditions) =>
    selectRows(from, types, columns, conditions),
  );
  const { order = ReadOrder.RECEIVED, isDescending = false, after, limit } = query;
  const rest = after === undefined ? "" : `where ${isBehind(after, order, isDescending)}`;
  const direction = isDescending ? " desc" : "";
  const keys = order === ReadOrder.TIME ? ["rowNs", "rowSegment", "rowSequence"] : ["rowSegment", "rowSequence"];
  return `select ${decodedColumns(columns)} from (
      select * from (${sources.join(" union all ")}) ${rest}
      order by ${keys.map((key) => `"${key}"${direction}`).join(", ")}
      ${limit === undefined ? "" : `limit ${limit}`})`;
}

/** Returns the statement that counts the records of each symbol. */
export function countStatementFor(selection: RowSelection, query: RecordQuery): string {
  const sources = sourcesOf(
    selection,
    query,
    (from, _types, conditions) =>
      `select "symbol"::varchar as "symbol" from ${from} where ${conditions.join(" and ") || "true"}`,
  );
  return `select "symbol", count(*)::double from (${sources.join(" union all ")}) group by all`;
}

/** Selects from one source of rows. */
type SelectFrom = (from: string, types: ColumnTypes | typeof OURS, conditions: readonly string[]) => string;

function sourcesOf(selection: RowSelection, query: RecordQuery, select: SelectFrom): string[] {
  const { paths, types, staged } = selection;
  const conditions = [...selection.conditions, ...symbolConditions(query), ...arrivalConditions(query)];
  const sources = staged.map((from) => select(from, OURS, [...conditions, ...timeConditions(query)]));
  if (paths.length > 0)
    sources.unshift(select(parquet(paths), types, [...conditions, ...timeConditions(query, types)]));
  return sources;
}

/** Returns SQL for Parquet files, whose columns may differ. */
export function parquet(paths: readonly string[]): string {
  return `read_parquet(${quotedList(paths)}, union_by_name = true, hive_partitioning = false, file_row_number = true)`;
}

/** Returns a condition for times in nanoseconds; `type` is that of the column `t`. */
export function timeCondition(operator: string, timeNs: bigint, type = "TIMESTAMP_NS"): string {
  // Row groups without such times are skipped only if the column is compared as it is.
  return type === "TIMESTAMP_NS"
    ? `"t" ${operator} make_timestamp_ns(${timeNs})`
    : `epoch_ns("t") ${operator} ${timeNs}::bigint`;
}

/** The types are known, so that they need not be read of a table in memory. */
const OURS = "ours";

function selectRows(
  from: string,
  types: ColumnTypes | typeof OURS,
  columns: readonly Column[],
  conditions: readonly string[],
): string {
  const has = (name: string): boolean => types === OURS || types.has(name.toLowerCase());
  const hasOrigin = has("segment") && has("sequence");
  const selected = [
    '"symbol"::varchar as "rowSymbol"',
    'epoch_ns("t") as "rowNs"',
    ...columns.map((column) => selectColumn(column, has(column.name))),
    `epoch_ns(${has("received") ? '"received"' : '"t"'}) as "rowReceived"`,
    `${has("fromHistory") ? '"fromHistory"::boolean' : "false"} as "rowFromHistory"`,
    `${hasOrigin ? SEGMENT_MS : "0::bigint"} as "rowSegment"`,
    `${hasOrigin ? '"sequence"' : "file_row_number"}::bigint as "rowSequence"`,
  ];
  return `select ${selected.join(", ")} from ${from} where ${['"t" is not null', ...conditions].join(" and ")}`;
}

/** SQL for the time in the name of a row's segment. */
export const SEGMENT_MS = `coalesce(epoch_ms(try_strptime("segment", '%Y%m%dT%H%M%S.%gZ')), 0)`;

function decodedColumns(columns: readonly Column[]): string {
  const nanos = '(("rowNs" % 1000000000 + 1000000000) % 1000000000)';
  return [
    '"rowSymbol"',
    `(("rowNs" - ${nanos}) // 1000000000)::double`,
    `${nanos}::integer`,
    ...columns.map(({ name }) => `"${name}"`),
    '"rowReceived"',
    '"rowFromHistory"',
    '"rowSegment"::double',
    '"rowSequence"::double',
  ].join(", ");
}

function symbolConditions({ symbols }: RecordQuery): string[] {
  return symbols === undefined ? [] : [`"symbol" in (${symbols.map(quoted).join(", ") || "null"})`];
}

function arrivalConditions({ arrivedBefore, ids }: RecordQuery): string[] {
  const conditions = ids === undefined ? [] : [`"id" in (${ids.join(", ") || "null"})`];
  if (arrivedBefore === undefined) return conditions;
  const segment = quoted(segmentNameAt(arrivedBefore.segmentMs));
  const isBefore = `("segment" < ${segment} or ("segment" = ${segment} and "sequence" < ${arrivedBefore.sequence}))`;
  return [...conditions, isBefore];
}

function timeConditions({ fromNs, toNs, order, isDescending, after }: RecordQuery, types?: ColumnTypes): string[] {
  const conditions: string[] = [];
  const add = (operator: string, timeNs: bigint | undefined): void => {
    if (timeNs !== undefined) conditions.push(timeCondition(operator, timeNs, types?.get("t")));
  };
  add(">=", fromNs);
  add("<=", toNs);
  if (order === ReadOrder.TIME) add(isDescending ? "<=" : ">=", after?.timestampNs);
  return conditions;
}

/** Returns the condition for rows that come after a place. */
function isBehind({ timestampNs, segmentMs, sequence }: RecordPlace, order: ReadOrder, isDescending: boolean): string {
  const than = isDescending ? "<" : ">";
  const arrival = `("rowSegment" ${than} ${segmentMs} or ("rowSegment" = ${segmentMs} and "rowSequence" ${than} ${sequence}))`;
  if (order === ReadOrder.RECEIVED) return arrival;
  return `("rowNs" ${than} ${timestampNs} or ("rowNs" = ${timestampNs} and ${arrival}))`;
}
