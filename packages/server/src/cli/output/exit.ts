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
  /** The terminal was closed before the command had started: 128 plus the signal's number, as in shells. */
  HUNG_UP: 129,
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
 * The signal SIGHUP of a command that reloads. It would end a process without a handler, so that the object is made
 * first: a signal that comes while the command starts is handled when it has.
 */
export class Hangups {
  readonly #hadTerminal: boolean = isatty(STANDARD_ERROR);
  #reload: (() => void) | undefined;
  #stop: () => void = () => process.exit(ExitCode.HUNG_UP);
  #isPending = false;

  constructor() {
    process.on("SIGHUP", this.#hungUp);
  }

  /** Calls `reload` at each signal from now on, and for one that came before; `stop`, once the terminal is gone. */
  handle(reload: () => void, stop: () => void): void {
    this.#reload = reload;
    this.#stop = stop;
    if (this.#isPending) reload();
    this.#isPending = false;
  }

  /** Removes the handler. */
  ignore(): void {
    process.off("SIGHUP", this.#hungUp);
  }

  readonly #hungUp = (): void => {
    if (this.#hadTerminal && !isatty(STANDARD_ERROR)) this.#stop();
    else if (this.#reload === undefined) this.#isPending = true;
    else this.#reload();
  };
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
