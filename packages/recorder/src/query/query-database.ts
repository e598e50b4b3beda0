import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { listRecording } from "../folder/recording-files.ts";
import * as LIMITS from "../limits.ts";
import { quotedList } from "../parquet/database.ts";
import { loadLog } from "./log-tables.ts";
import { neededTables } from "./needed-tables.ts";
import { macroStatements } from "./query-macros.ts";
import { classify, viewStatements } from "./recording-views.ts";

/** A database in memory with the views and macros of a recording, for one query. */
export interface QueryDatabase {
  readonly connection: DuckDBConnection;
  close(): Promise<void>;
}

/** Options of {@link openDatabase}. */
export interface DatabaseOptions {
  /** Stops the loading of the log. */
  readonly signal?: AbortSignal | undefined;
  /** A file that we write, besides the files that are read. */
  readonly output?: string | undefined;
}

/**
 * Opens the database of one query. It is closed to everything but the recording's Parquet files: other paths, also in
 * the same folder, are rejected, and so are extensions, the network, and changes of these settings.
 */
export async function openDatabase(dir: string, sql: string, options: DatabaseOptions): Promise<QueryDatabase> {
  const temporary = await mkdtemp(join(tmpdir(), "tickerplant-query-"));
  const instance = await DuckDBInstance.create(":memory:", {
    memory_limit: LIMITS.queryMemory,
    temp_directory: temporary,
    max_temp_directory_size: LIMITS.queryTemporaryFiles,
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    allow_community_extensions: "false",
    allow_persistent_secrets: "false",
  });
  const close = async (): Promise<void> => {
    instance.closeSync();
    await rm(temporary, { recursive: true, force: true });
  };
  try {
    const connection = await instance.connect();
    await prepare(connection, dir, sql, options);
    return {
      connection,
      close: async () => {
        connection.closeSync();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function prepare(
  connection: DuckDBConnection,
  dir: string,
  sql: string,
  options: DatabaseOptions,
): Promise<void> {
  const listed = await listRecording(dir);
  await connection.run("set TimeZone = 'UTC'");
  const inLog = await loadLog(connection, listed, neededTables(sql), options.signal);
  const feeds = [];
  for (const feed of listed) feeds.push(await classify(connection, feed));
  const paths = feeds.flatMap(({ files }) => files.map(({ path }) => path));
  if (options.output !== undefined) paths.push(options.output);
  await connection.run(`set allowed_paths = ${quotedList(paths)}`);
  await connection.run("set enable_external_access = false");
  for (const statement of viewStatements(feeds, inLog)) await connection.run(statement);
  const crypto = feeds.filter(({ assetClass }) => assetClass === "crypto").map(({ feed }) => feed);
  for (const statement of macroStatements(crypto)) await connection.run(statement);
  await connection.run("set lock_configuration = true");
}
