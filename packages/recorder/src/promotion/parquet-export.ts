import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { PARTIAL_EXTENSION, publishFile, syncFolder } from "../durable-files.ts";
import { dayFolderOf, parquetPath } from "../folder/recording-files.ts";
import * as LIMITS from "../limits.ts";
import { areOfRecords, type TableColumn } from "./parquet-columns.ts";
import type { StagingTable } from "./staging-table.ts";

/** The version of the files' columns, in their metadata. */
const LAYOUT_VERSION = 1;

/** A Parquet file that was written. */
export interface ParquetFile {
  readonly path: string;
  readonly rowCount: number;
}

/** Where the rows of a table come from. */
export interface RowOrigin {
  /** The name of the segment. */
  readonly segment: string;
  readonly feed: string;
  readonly assetClass: "stocks" | "crypto";
}

/** Writes a table to one Parquet file for each day: `FOLDER/date=DAY/TABLE/SEGMENT.parquet`. */
export async function exportTable(
  connection: DuckDBConnection,
  table: StagingTable,
  folder: string,
  origin: RowOrigin,
): Promise<ParquetFile[]> {
  if (areOfRecords(table.columns)) await connection.run(deleteStatement(table));
  const counts = await connection.runAndReadAll(
    `select "day", count(*)::integer from "${table.name}" group by 1 order by 1`,
  );
  const files: ParquetFile[] = [];
  for (const [number, rowCount] of counts.getRowsJS()) {
    const dayFolder = dayFolderOf(folder, table.days[Number(number)] ?? "");
    const path = parquetPath(dayFolder, table.name, origin.segment, origin.segment);
    await mkdir(dirname(path), { recursive: true });
    await syncFolder(dayFolder);
    await connection.run(copyStatement(table, Number(number), origin, path + PARTIAL_EXTENSION));
    await publishFile(path);
    files.push({ path, rowCount: Number(rowCount) });
  }
  await syncFolder(folder);
  await connection.run(`drop table "${table.name}"`); // beside the event loop, which closing the database is not
  return files;
}

function copyStatement(table: StagingTable, dayNumber: number, origin: RowOrigin, path: string): string {
  const columns = table.columns.map(({ name, isTime }) =>
    // Without the flag of UTC, because DuckDB would read it in microseconds.
    isTime ? `make_timestamp_ns("${name}") as "${name}"` : `"${name}"`,
  );
  columns.push(`${quoted(origin.segment)} as "segment"`);
  const order = areOfRecords(table.columns) ? '"symbol", "t", "sequence"' : '"sequence"';
  return `copy (select ${columns.join(", ")} from "${table.name}" where "day" = ${dayNumber} order by ${order})
    to ${quoted(path)} (format parquet, compression zstd, row_group_size ${LIMITS.rowGroupRows},
      kv_metadata {layout: '${LAYOUT_VERSION}', feed: ${quoted(origin.feed)}, asset_class: '${origin.assetClass}',
        time_zone: 'UTC', columns: ${quoted(meaningsOf(table.columns))}})`;
}

/** Deletes records of history that came live as well, in the moments around the end of a gap. */
function deleteStatement({ name, columns }: StagingTable): string {
  const isSame = columns
    .filter((column) => !DIFFERS_IN_HISTORY.has(column.name))
    .map((column) => `live."${column.name}" is not distinct from "${name}"."${column.name}"`);
  return `delete from "${name}" where "fromHistory" and exists
    (from "${name}" live where not live."fromHistory" and ${isSame.join(" and ")})`;
}

const DIFFERS_IN_HISTORY: ReadonlySet<string> = new Set(["receivedNs", "received", "fromHistory", "sequence"]);

function meaningsOf(columns: readonly TableColumn[]): string {
  const meanings = Object.fromEntries(columns.map(({ name, meaning }) => [name, meaning]));
  return JSON.stringify({ ...meanings, segment: "the segment of the log that had it: names sort by time" });
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
