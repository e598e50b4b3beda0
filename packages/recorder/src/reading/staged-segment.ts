import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { isGrowing } from "../folder/growing-segment.ts";
import { segmentName } from "../folder/recording-files.ts";
import { openSegment } from "../log/segment-reader.ts";
import { quoted } from "../parquet/database.ts";
import { GAPS_TABLE } from "../parquet/table-columns.ts";
import { decodeSegment, describeDamagedSegment, storedColumns } from "../promotion/decode-segment.ts";
import type { StagingTable } from "../promotion/staging-table.ts";
import { RecorderError } from "../recorder-error.ts";
import { ANY_TIME, type RecordedRows } from "./recorded-rows.ts";

/**
 * Decodes a segment of the log into a database in memory, and returns the rows that its Parquet files will have, by
 * table. One that is being written is read up to its last complete block. One whose header is damaged has a gap alone.
 *
 * @throws RecorderError for a segment of a newer version, and the error of the file system for one that is gone.
 */
export async function stageSegment(path: string, instance: DuckDBInstance): Promise<ReadonlyMap<string, RecordedRows>> {
  const mayGrow = await isGrowing(path);
  const segment = await openSegment(path);
  const connection = await instance.connect();
  try {
    const database = await addDatabase(connection, segmentName(path));
    const tables =
      segment instanceof RecorderError
        ? await describeDamagedSegment(connection, path, segment)
        : await decodeSegment(connection, segment, { isGrowing: mayGrow });
    return await placesOf(connection, tables, database, segmentName(path));
  } finally {
    connection.closeSync();
  }
}

/** Adds a database in memory, in which tables are created from now on: those of two segments have the same names. */
async function addDatabase(connection: DuckDBConnection, segment: string): Promise<string> {
  const database = `"${segment.replaceAll('"', "")}"`;
  await connection.run(`attach ':memory:' as ${database}`);
  await connection.run(`use ${database}`);
  return database;
}

async function placesOf(
  connection: DuckDBConnection,
  tables: readonly StagingTable[],
  database: string,
  segment: string,
): Promise<ReadonlyMap<string, RecordedRows>> {
  const rows = new Map<string, RecordedRows>();
  for (const table of tables) {
    const isOfRecords = table.name !== GAPS_TABLE;
    const sql = `(select ${storedColumns(table)}, ${quoted(segment)} as "segment" from ${database}."${table.name}")`;
    const range = isOfRecords ? await rangeOf(connection, sql) : ANY_TIME;
    if (range !== undefined)
      rows.set(table.name, { firstSegment: segment, lastSegment: segment, ...range, place: { type: "staged", sql } });
  }
  return rows;
}

/** Returns the range of the records' times; undefined if none has a time. */
async function rangeOf(
  connection: DuckDBConnection,
  sql: string,
): Promise<Pick<RecordedRows, "fromNs" | "toNs"> | undefined> {
  const result = await connection.runAndReadAll(`select epoch_ns(min("t")), epoch_ns(max("t")) from ${sql}`);
  const [[fromNs, toNs] = []] = result.getRows();
  return typeof fromNs === "bigint" && typeof toNs === "bigint" ? { fromNs, toNs } : undefined;
}
