import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { syncFolder } from "../durable-files.ts";
import { addToFileLists } from "../folder/file-list.ts";
import { parquetPath, type RecordedFile } from "../folder/recording-files.ts";
import { checkFile } from "../parquet/checksum.ts";
import { quoted, withDatabase } from "../parquet/database.ts";
import { cameLiveAsWell } from "../parquet/history-duplicates.ts";
import { LAYOUT_VERSION, type ParquetFile, writeParquet } from "../parquet/parquet-file.ts";
import { GAPS_TABLE } from "../parquet/table-columns.ts";

/** The view of all rows of the files, the table of those from history, and that of those which the merged file lacks. */
const ROWS = "rows";
const HISTORY = "history";
const REPEATED = "repeated";

/**
 * Merges the files of a table of a day, which are in the order of their segments, into one, and deletes them. A crash
 * at any moment leaves the files, or the merged one and files that it covers.
 *
 * @throws if a file is not as the recorder wrote it: merging would give damaged rows a valid checksum.
 */
export async function mergeFiles(folder: string, parts: readonly RecordedFile[]): Promise<ParquetFile> {
  const [first, last] = [parts[0], parts.at(-1)];
  if (first === undefined || last === undefined) throw new RangeError("there is no file to merge");
  for (const { path } of parts) await checkPart(path);
  const path = parquetPath(dirname(dirname(first.path)), first.table, first.firstSegment, last.lastSegment);
  const file = await withDatabase(folder, (connection) => writeMerged(connection, parts, path));
  await addToFileLists([path]);
  for (const part of parts) await rm(part.path, { force: true });
  await syncFolder(dirname(path));
  return file;
}

async function checkPart(path: string): Promise<void> {
  const state = await checkFile(path);
  if (state === "missing") throw new Error(`${path} has no checksum of the recorder: another program wrote it`);
  if (state !== "intact")
    throw new Error(`${path} is damaged: its ${state === "cut" ? "end is missing" : "checksum is wrong"}`);
}

async function writeMerged(
  connection: DuckDBConnection,
  parts: readonly RecordedFile[],
  path: string,
): Promise<ParquetFile> {
  const metadata = await metadataOf(connection, parts.at(-1)?.path ?? "");
  if (metadata.layout !== LAYOUT_VERSION)
    throw new Error(`the files have layout ${metadata.layout}, and this package writes ${LAYOUT_VERSION}: update it`);
  const list = parts.map((part) => quoted(part.path)).join(", ");
  await connection.run(
    `create view ${ROWS} as from read_parquet([${list}], union_by_name = true, hive_partitioning = false)`,
  );
  const isOfRecords = parts[0]?.table !== GAPS_TABLE;
  await connection.run(`create table ${REPEATED} (segment varchar, sequence bigint)`);
  if (isOfRecords) await findRepeated(connection);
  const rowCount = (await count(connection, ROWS)) - (await count(connection, REPEATED));
  const query = `from ${ROWS} where ("segment", "sequence") not in (from ${REPEATED})
    order by ${isOfRecords ? '"symbol", "t", ' : ""}"segment", "sequence"`;
  await writeParquet(connection, query, metadata, { path, rowCount });
  return { path, rowCount };
}

/** Finds records of history that came live as well, in another segment: a gap at the end of one. */
async function findRepeated(connection: DuckDBConnection): Promise<void> {
  await connection.run(`create table ${HISTORY} as from ${ROWS} where "fromHistory"`);
  const columns = await connection.runAndReadAll(`select column_name from (describe ${ROWS})`);
  const names = columns.getRowsJS().map(([name]) => String(name));
  const condition = cameLiveAsWell(HISTORY, ROWS, names);
  await connection.run(`insert into ${REPEATED} select "segment", "sequence" from ${HISTORY} where ${condition}`);
}

async function count(connection: DuckDBConnection, table: string): Promise<number> {
  return Number((await connection.runAndReadAll(`select count(*) from ${table}`)).getRowsJS()[0]?.[0]);
}

/** The metadata of the newest file, whose schema is the newest. */
async function metadataOf(connection: DuckDBConnection, path: string): Promise<Record<string, string>> {
  const pairs = await connection.runAndReadAll(
    `select decode(key), decode(value) from parquet_kv_metadata(${quoted(path)})`,
  );
  return Object.fromEntries(pairs.getRowsJS().map(([key, value]) => [String(key), String(value)]));
}
