import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { syncFolder } from "../durable-files.ts";
import { dayFolderOf, mergedFileOver, parquetPath } from "../folder/recording-files.ts";
import { quoted } from "../parquet/database.ts";
import { LAYOUT_VERSION, type ParquetFile, writeParquet } from "../parquet/parquet-file.ts";
import { GAPS_TABLE, type TableColumn } from "../parquet/table-columns.ts";
import { dayName } from "../trading-day.ts";
import { storedColumns } from "./decode-segment.ts";
import { DAY_COLUMN, type StagingTable } from "./staging-table.ts";

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
  const { name, columns } = table;
  const days = await connection.runAndReadAll(`select "${DAY_COLUMN}", count(*) from "${name}" group by 1 order by 1`);
  const files: ParquetFile[] = [];
  for (const [day, rowCount] of days.getRowsJS()) {
    const dayFolder = dayFolderOf(folder, dayName(Number(day)));
    const path = parquetPath(dayFolder, name, origin.segment, origin.segment);
    const file = { path, rowCount: Number(rowCount) };
    const merged = await mergedFileOver(dayFolder, name, origin.segment);
    if (merged !== undefined) throw new Error(`${merged} was merged of segments before and after it, without it`);
    await mkdir(dirname(path), { recursive: true });
    await syncFolder(dayFolder);
    await writeParquet(connection, rowsQuery(table, Number(day), origin), metadataOf(columns, origin), file);
    files.push(file);
  }
  await syncFolder(folder);
  await connection.run(`drop table "${name}"`); // its memory is needed for the next one
  return files;
}

function rowsQuery(table: StagingTable, day: number, { segment }: RowOrigin): string {
  const order = table.name === GAPS_TABLE ? '"sequence"' : '"symbol", "t", "sequence"';
  return `select ${storedColumns(table)}, ${quoted(segment)} as "segment"
    from "${table.name}" where "${DAY_COLUMN}" = ${day} order by ${order}`;
}

function metadataOf(columns: readonly TableColumn[], origin: RowOrigin): Record<string, string> {
  const meanings = Object.fromEntries(columns.map(({ name, meaning }) => [name, meaning]));
  return {
    layout: LAYOUT_VERSION,
    feed: origin.feed,
    asset_class: origin.assetClass,
    time_zone: "UTC",
    columns: JSON.stringify({ ...meanings, segment: "the segment of the log that had it: names sort by time" }),
  };
}
