#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { addDemoCommand } from "./commands/demo.ts";
import { addKeyCommand } from "./commands/key.ts";
import { addServeCommand } from "./commands/serve.ts";
import { addStreamCommand } from "./commands/stream.ts";
import { CommandError, ExitCode } from "./output/exit.ts";
import { outputFailure } from "./output/record-output.ts";

const EXAMPLES = `
Examples:
  $ tickerplant demo                                          a simulated market, live in the terminal
  $ tickerplant serve --simulate --port 8765                  a gateway for any client of Alpaca's stream
  $ tickerplant stream trades,quotes AAPL --url ws://127.0.0.1:8765/v2/iex
  $ tickerplant stream trades AAPL MSFT --feed sip            at Alpaca, with your keys

Data goes to standard output, everything else to standard error.
Exit codes: 0 done, 1 failed, 2 misused.`;

/** The command line of tickerplant. */
function program(): Command {
  const tickerplant = new Command("tickerplant")
    .description("Real-time US stock market data: a gateway for Alpaca's stream, feeds for it, and a client.")
    .version(version(), "--version", "print the version")
    .helpOption("--help", "show help; after a command, its options and examples")
    .helpCommand(false)
    .addHelpText("after", EXAMPLES)
    .showHelpAfterError("(--help shows what there is)")
    .exitOverride();
  // Made by the program itself, so that they inherit what was set above.
  addDemoCommand(tickerplant);
  addServeCommand(tickerplant);
  addStreamCommand(tickerplant);
  addKeyCommand(tickerplant);
  return tickerplant;
}

function version(): string {
  const file = new URL("../../package.json", import.meta.url);
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string }; // this package's own file
  return version;
}

/**
 * Help and keys are written without a view that takes care of a failure. One whose reader has gone is none;
 * any other is reported at the end, unless a view has done so.
 */
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
    console.error(error); // a fault of ours: with its stack
    process.exitCode = ExitCode.FAILURE;
  }
}
