import type { DuckDBConnection } from "@duckdb/node-api";
import { type RecordedFeed, segmentName } from "../folder/recording-files.ts";
import { isFolderLocked } from "../folder-lock.ts";
import { readSegment, type Segment } from "../log/segment-reader.ts";
import { quoted, quotedName } from "../parquet/database.ts";
import { decodeSegment, storedColumns } from "../promotion/decode-segment.ts";
import { DAY_COLUMN, type StagingTable } from "../promotion/staging-table.ts";
import { RecorderError } from "../recorder-error.ts";
import { QUERY_TABLES } from "./query-tables.ts";

/** The schema of the tables with what is still in the log. */
export const LOG_SCHEMA = "log";

/**
 * Loads what is still in the log into tables of memory. A segment is decoded as a whole, also the one that a recorder
 * writes to, up to its last complete block.
 *
 * @returns the names of the tables with rows: channels, and `gaps`.
 */
export async function loadLog(
  connection: DuckDBConnection,
  feeds: readonly RecordedFeed[],
  needed: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): Promise<ReadonlySet<string>> {
  const loaded = new Set<string>();
  if (needed.size === 0) return loaded;
  await connection.run(`create schema ${LOG_SCHEMA}`);
  for (const { feed, folder, segments } of feeds) {
    const isRecording = segments.length > 0 && (await isFolderLocked(folder));
    for (const path of segments) {
      const isGrowing = isRecording && path === segments.at(-1);
      const segment = await openSegment(path);
      if (segment === undefined) continue;
      for (const table of await decodeSegment(connection, segment, { isGrowing, wanted: needed, signal })) {
        if (!needed.has(table.name)) continue; // `gaps` is decoded always
        if (!loaded.has(table.name)) await createLogTable(connection, table.name);
        loaded.add(table.name);
        await moveRows(connection, table, feed, segmentName(path));
      }
      for (const name of [...needed, "gaps"]) await connection.run(`drop table if exists ${quotedName(name)}`);
    }
  }
  return loaded;
}

/** Opens a segment; undefined if its header is not complete. No block can follow it: a recorder has just begun, or ended. */
export async function openSegment(path: string): Promise<Segment | undefined> {
  try {
    return await readSegment(path);
  } catch (error) {
    if (error instanceof RecorderError && error.code === "not_a_segment") return undefined;
    throw error;
  }
}

async function createLogTable(connection: DuckDBConnection, name: string): Promise<void> {
  const columns = QUERY_TABLES.find(({ recordedAs }) => recordedAs === name)?.columns ?? [];
  const definitions = columns.map((column) => `${quotedName(column.name)} ${column.type}`);
  await connection.run(`create table ${LOG_SCHEMA}.${quotedName(name)} (${definitions.join(", ")})`);
}

/** Moves the rows of a segment's table to the table of its channel. */
async function moveRows(
  connection: DuckDBConnection,
  table: StagingTable,
  feed: string,
  segment: string,
): Promise<void> {
  const origin = `${quoted(feed)} as feed, date '1970-01-01' + "${DAY_COLUMN}"::integer as day, ${quoted(segment)} as segment`;
  await connection.run(
    `insert into ${LOG_SCHEMA}.${quotedName(table.name)} by name select ${storedColumns(table)}, ${origin} from ${quotedName(table.name)}`,
  );
}
