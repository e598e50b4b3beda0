import type { Command } from "commander";
import { loadRecorder } from "../input/optional-packages.ts";
import { failure, runCommand } from "../output/exit.ts";
import { Log } from "../output/log.ts";
import { counted } from "../output/numbers.ts";
import { printable } from "../output/printable.ts";
import { findingLines, overviewJson, overviewLines } from "../recording/recording-overview.ts";
import { addExportOptions, type ExportOptions, exportRecords } from "./recording-export.ts";

const EXAMPLES = `
Examples:
  $ tickerplant recording info tape                  feeds, days, channels, and what is missing
  $ tickerplant recording info tape --json | jq '.feeds[].missing'
  $ tickerplant recording verify tape                reads every byte; exits with 1 if something is damaged
  $ tickerplant recording compact tape               one file for each channel of a day that is over
  $ tickerplant recording export tape --channels trades --from 2025-11-14 --to 2025-11-14 > friday.jsonl
  $ tickerplant recording export tape --channels bars --symbols SPY,QQQ --format csv --file bars.csv

Exported JSON lines and CSV are those of tickerplant stream; tickerplant serve --replay reads them. A Parquet file
has one channel, sorted by symbol and time. A day for --from and --to is one in New York; both ends are included.

docs/recording.md describes the folder.`;

/** Adds `tickerplant recording info`, and the other commands for the folder of a recording. */
export function addRecordingCommand(program: Command): void {
  const recording = program
    .command("recording")
    .helpCommand(false)
    .summary("describe, verify, compact or export a recording")
    .description("Works on the folder of a recording, which tickerplant record has made.")
    .addHelpText("after", EXAMPLES);
  recording
    .command("info")
    .summary("print what a recording has, and what it lacks")
    .description("Prints the feeds, days and channels of a recording, its log, and what is missing.")
    .argument("<dir>", "folder of the recording")
    .option("--json", "print JSON, with every range that is missing")
    .action((dir: string, { json }: { readonly json?: true }) =>
      run(async () => {
        const feeds = await (await loadRecorder()).recordingOverview(dir);
        process.stdout.write(json === true ? `${overviewJson(feeds)}\n` : `${overviewLines(feeds).join("\n")}\n`);
      }),
    );
  recording
    .command("verify")
    .summary("find what is damaged")
    .description(
      "Reads every file of a recording with its checksums, and prints what is damaged, or not the recorder's.",
    )
    .argument("<dir>", "folder of the recording")
    .option("--json", "print JSON")
    .action((dir: string, { json }: { readonly json?: true }) =>
      run(async (log) => {
        const verification = await (await loadRecorder()).verify(dir);
        if (json === true) process.stdout.write(`${JSON.stringify(verification)}\n`);
        else for (const line of findingLines(verification)) process.stdout.write(`${line}\n`);
        const { findings, fileCount, rowCount } = verification;
        if (findings.length > 0) throw failure(`${counted(findings.length, "finding")} in ${dir}`);
        log.info(`${counted(fileCount, "file")} with ${counted(rowCount, "row")}: nothing is damaged`);
      }),
    );
  recording
    .command("compact")
    .summary("merge the files of days that are over")
    .description("Merges the files of a recording: one for each channel of a day that is over in New York.")
    .argument("<dir>", "folder of the recording, into which no recorder writes")
    .action((dir: string) =>
      run(async (log) => {
        const { files, errors } = await (await loadRecorder()).compact(dir);
        for (const { path, rowCount } of files)
          process.stdout.write(`${printable(path)}: ${counted(rowCount, "row")}\n`);
        for (const { message } of errors) log.error(message);
        if (errors.length > 0) throw failure("the files of these tables stay as they are");
        log.info(`${counted(files.length, "file")} merged from others`);
      }),
    );
  addExportOptions(
    recording
      .command("export")
      .summary("write records of a recording as JSON lines, CSV or Parquet")
      .description("Writes records, with those that are still in the log, in the order of their arrival.")
      .argument("<dir>", "folder of the recording"),
  ).action((dir: string, options: ExportOptions) => run((log) => exportRecords(dir, options, log)));
}

/** Runs a command, whose failures are those of the recorder. */
async function run(work: (log: Log) => Promise<void>): Promise<void> {
  const log = new Log({ json: false });
  await runCommand(log, async () => {
    try {
      await work(log);
    } catch (error) {
      if (error instanceof Error && error.name === "RecorderError") throw failure(error.message, error);
      throw error;
    }
  });
}
