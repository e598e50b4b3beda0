import { existsSync } from "node:fs";
import { link, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { DuckDBInstance } from "@duckdb/node-api";
import { PARTIAL_EXTENSION } from "./durable-files.ts";
import { fileError, RecorderError, readError } from "./recorder-error.ts";

/** How the lock's name begins. DuckDB adds an extension for a file of its own. */
export const LOCK_NAME = "recorder.lock";

/** The folders that recorders of this process write to: a lock of the operating system keeps out other processes. */
const locked = new Set<string>();

/** Keeps other recorders out of a folder. */
export interface FolderLock {
  release(): void;
}

/**
 * Locks a folder by opening an empty database in it, on which DuckDB holds a lock of the operating system. The system
 * releases it when the process ends, so that a crash leaves no lock behind, as a file with a process id would.
 *
 * @throws RecorderError `in_use` if another recorder has it.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  if (locked.has(folder)) throw inUse(folder);
  locked.add(folder);
  try {
    const path = join(folder, LOCK_NAME);
    if (!existsSync(path)) await createDatabase(path);
    const database = await openLocked(path);
    return {
      release: () => {
        database.closeSync();
        locked.delete(folder);
      },
    };
  } catch (error) {
    locked.delete(folder);
    if (isLockError(error)) throw inUse(folder, error);
    throw fileError("could not lock", folder, error);
  }
}

/** A query looks at the lock for some milliseconds, which must not keep out a recorder. */
const ATTEMPTS = 5;
const ATTEMPT_INTERVAL_MS = 50;

async function openLocked(path: string): Promise<DuckDBInstance> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await DuckDBInstance.create(path);
    } catch (error) {
      if (!isLockError(error) || attempt === ATTEMPTS) throw error;
      await setTimeout(ATTEMPT_INTERVAL_MS);
    }
  }
}

/** Whether a recorder writes to a folder, in this process or in another one. Changes nothing in it. */
export async function isFolderLocked(folder: string): Promise<boolean> {
  if (locked.has(folder)) return true;
  const path = join(folder, LOCK_NAME);
  if (!existsSync(path)) return false;
  try {
    (await DuckDBInstance.create(path, { access_mode: "READ_ONLY" })).closeSync();
    return false;
  } catch (error) {
    if (isLockError(error)) return true;
    throw readError(path, error);
  }
}

function isLockError(error: unknown): boolean {
  return error instanceof Error && /could not set lock|being used by another process/i.test(error.message);
}

/** Creates an empty database, whole or not at all: a crash in between would leave one that cannot be opened. */
async function createDatabase(path: string): Promise<void> {
  const partial = `${path}-${process.pid}${PARTIAL_EXTENSION}`;
  await rm(partial, { force: true });
  (await DuckDBInstance.create(partial)).closeSync();
  try {
    await link(partial, path); // and not a rename, which would replace the one that another process has locked
  } catch (error) {
    if (!existsSync(path)) throw error;
  }
  await rm(partial);
}

function inUse(folder: string, cause?: unknown): RecorderError {
  return new RecorderError("in_use", `another recorder writes to ${folder}: stop it, or choose another folder`, cause);
}
