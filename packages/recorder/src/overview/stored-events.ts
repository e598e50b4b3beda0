import {
  type DuckDBConnection,
  DuckDBDateValue,
  DuckDBListValue,
  DuckDBTimestampNanosecondsValue,
  type DuckDBValue,
} from "@duckdb/node-api";
import type { RecordedFile } from "../folder/recording-files.ts";
import { quotedList } from "../parquet/database.ts";
import { GAPS_TABLE } from "../parquet/table-columns.ts";
import { LOG_SCHEMA } from "../query/log-tables.ts";

/** A row of the table `gaps`, or an event of the log that will be one. */
export interface StoredEvent {
  readonly segment: string;
  /** When the recorder noted it. */
  readonly received: Date | undefined;
  /** The day in New York. */
  readonly day: string;
  readonly kind: string;
  /** Undefined for all channels. */
  readonly channel: string | undefined;
  /** Empty or `*` for all symbols. */
  readonly symbols: readonly string[];
  /** The times of the records; undefined where they are unknown. */
  readonly from: Date | undefined;
  readonly to: Date | undefined;
  /** How many records or frames, where that is known. */
  readonly count: number | undefined;
  readonly cause: string | undefined;
  readonly message: string | undefined;
}

/** Reads all events of a feed, in the order of their arrival. `isInLog` if {@link loadLog} has loaded some. */
export async function readStoredEvents(
  connection: DuckDBConnection,
  files: readonly RecordedFile[],
  isInLog: boolean,
): Promise<StoredEvent[]> {
  const gapFiles = files.filter(({ table }) => table === GAPS_TABLE);
  const columns = "segment, kind, channel, symbols, fromTime, toTime, count, cause, message, sequence, received";
  const selects: string[] = [];
  if (gapFiles.length > 0)
    selects.push(
      `select ${columns}, filename, null::date as day
        from read_parquet(${quotedList(gapFiles.map(({ path }) => path))}, filename = true)`,
    );
  if (isInLog) selects.push(`select ${columns}, null as filename, day from ${LOG_SCHEMA}.${GAPS_TABLE}`);
  if (selects.length === 0) return [];
  const result = await connection.runAndReadAll(
    `select * from (${selects.join(" union all ")}) order by segment, sequence, received`,
  );
  const dayOf = new Map(gapFiles.map(({ path, day }) => [path, day]));
  return result.getRowObjects().map((row) => toEvent(row, dayOf));
}

/** `dayOf` has the day of each file: rows of the log have their own. */
function toEvent(row: Readonly<Record<string, DuckDBValue>>, dayOf: ReadonlyMap<string, string>): StoredEvent {
  return {
    day: row.day instanceof DuckDBDateValue ? String(row.day) : (dayOf.get(String(row.filename)) ?? ""),
    segment: String(row.segment),
    received: dateOf(row.received),
    kind: String(row.kind),
    channel: stringOf(row.channel),
    symbols: row.symbols instanceof DuckDBListValue ? row.symbols.items.map(String) : [],
    from: dateOf(row.fromTime),
    to: dateOf(row.toTime),
    count: typeof row.count === "bigint" ? Number(row.count) : undefined,
    cause: stringOf(row.cause),
    message: stringOf(row.message),
  };
}

function stringOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function dateOf(value: unknown): Date | undefined {
  return value instanceof DuckDBTimestampNanosecondsValue ? new Date(Number(value.nanos / 1_000_000n)) : undefined;
}
