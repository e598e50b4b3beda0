import type { Command } from "commander";
import { loadRecorder } from "../input/recorder-package.ts";
import { failure, runCommand } from "../output/exit.ts";
import { Log } from "../output/log.ts";
import { overviewJson, overviewLines } from "../recording/recording-overview.ts";
import { addExportOptions, type ExportOptions, exportRecords } from "./recording-export.ts";

const EXAMPLES = `
Examples:
  $ tickerplant recording info tape                  feeds, days, channels, and what is missing
  $ tickerplant recording info tape --json | jq '.feeds[].missing'

docs/recording.md describes the folder.`;

/** Adds `tickerplant recording info`, and the other commands for the folder of a recording. */
export function addRecordingCommand(program: Command): void {
  const recording = program
    .command("recording")
    .helpCommand(false)
    .summary("describe a recording")
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
  addExportOptions(
    recording
      .command("export")
      .summary("write records of a recording as JSON lines or CSV")
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
