import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { TEMPORARY_PREFIX } from "../folder/recording-files.ts";
import * as LIMITS from "../limits.ts";

/** Calls a function with an empty database in memory, whose temporary files are below `folder`, and closes it. */
export async function withDatabase<T>(folder: string, use: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(":memory:", {
    threads: String(LIMITS.threads),
    memory_limit: LIMITS.memory,
    temp_directory: join(folder, TEMPORARY_PREFIX + randomUUID()), // DuckDB's names in it are the same in each process
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  try {
    const connection = await instance.connect();
    try {
      return await use(connection);
    } finally {
      connection.closeSync();
    }
  } finally {
    instance.closeSync();
  }
}

/** A string in SQL. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** An array of strings in SQL. */
export function quotedList(texts: readonly string[]): string {
  return `[${texts.map(quoted).join(", ")}]`;
}

/** A name in SQL. */
export function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
