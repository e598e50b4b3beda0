import type * as Cluster from "@tickerplant/cluster";
import type * as Recorder from "@tickerplant/recorder";
import { importCluster, importRecorder } from "../../optional-packages.ts";
import { failure } from "../output/exit.ts";

/**
 * Loads the recorder for a command.
 *
 * @throws CommandError that says what to install.
 */
export function loadRecorder(): Promise<typeof Recorder> {
  return orFailure(importRecorder());
}

/**
 * Loads the cluster for a command.
 *
 * @throws CommandError that says what to install.
 */
export function loadCluster(): Promise<typeof Cluster> {
  return orFailure(importCluster());
}

async function orFailure<T>(loading: Promise<T>): Promise<T> {
  try {
    return await loading;
  } catch (error) {
    throw failure((error as Error).message, error); // what the import throws
  }
}
