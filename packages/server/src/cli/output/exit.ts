import { isatty } from "node:tty";
import { CommanderError } from "commander";
import type { Log } from "./log.ts";

/** Exit codes of the command line. */
export const ExitCode = {
  /** The command is done, or was interrupted. */
  SUCCESS: 0,
  /** The command failed. */
  FAILURE: 1,
  /** The options or arguments cannot be used. */
  USAGE_ERROR: 2,
  /** Terminated by a second Ctrl-C: 128 plus the signal's number, as in shells. */
  INTERRUPTED: 130,
} as const;

/** One of the values of {@link ExitCode}. */
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** An error of a command: its message is logged without a stack trace, and its code is the exit code. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "CommandError";
    this.exitCode = exitCode;
  }
}

/** Makes the error of a command that failed. */
export function failure(message: string, cause?: unknown): CommandError {
  return new CommandError(message, ExitCode.FAILURE, cause);
}

/** Makes the error for options or arguments that cannot be used. */
export function usageError(message: string, cause?: unknown): CommandError {
  return new CommandError(message, ExitCode.USAGE_ERROR, cause);
}

/** Runs `make`, and converts the errors that libraries throw for invalid options to usage errors. */
export function orUsageError<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw usageError(error.message, error);
    throw error;
  }
}

/** Runs a command. Logs its CommandError, and sets the exit code of the process. */
export async function runCommand(log: Log, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof CommanderError) throw error; // commander has printed it
    if (!(error instanceof CommandError)) throw error;
    log.error(error.message);
    process.exitCode = error.exitCode;
  }
}

/**
 * Calls `reload` at each SIGHUP. If the signal comes because the terminal is gone, calls `stop` instead, once. Returns a
 * function that removes the handler.
 */
export function onHangup(reload: () => void, stop: () => void): () => void {
  const hadTerminal = isatty(STANDARD_ERROR);
  const hungUp = (): void => (hadTerminal && !isatty(STANDARD_ERROR) ? stop() : reload());
  process.on("SIGHUP", hungUp);
  return () => void process.off("SIGHUP", hungUp);
}

/** The file descriptor of standard error. */
const STANDARD_ERROR = 2;

/**
 * Calls `stop` at the first Ctrl-C or SIGTERM, and exits at once at the second. Returns a function that removes
 * the handlers.
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
