import { createWriteStream, type WriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import type { QueryResult, QueryRow } from "@tickerplant/recorder";
import { failure } from "../output/exit.ts";
import type { Log } from "../output/log.ts";
import { counted, showCount } from "../output/numbers.ts";
import { queryCsv, queryJson } from "../output/query-format.ts";
import { queryTable } from "../output/query-table.ts";
import type { RecordFormat } from "../output/record-format.ts";
import { outputFailure, RecordOutput } from "../output/record-output.ts";

/** Formats of standard output. */
export type QueryFormat = "table" | "csv" | "jsonl";

/** Rows of a table on a terminal: about one screen. */
const SHOWN_ROWS = 40;

/** A table on a terminal counts further rows up to this number: counting all of a large result would take minutes. */
const COUNTED_ROWS = 10_000;

/** Prints a result on a terminal: the first rows, the columns that fit, and what is left out. */
export async function showOnTerminal(result: QueryResult, output: NodeJS.WriteStream, log: Log): Promise<void> {
  const rows: QueryRow[] = [];
  let count = 0;
  for await (const batch of result) {
    rows.push(...batch.slice(0, SHOWN_ROWS - rows.length));
    count += batch.length;
    if (count > COUNTED_ROWS) break;
  }
  const { header, encode, hidden } = queryTable(result.columns, rows, output.columns);
  output.write(header + encode(rows));
  const total = count > COUNTED_ROWS ? `more than ${showCount(COUNTED_ROWS)} rows` : counted(count, "row");
  const notes = [count > rows.length ? `the first ${rows.length} of ${total}` : total];
  if (hidden.length > 0)
    notes.push(
      `no room for ${counted(hidden.length, "column")}: ${hidden.join(", ")}. Select fewer, or use --format csv`,
    );
  log.text(notes);
}

/**
 * Writes a result to a stream, at the stream's pace. Returns the number of rows; fewer if the reader of the stream has
 * closed it, which is no error.
 */
export async function writeRows(
  result: QueryResult,
  format: QueryFormat,
  stream: NodeJS.WritableStream,
): Promise<number> {
  const batches = result[Symbol.asyncIterator]();
  let batch = await batches.next(); // before anything is written: most errors come here
  let failed: NodeJS.ErrnoException | undefined;
  const output = new RecordOutput(stream, formatOf(format, result, batch.value ?? []), (error) => {
    failed = error;
  });
  let count = 0;
  while (batch.done !== true && failed === undefined) {
    for (const row of batch.value) {
      const room = output.show(row);
      if (room !== undefined) await room;
    }
    count += batch.value.length;
    batch = await batches.next();
  }
  await result.close();
  await output.end();
  const problem = failed === undefined ? undefined : outputFailure(failed);
  if (problem !== undefined) throw problem;
  return count;
}

function formatOf(
  format: QueryFormat,
  { columns }: QueryResult,
  firstRows: readonly QueryRow[],
): RecordFormat<QueryRow> {
  if (format === "csv") return queryCsv(columns);
  if (format === "jsonl") return queryJson(columns);
  return queryTable(columns, firstRows);
}

/** Writes a file that is complete or not there: another file of its name is replaced at the end. */
export async function writeFileWhole(file: string, write: (stream: WriteStream) => Promise<void>): Promise<void> {
  const partial = `${file}.partial`;
  const stream = createWriteStream(partial, { flush: true });
  let problem: Error | undefined;
  stream.on("error", (error) => {
    problem = error;
  });
  try {
    await write(stream);
    await new Promise<void>((resolve) => stream.end(resolve));
    if (problem !== undefined) throw problem;
    await rename(partial, file);
  } catch (error) {
    stream.destroy();
    await rm(partial, { force: true });
    if (problem === undefined) throw error;
    throw failure(`could not write ${file}: ${problem.message}`, error);
  }
}
