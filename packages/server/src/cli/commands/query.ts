import { text } from "node:stream/consumers";
import type * as Recorder from "@tickerplant/recorder";
import { type Command, Option } from "commander";
import { loadRecorder } from "../input/optional-packages.ts";
import { ExitCode, failure, onInterrupt, runCommand, usageError } from "../output/exit.ts";
import { Log } from "../output/log.ts";
import { counted } from "../output/numbers.ts";
import { printable } from "../output/printable.ts";
import { QUERY_EXAMPLES } from "./query-examples.ts";
import { type QueryFormat, showOnTerminal, writeFileWhole, writeRows } from "./query-output.ts";
import { historyFileOf, runQueryShell } from "./query-shell.ts";

interface QueryCommandOptions {
  readonly dir: string;
  readonly format?: QueryFormat | "parquet";
  readonly file?: string;
  readonly json?: true;
}

const EXAMPLES = `
Examples:
  $ tickerplant query "select count(*) from trades" --dir tape
  $ tickerplant query "from bars_of('AAPL', '5 minutes', '2025-11-14', '2025-11-14')" --dir tape --format csv > bars.csv
  $ tickerplant query "from quotes where symbol = 'AAPL'" --dir tape --format parquet --file aapl.parquet
  $ tickerplant query --dir tape < report.sql
  $ tickerplant query --dir tape                    asks for SQL, with completion and a history

Questions, and their SQL:
${QUERY_EXAMPLES.map(({ question, sql }) => `\n  ${question}:\n    ${sql.replaceAll("\n", "\n  ")}`).join("\n")}

Tables: trades, quotes, bars, updated_bars, daily_bars, statuses, lulds, imbalances, corrections, cancel_errors,
orderbooks: a channel each, with the columns feed and day (in New York); tape: the trades that are valid,
corrected and without the cancelled ones; gaps: what is missing. describe trades shows the columns.
Macros: bars_of(symbol, length, from, to), nbbo_at(symbol, time), trades_with_nbbo(symbol, from, to),
vwap(symbol, from, to), spread(symbol, from, to). The symbol may be '*'. Times are UTC; a day, such as
'2025-11-14', is New York's; both ends are included, and may be left out. new_york(time) is the time in
New York, from_new_york(clock) its reverse. The SQL is DuckDB's; docs/query.md has the rest.

A query has what is still in the log, also while a recorder writes, up to the last half second. It reads the
recording and nothing else: no other file, no network, and it changes nothing.

Formats: table is aligned columns, on a terminal the first 40 rows and the columns that fit; csv has a header, |
between the items of lists, and nothing for null; jsonl is one object per row; parquet needs --file.
Rows go to standard output, or into --file, which is complete or not there; everything else to standard error.`;

/** Adds `tickerplant query`, which answers SQL over a recording. */
export function addQueryCommand(program: Command): void {
  program
    .command("query")
    .summary("query a recording by SQL")
    .description("Runs SQL over what tickerplant record has kept, and prints the rows.")
    .argument("[sql]", "the query; by default it is read from standard input")
    .addOption(new Option("--dir <dir>", "folder of the recording").makeOptionMandatory())
    .addOption(
      new Option("--format <format>", "output format (default: table)").choices(["table", "csv", "jsonl", "parquet"]),
    )
    .option("--file <file>", "write the rows into this file")
    .option("--json", "write log messages as JSON lines")
    .addHelpText("after", EXAMPLES)
    .action((sql: string | undefined, options: QueryCommandOptions) => {
      const log = new Log({ json: options.json ?? false });
      return runCommand(log, () => query(sql, options, log));
    });
}

async function query(argument: string | undefined, options: QueryCommandOptions, log: Log): Promise<void> {
  if (options.format === "parquet" && options.file === undefined) throw usageError("--format parquet needs --file");
  const recorder = await loadRecorder();
  if (argument === undefined && process.stdin.isTTY === true) return runShell(recorder, options, log);
  const sql = argument ?? (await text(process.stdin));
  const ending = new AbortController();
  const removeInterruptHandlers = onInterrupt(() => ending.abort());
  try {
    await run(recorder, sql, options, log, ending.signal);
  } catch (error) {
    if (!(error instanceof recorder.RecorderError)) throw error;
    logQueryError(error, log);
    process.exitCode = exitCodeOf(error);
  } finally {
    removeInterruptHandlers();
  }
}

/** Runs one query, and writes its rows to where the options say. */
async function run(
  recorder: typeof Recorder,
  sql: string,
  { dir, format = "table", file }: QueryCommandOptions,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  if (format === "parquet") {
    const { rowCount } = await recorder.writeQuery(dir, sql, file ?? "", { signal });
    return log.info(`wrote ${counted(rowCount, "row")} into ${file}`, { rowCount, file });
  }
  const result = await recorder.queryRecording(dir, sql, { signal });
  if (file !== undefined) {
    let rowCount = 0;
    await writeFileWhole(file, async (stream) => {
      rowCount = await writeRows(result, format, stream);
    });
    log.info(`wrote ${counted(rowCount, "row")} into ${file}`, { rowCount, file });
  } else if (format === "table" && process.stdout.isTTY === true) {
    await showOnTerminal(result, process.stdout, log);
  } else {
    const rowCount = await writeRows(result, format, process.stdout);
    log.info(`printed ${counted(rowCount, "row")}`, { rowCount });
  }
}

async function runShell(recorder: typeof Recorder, options: QueryCommandOptions, log: Log): Promise<void> {
  if (process.stdout.isTTY !== true || options.file !== undefined)
    throw usageError("expected SQL, as an argument or on standard input");
  await recorder.listRecording(options.dir).catch((error: Error) => {
    throw failure(error.message, error);
  });
  await runQueryShell({
    input: process.stdin,
    output: process.stdout,
    tables: recorder.QUERY_TABLES,
    macros: recorder.QUERY_MACROS,
    historyFile: historyFileOf(process.env, process.platform),
    run: async (sql, signal) => {
      try {
        await run(recorder, sql, options, log, signal);
      } catch (error) {
        if (!(error instanceof recorder.RecorderError)) throw error;
        logQueryError(error, log);
      }
    },
  });
}

/** The first line of an error is the message; the others mark the position in the SQL. */
function logQueryError({ code, message }: Recorder.RecorderError, log: Log): void {
  const [first = "", ...rest] = message.split("\n");
  if (log.json) log.error(message, { code });
  else {
    log.error(first);
    const lines = rest.filter((line) => line !== "").map(printable);
    if (lines.length > 0) log.text(lines);
  }
}

/** SQL that cannot be run is a misuse of the command, as a wrong option is. */
function exitCodeOf({ code }: Recorder.RecorderError): ExitCode {
  if (code === "interrupted") return ExitCode.INTERRUPTED; // what was printed is not the whole result
  return code === "invalid_query" || code === "not_allowed" ? ExitCode.USAGE_ERROR : ExitCode.FAILURE;
}
