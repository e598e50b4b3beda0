import type { DuckDBConnection } from "@duckdb/node-api";
import { isGrowing } from "../folder/growing-segment.ts";
import { type RecordedFeed, segmentName } from "../folder/recording-files.ts";
import { openSegment } from "../log/segment-reader.ts";
import { quoted, quotedName } from "../parquet/database.ts";
import { GAPS_TABLE } from "../parquet/table-columns.ts";
import { decodeSegment, describeDamagedSegment, storedColumns } from "../promotion/decode-segment.ts";
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
  for (const { feed, segments } of feeds) {
    for (const path of segments) {
      const options = { isGrowing: await isGrowing(path), wanted: needed, signal };
      const segment = await openSegment(path);
      const tables =
        segment instanceof RecorderError
          ? await describeDamagedSegment(connection, path, segment)
          : await decodeSegment(connection, segment, options);
      for (const table of tables) {
        if (!needed.has(table.name)) continue; // `gaps` is decoded always
        await createLogTable(connection, loaded, table.name);
        await moveRows(connection, table, feed, segmentName(path));
      }
      for (const name of [...needed, GAPS_TABLE]) await connection.run(`drop table if exists ${quotedName(name)}`);
    }
  }
  return loaded;
}

/** Creates the table of a channel, or of gaps, once. */
async function createLogTable(connection: DuckDBConnection, loaded: Set<string>, name: string): Promise<void> {
  if (loaded.has(name)) return;
  loaded.add(name);
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
