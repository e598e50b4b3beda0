import type * as Cluster from "@tickerplant/cluster";
import type * as Recorder from "@tickerplant/recorder";

/**
 * Loads the recorder. Its DuckDB is a download of 70 MB, which only programs that need it ask for.
 *
 * @throws Error that says what to install.
 */
export function importRecorder(): Promise<typeof Recorder> {
  return orAdvice("recordings need", "@tickerplant/recorder", () => import("@tickerplant/recorder"));
}

/**
 * Loads the cluster with its client of NATS.
 *
 * @throws Error that says what to install.
 */
export function importCluster(): Promise<typeof Cluster> {
  return orAdvice("a cluster needs", "@tickerplant/cluster", () => import("@tickerplant/cluster"));
}

async function orAdvice<T>(purpose: string, name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException; // what Node throws for a module
    const isMissing = code === "ERR_MODULE_NOT_FOUND" && message.includes(`'${name}'`);
    const reason = isMissing
      ? `${purpose} the package ${name}, which is not installed: run npm install ${name}, with -g if tickerplant is installed globally`
      : `could not load the package ${name}: ${message}`;
    throw new Error(reason, { cause: error });
  }
}
