import type * as Recorder from "@tickerplant/recorder";

const NAME = "@tickerplant/recorder";

/**
 * Loads the recorder. Its DuckDB is a download of 70 MB, which only programs that need it ask for.
 *
 * @throws Error that says what to install.
 */
export async function importRecorder(): Promise<typeof Recorder> {
  try {
    return await import("@tickerplant/recorder");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException; // what Node throws for a module
    const isMissing = code === "ERR_MODULE_NOT_FOUND" && message.includes(`'${NAME}'`);
    const reason = isMissing
      ? `recordings need the package ${NAME}, which is not installed: run npm install ${NAME}, with -g if tickerplant is installed globally`
      : `could not load the package ${NAME}: ${message}`;
    throw new Error(reason, { cause: error });
  }
}
