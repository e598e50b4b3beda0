import { readdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { PARTIAL_EXTENSION } from "../durable-files.ts";
import { filesOfTable, hasRecordersName, isPartOf, TEMPORARY_PREFIX } from "./recording-files.ts";

/**
 * Removes from the folder of a feed what a crash left: files of a promotion or a merge that is repeated, DuckDB's
 * temporary files, and files whose rows a merged one has. No recorder may write to the folder meanwhile.
 */
export async function removeLeftovers(folder: string): Promise<void> {
  const tableFolders = new Set<string>();
  for (const name of await readdir(folder, { recursive: true })) {
    const path = join(folder, name);
    if (name.endsWith(PARTIAL_EXTENSION)) await rm(path, { force: true });
    else if (basename(name).startsWith(TEMPORARY_PREFIX)) await rm(path, { recursive: true, force: true });
    else if (name.endsWith(".parquet")) tableFolders.add(dirname(path));
  }
  for (const tableFolder of tableFolders) await removeMergedParts(tableFolder);
}

async function removeMergedParts(tableFolder: string): Promise<void> {
  const files = (await filesOfTable(tableFolder)).filter(hasRecordersName);
  for (const file of files)
    if (files.some((other) => other !== file && isPartOf(file, other))) await rm(file.path, { force: true });
}
