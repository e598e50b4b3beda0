import { rm } from "node:fs/promises";
import type { DuckDBConnection } from "@duckdb/node-api";
import { partialPath, publishFile } from "../durable-files.ts";
import * as LIMITS from "../limits.ts";
import { addChecksum } from "./checksum.ts";
import { quoted } from "./database.ts";

/** The version of the files' columns, in their metadata. */
export const LAYOUT_VERSION = "1";

/** A Parquet file that was written. */
export interface ParquetFile {
  readonly path: string;
  readonly rowCount: number;
}

/**
 * Writes the rows of a query to a Parquet file, whole or not at all: it has its name when its bytes are on the disk.
 *
 * @throws if there are not as many rows as expected; then there is no file.
 */
export async function writeParquet(
  connection: DuckDBConnection,
  query: string,
  metadata: Readonly<Record<string, string>>,
  { path, rowCount }: ParquetFile,
): Promise<void> {
  const partial = partialPath(path);
  const pairs = Object.entries(metadata).map(([key, value]) => `${key}: ${quoted(value)}`);
  try {
    const result = await connection.runAndReadAll(`copy (${query}) to ${quoted(partial)} (format parquet,
      compression zstd, row_group_size ${LIMITS.rowGroupRows}, kv_metadata {${pairs.join(", ")}})`);
    const written = Number(result.getRowsJS()[0]?.[0]);
    if (written !== rowCount) throw new Error(`expected ${rowCount} rows in ${path}, wrote ${written}`);
    await addChecksum(partial);
    await publishFile(partial, path);
  } catch (error) {
    await rm(partial, { force: true }); // on a full disk, its space is needed
    throw error;
  }
}
