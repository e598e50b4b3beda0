import { existsSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { syncFolder } from "../durable-files.ts";
import { dayFoldersIn, hasRecordersName, type RecordedFile, recordedFile, withoutParts } from "./recording-files.ts";

/**
 * The name of the list of a day's Parquet files, with a line such as `trades/20261127T143000.000Z.parquet` for each. Only
 * `verify` reads it, to find files that were deleted. Programs that read a folder of Parquet files ignore such a name.
 */
export const FILE_LIST_NAME = "_files";

const LINE = /^[^/\\]+\/[^/\\]+\.parquet$/;

/**
 * Adds Parquet files to the lists of their days: when they are complete, and before what they were made of is deleted.
 * Lines are appended and never replaced, because a promotion and a merge may write to one day at the same time.
 */
export async function addToFileLists(paths: readonly string[]): Promise<void> {
  for (const dayFolder of new Set(paths.map(dayFolderOfFile))) {
    const lines = paths.filter((path) => dayFolderOfFile(path) === dayFolder).map(lineOf);
    const list = await open(join(dayFolder, FILE_LIST_NAME), "a");
    try {
      await list.appendFile(`\n${lines.join("\n")}\n`); // a loss of power may have left half of a line
      await list.sync();
    } finally {
      await list.close();
    }
    await syncFolder(dayFolder);
  }
}

/**
 * Returns the Parquet files that the folder of a feed should have by the lists of its days, without those that were
 * merged into others of them. A file may have been merged, or its day deleted, since.
 */
export async function listedFiles(folder: string): Promise<RecordedFile[]> {
  const files: RecordedFile[] = [];
  for (const dayFolder of await dayFoldersIn(folder)) files.push(...(await filesOfDay(dayFolder)));
  return files;
}

async function filesOfDay(dayFolder: string): Promise<RecordedFile[]> {
  const tables = new Map<string, RecordedFile[]>();
  for (const line of new Set(await linesOf(join(dayFolder, FILE_LIST_NAME)))) {
    const file = recordedFile(join(dayFolder, line));
    if (LINE.test(line) && hasRecordersName(file)) tables.set(file.table, [...(tables.get(file.table) ?? []), file]);
  }
  return [...tables.values()].flatMap(withoutParts);
}

async function linesOf(path: string): Promise<string[]> {
  try {
    return (await readFile(path, "utf8")).split("\n");
  } catch (error) {
    if (!existsSync(path)) return []; // the day was deleted, or an earlier version recorded it
    throw error;
  }
}

function dayFolderOfFile(path: string): string {
  return dirname(dirname(path));
}

function lineOf(path: string): string {
  return `${basename(dirname(path))}/${basename(path)}`;
}
