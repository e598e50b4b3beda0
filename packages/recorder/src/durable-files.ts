import { randomUUID } from "node:crypto";
import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/** How the name of a file ends that is not complete. */
export const PARTIAL_EXTENSION = ".partial";

/** A path to write a file to until it is complete. No other process uses it, not even one that outlives its recorder. */
export function partialPath(path: string): string {
  return `${path}.${randomUUID()}${PARTIAL_EXTENSION}`;
}

/** Gives a file that is complete its final name, when its bytes are on the disk. */
export async function publishFile(partial: string, path: string): Promise<void> {
  const file = await open(partial, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(partial, path);
  await syncFolder(dirname(path));
}

/** Waits until the names in a folder are on the disk. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return; // Windows cannot open a folder; its file system keeps a journal of names
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
