import type * as Cluster from "@tickerplant/cluster";
import type * as Recorder from "@tickerplant/recorder";
import type * as IngestModule from "../../ingest/ingest.ts";
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

/**
 * Loads the ingest for a command, which needs the cluster.
 *
 * @throws CommandError that says what to install.
 */
export async function loadIngest(): Promise<typeof IngestModule> {
  await loadCluster();
  return import("../../ingest/ingest.ts");
}

async function orFailure<T>(loading: Promise<T>): Promise<T> {
  try {
    return await loading;
  } catch (error) {
    throw failure((error as Error).message, error); // what the import throws
  }
}
