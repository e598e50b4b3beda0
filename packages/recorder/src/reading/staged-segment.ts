import { setImmediate as nextTurn } from "node:timers/promises";
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { segmentName } from "../folder/recording-files.ts";
import type { SegmentHeader } from "../log/segment-format.ts";
import { isDamage, readSegment } from "../log/segment-reader.ts";
import { deleteRepeated, storedColumns } from "../promotion/parquet-export.ts";
import { SegmentTables } from "../promotion/segment-tables.ts";
import type { StagingTable } from "../promotion/staging-table.ts";
import type { RecordedRows } from "./recorded-rows.ts";

/** A segment of the log, decoded into tables of a database in memory: what its Parquet files will have. */
export interface StagedSegment {
  readonly header: SegmentHeader;
  /** The rows by channel, of the channels that have any. */
  readonly rows: ReadonlyMap<string, RecordedRows>;
  /** SQL for the rows of the table `gaps`; undefined without any. */
  readonly gaps: string | undefined;
}

/**
 * Decodes a segment into a database. One that is being written is read up to its last complete block.
 *
 * @throws RecorderError for a segment that cannot be read, and the error of the file system for one that is gone.
 */
export async function stageSegment(path: string, instance: DuckDBInstance): Promise<StagedSegment> {
  const segment = await readSegment(path);
  const connection = await instance.connect();
  try {
    const database = await addDatabase(connection, segmentName(path));
    const tables = await SegmentTables.create(connection, segment.header);
    for await (const part of segment.blocks()) {
      if (isDamage(part)) tables.addDamage(part);
      else
        for (const entry of part) {
          tables.add(entry);
          if (tables.flush()) await nextTurn(); // a gateway shares the event loop
        }
    }
    tables.finish();
    return { header: segment.header, ...(await placesOf(connection, tables.tables, database, segmentName(path))) };
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
): Promise<Omit<StagedSegment, "header">> {
  const rows = new Map<string, RecordedRows>();
  let gaps: string | undefined;
  for (const table of tables) {
    await deleteRepeated(connection, table);
    const from = `(select ${storedColumns(table, segment)} from ${database}."${table.name}")`;
    if (table.name === "gaps") gaps = from;
    else {
      const result = await connection.runAndReadAll(`select epoch_ns(min("t")), epoch_ns(max("t")) from ${from}`);
      const [[fromNs, toNs] = []] = result.getRows();
      if (typeof fromNs !== "bigint" || typeof toNs !== "bigint") continue; // no record has a time
      rows.set(table.name, {
        firstSegment: segment,
        lastSegment: segment,
        fromNs,
        toNs,
        place: { type: "staged", sql: from },
      });
    }
  }
  return { rows, gaps };
}
