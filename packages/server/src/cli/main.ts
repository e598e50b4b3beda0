#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { addClusterCommand } from "./commands/cluster.ts";
import { addConfigCommand } from "./commands/config.ts";
import { addDemoCommand } from "./commands/demo.ts";
import { addHistoryCommand } from "./commands/history.ts";
import { addIngestCommand } from "./commands/ingest.ts";
import { addKeyCommand } from "./commands/key.ts";
import { addQueryCommand } from "./commands/query.ts";
import { addRecordCommand } from "./commands/record.ts";
import { addRecordingCommand } from "./commands/recording.ts";
import { addServeCommand } from "./commands/serve.ts";
import { addStreamCommand } from "./commands/stream.ts";
import { CommandError, ExitCode } from "./output/exit.ts";
import { outputFailure } from "./output/record-output.ts";

const EXAMPLES = `
Examples:
  $ tickerplant demo                                a simulated market, live in the terminal
  $ tickerplant serve --simulate --port 8765        a gateway for any client of Alpaca's stream
  $ tickerplant stream trades AAPL MSFT --feed sip  trades from Alpaca, with your keys
  $ tickerplant stream trades AAPL --url ws://127.0.0.1:8765/v2/iex
  $ tickerplant history bars SPY --from 2025-11-14 --timeframe 5Min
  $ tickerplant record trades,quotes SPY --dir tape  keeps them as Parquet files
  $ tickerplant query "from bars_of('SPY', '7 minutes')" --dir tape

Records go to standard output, log messages and errors to standard error.
Exit codes: 0 success, 1 failure, 2 usage error.`;

/** Makes the command line of tickerplant. */
function program(): Command {
  const tickerplant = new Command("tickerplant")
    .description(
      "Real-time US stock market data: prints live and past records of Alpaca, and serves simulated or recorded markets with the same protocol.",
    )
    .version(version(), "--version", "print the version")
    .helpOption("--help", "show help; after a command, help for that command")
    .helpCommand(false)
    .addHelpText("after", EXAMPLES)
    .showHelpAfterError("(see --help)")
    .exitOverride();
  // Commands added to the program inherit these settings.
  addDemoCommand(tickerplant);
  addServeCommand(tickerplant);
  addStreamCommand(tickerplant);
  addHistoryCommand(tickerplant);
  addRecordCommand(tickerplant);
  addQueryCommand(tickerplant);
  addRecordingCommand(tickerplant);
  addIngestCommand(tickerplant);
  addClusterCommand(tickerplant);
  addKeyCommand(tickerplant);
  addConfigCommand(tickerplant);
  return tickerplant;
}

function version(): string {
  const file = new URL("../../package.json", import.meta.url);
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string }; // the package.json of this package
  return version;
}

// A failure to write records ends the command that writes them. Help and keys are written without such handling:
// report their failure at exit, unless the reader closed the pipe or the command has reported it already.
process.stdout.on("error", (error) => {
  process.once("exit", () => {
    const failed = outputFailure(error);
    if (failed === undefined || process.exitCode === failed.exitCode) return;
    console.error(`error: ${failed.message}`);
    process.exitCode = failed.exitCode;
  });
});

try {
  await program().parseAsync();
} catch (error) {
  if (error instanceof CommanderError)
    process.exitCode = error.exitCode === 0 ? ExitCode.SUCCESS : ExitCode.USAGE_ERROR;
  else if (error instanceof CommandError) process.exitCode = error.exitCode;
  else {
    console.error(error); // a bug: show the stack trace
    process.exitCode = ExitCode.FAILURE;
  }
}
