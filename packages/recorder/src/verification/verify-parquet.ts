import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { RecordedFile } from "../folder/recording-files.ts";
import { type ChecksumState, checkFile } from "../parquet/checksum.ts";
import { quoted } from "../parquet/database.ts";
import { metadataOf } from "../parquet/file-metadata.ts";
import { LAYOUT_VERSION } from "../parquet/parquet-file.ts";
import type { CheckedFile, Finding } from "./finding.ts";

/** Reads a Parquet file: its bytes with its checksum, and then all its values with DuckDB. */
export async function verifyParquet(file: RecordedFile, connection: DuckDBConnection): Promise<CheckedFile> {
  const { path } = file;
  const { size } = await stat(path);
  const state = await checkFile(path);
  const rowCount = await rowCountIn(connection, path);
  const problem = await problemIn(connection, file, state, rowCount);
  if (problem === undefined) return { byteLength: size, rowCount: rowCount ?? 0, findings: [] };
  const finding = { path, ...problem, byteLength: size, ...(rowCount !== undefined && { rowCount }) };
  return { byteLength: size, rowCount: 0, findings: [finding] };
}

async function problemIn(
  connection: DuckDBConnection,
  file: RecordedFile,
  state: ChecksumState,
  rowCount: number | undefined,
): Promise<Pick<Finding, "kind" | "message"> | undefined> {
  if (state === "changed") return { kind: "damaged", message: "bytes have changed since the recorder wrote the file" };
  if (state === "cut") return { kind: "damaged", message: "the end of the file is missing, or damaged" };
  if (state === "missing")
    return { kind: "foreign", message: "the file has no checksum of the recorder: another program wrote it" };
  const { layout } = await metadataOf(connection, file.path);
  if (layout !== LAYOUT_VERSION) return { kind: "unknown_version", message: `the file has layout ${layout}` };
  const message = await problemWithRows(connection, file, rowCount);
  return message === undefined ? undefined : { kind: "damaged", message };
}

/** The number of rows by the file's footer; undefined if it cannot be read. */
async function rowCountIn(connection: DuckDBConnection, path: string): Promise<number | undefined> {
  try {
    const rows = await connection.runAndReadAll(`select num_rows from parquet_file_metadata(${quoted(path)})`);
    return Number(rows.getRowsJS()[0]?.[0]);
  } catch {
    return undefined;
  }
}

/** Decodes all values. Returns what is wrong with them. */
async function problemWithRows(
  connection: DuckDBConnection,
  { path, firstSegment, lastSegment }: RecordedFile,
  rowCount: number | undefined,
): Promise<string | undefined> {
  try {
    const rows = await connection.runAndReadAll(`select count(*), min("segment"), max("segment"), bit_xor(hash(values))
      from read_parquet(${quoted(path)}, hive_partitioning = false) values`);
    const [count, first, last] = rows.getRowsJS()[0] ?? [];
    if (Number(count) !== rowCount) return `the file has ${count} rows, and ${rowCount} by its footer`;
    const isInRange = Number(count) === 0 || (String(first) >= firstSegment && String(last) <= lastSegment);
    return isInRange ? undefined : `the file has rows of the segments ${first} to ${last}: it was renamed`;
  } catch (error) {
    if (!existsSync(path)) throw error;
    return `DuckDB cannot read the file: ${error instanceof Error ? error.message : error}`;
  }
}
