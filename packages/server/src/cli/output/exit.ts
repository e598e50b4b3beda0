import { CommanderError } from "commander";
import type { Log } from "./log.ts";

/** What a command's end says to whoever started it. */
export const ExitCode = {
  /** It did what it was asked to, or was told to stop. */
  SUCCESS: 0,
  /** It could not. */
  FAILURE: 1,
  /** It was asked for something that makes no sense. */
  USAGE_ERROR: 2,
  /** The second Ctrl-C, as shells count it: 128 and the signal's number. */
  INTERRUPTED: 130,
} as const;

/** One of the codes of {@link ExitCode}. */
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** An end that is not a success: a sentence for people, and the code for programs. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "CommandError";
    this.exitCode = exitCode;
  }
}

/** The error for what could not be done. */
export function failure(message: string, cause?: unknown): CommandError {
  return new CommandError(message, ExitCode.FAILURE, cause);
}

/** The error for options or arguments that make no sense. */
export function usageError(message: string, cause?: unknown): CommandError {
  return new CommandError(message, ExitCode.USAGE_ERROR, cause);
}

/** Runs `make`; the errors that libraries throw for senseless options become misuse. */
export function orUsageError<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw usageError(error.message, error);
    throw error;
  }
}

/** Runs a command's work; its end becomes one line of the log and the exit code of the process. */
export async function runCommand(log: Log, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof CommanderError) throw error; // written and counted by commander's own rules
    if (!(error instanceof CommandError)) throw error;
    log.error(error.message);
    process.exitCode = error.exitCode;
  }
}

/**
 * Calls `stop` at the first Ctrl-C or SIGTERM; the second ends the process at once. Returns what
 * ends that.
 */
export function onInterrupt(stop: () => void): () => void {
  let isFirst = true;
  const interrupted = (): void => {
    if (!isFirst) process.exit(ExitCode.INTERRUPTED);
    isFirst = false;
    stop();
  };
  process.on("SIGINT", interrupted);
  process.on("SIGTERM", interrupted);
  return () => {
    process.off("SIGINT", interrupted);
    process.off("SIGTERM", interrupted);
  };
}
