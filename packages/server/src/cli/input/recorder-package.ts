import type * as Recorder from "@tickerplant/recorder";
import { failure } from "../output/exit.ts";

const NAME = "@tickerplant/recorder";

/**
 * Loads the recorder. Its DuckDB is a download of 70 MB, which only commands that need it ask for.
 *
 * @throws CommandError that says what to install.
 */
export async function loadRecorder(): Promise<typeof Recorder> {
  try {
    return await import("@tickerplant/recorder");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException; // what Node throws for a module
    if (code === "ERR_MODULE_NOT_FOUND" && message.includes(`'${NAME}'`))
      throw failure(
        `recordings need the package ${NAME}, which is not installed: run npm install ${NAME}, with -g if tickerplant is installed globally`,
        error,
      );
    throw failure(`could not load the package ${NAME}: ${message}`, error);
  }
}
