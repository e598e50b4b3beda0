import { access, constants, rm } from "node:fs/promises";
import { dirname, relative, resolve, sep } from "node:path";
import type { DuckDBConnection, DuckDBResult } from "@duckdb/node-api";
import { partialPath, publishFile } from "../durable-files.ts";
import { isMovedFile } from "../folder/moved-file.ts";
import * as LIMITS from "../limits.ts";
import { quoted } from "../parquet/database.ts";
import { fileError, RecorderError } from "../recorder-error.ts";
import { prepareChecked } from "./checked-statement.ts";
import { openDatabase, type QueryDatabase } from "./query-database.ts";
import { toQueryError } from "./query-error.ts";
import { columnsOf, type QueryResult, type QueryRow, toQueryValue } from "./query-result.ts";

/** Options of a query. */
export interface QueryOptions {
  /** Ends the query, which then throws a RecorderError `interrupted`. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a query over a recording, while a recorder may write to it. It reads the tables and macros of
 * {@link QUERY_TABLES} and {@link QUERY_MACROS}, with what is still in the log, and can do nothing else.
 *
 * @throws RecorderError `invalid_query` for wrong SQL, `not_allowed` for SQL that does more than to read,
 * `not_a_recording` for a folder without one.
 *
 * @example
 * ```ts
 * const result = await queryRecording("tape", "from bars_of('AAPL', '7 minutes', '2025-11-14', '2025-11-14')");
 * for await (const rows of result) for (const [feed, symbol, time, open] of rows) console.log(symbol, time, open);
 * ```
 */
export async function queryRecording(dir: string, sql: string, options: QueryOptions = {}): Promise<QueryResult> {
  return untilNotMoved(async () => {
    const database = await openDatabase(dir, sql, options);
    try {
      const result = await interruptible(database.connection, options.signal, async () => {
        const statement = await prepareChecked(database.connection, sql);
        return statement.stream();
      });
      return new StreamedResult(database, result, options.signal);
    } catch (error) {
      await database.close();
      throw error;
    }
  });
}

/**
 * Writes the result of a query into a Parquet file, compressed with zstd. The file is complete or not there: another
 * file of its name is replaced at the end. Returns the number of rows.
 *
 * @throws RecorderError as {@link queryRecording} does, and `not_allowed` for a file inside of the recording.
 */
export async function writeQuery(
  dir: string,
  sql: string,
  file: string,
  options: QueryOptions = {},
): Promise<{ readonly rowCount: number }> {
  const path = resolve(file);
  if (isInside(path, resolve(dir)))
    throw new RecorderError("not_allowed", `${file} would be part of the recording ${dir}: choose another folder`);
  const partial = partialPath(path);
  await checkFolderOf(path);
  return untilNotMoved(async () => {
    const database = await openDatabase(dir, sql, { ...options, output: partial });
    try {
      const { connection } = database;
      const written = await interruptible(connection, options.signal, async () => {
        await prepareChecked(connection, sql);
        // As a string the SQL cannot end the statement around it.
        return connection.runAndReadAll(
          `copy (select * from query(${quoted(sql)})) to ${quoted(partial)} (format parquet, compression zstd)`,
        );
      });
      await publish(partial, path);
      return { rowCount: Number(written.getRows()[0]?.[0] ?? 0) };
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    } finally {
      await database.close();
    }
  });
}

async function checkFolderOf(path: string): Promise<void> {
  try {
    await access(dirname(path), constants.W_OK);
  } catch (error) {
    throw fileError("could not write", path, error);
  }
}

async function publish(partial: string, path: string): Promise<void> {
  try {
    await publishFile(partial, path);
  } catch (error) {
    throw fileError("could not write", path, error);
  }
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && resolve(way) !== way;
}

/** Repeats an attempt whose files a recorder has moved in the meantime, and converts errors. */
async function untilNotMoved<T>(attempt: () => Promise<T>): Promise<T> {
  for (let count = 1; ; count++) {
    try {
      return await attempt();
    } catch (error) {
      if (isAborted(error)) throw new RecorderError("interrupted", "the query was interrupted", error);
      if (!isMovedFile(error) || count === LIMITS.listAttempts) throw toQueryError(error);
    }
  }
}

function isAborted(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

/** Runs work on a connection, and interrupts it when the signal is aborted. */
async function interruptible<T>(
  connection: DuckDBConnection,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const interrupt = (): void => connection.interrupt();
  signal?.addEventListener("abort", interrupt);
  try {
    const value = await work();
    signal?.throwIfAborted(); // an interrupt between two steps has no effect on them
    return value;
  } finally {
    signal?.removeEventListener("abort", interrupt);
  }
}

class StreamedResult implements QueryResult {
  readonly columns: QueryResult["columns"];
  readonly #database: QueryDatabase;
  readonly #result: DuckDBResult;
  readonly #signal: AbortSignal | undefined;
  #closed: Promise<void> | undefined;

  constructor(database: QueryDatabase, result: DuckDBResult, signal: AbortSignal | undefined) {
    this.columns = columnsOf(result);
    this.#database = database;
    this.#result = result;
    this.#signal = signal;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly QueryRow[]> {
    try {
      for (;;) {
        const chunk = await interruptible(this.#database.connection, this.#signal, () => this.#result.fetchChunk());
        if (chunk === null || chunk.rowCount === 0) return;
        yield chunk.getRows().map((row) => row.map(toQueryValue));
      }
    } catch (error) {
      if (isAborted(error)) throw new RecorderError("interrupted", "the query was interrupted", error);
      if (isMovedFile(error))
        throw new RecorderError(
          "query_failed",
          "a recorder has moved a file that the query was reading: run it again",
          error,
        );
      throw toQueryError(error);
    } finally {
      await this.close();
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#database.close();
    return this.#closed;
  }
}
