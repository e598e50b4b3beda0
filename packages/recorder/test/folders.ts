import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { onTestFinished } from "vitest";

/** Makes a folder that is removed at the end of the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tickerplant-recorder-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs a query, in which `FILES(channel)` stands for the Parquet files of a channel. Times and ids come as strings. */
export async function query(dir: string, sql: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  const files = sql.replaceAll(/FILES\((\w+)\)/g, (_, channel) => {
    return `read_parquet('${dir}/feed=*/date=*/${channel}/*.parquet', hive_types_autocast = false)`;
  });
  const rows = (await connection.runAndReadAll(files)).getRowObjectsJson();
  connection.closeSync();
  instance.closeSync();
  return rows;
}
