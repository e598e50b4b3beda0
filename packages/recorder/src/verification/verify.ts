import { type Dirent, existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, join, relative, resolve } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { PARTIAL_EXTENSION } from "../durable-files.ts";
import { FILE_LIST_NAME, listedFiles } from "../folder/file-list.ts";
import {
  DELETED_PREFIX,
  hasRecordersName,
  listFeed,
  listRecording,
  logFolderOf,
  PLACE_EXTENSION,
  TEMPORARY_PREFIX,
} from "../folder/recording-files.ts";
import { damagedPlaceFiles } from "../folder/source-places.ts";
import { LOCK_NAME } from "../folder-lock.ts";
import { SEGMENT_EXTENSION } from "../log/segment-name.ts";
import { withDatabase } from "../parquet/database.ts";
import { readError } from "../recorder-error.ts";
import type { CheckedFile, Finding } from "./finding.ts";
import { missingFiles } from "./missing-files.ts";
import { verifyParquet } from "./verify-parquet.ts";
import { verifySegment } from "./verify-segment.ts";

/** What {@link verify} has read and found. */
export interface Verification {
  /** What is wrong; empty for a recording that is as the recorder wrote it. */
  readonly findings: readonly Finding[];
  readonly fileCount: number;
  readonly byteLength: number;
  /** The rows of the Parquet files that are as they were written. */
  readonly rowCount: number;
}

/**
 * Reads a whole recording and reports what is damaged, and what another program has added or changed. A recorder may
 * write to it meanwhile.
 *
 * @throws RecorderError `not_a_recording` for a folder without a feed, `not_readable` for a file that may not be read.
 */
export async function verify(dir: string): Promise<Verification> {
  const findings: Finding[] = [];
  const checked: CheckedFile[] = [];
  for (const { folder } of await listRecording(dir)) {
    const { files, missing } = await withDatabase(folder, (connection) => verifyFiles(folder, connection));
    checked.push(...files);
    findings.push(...files.flatMap((file) => file.findings), ...missing);
    findings.push(...(await damagedPlaces(folder)), ...(await foreignFiles(folder)));
  }
  return {
    findings,
    fileCount: checked.length,
    byteLength: checked.reduce((sum, file) => sum + file.byteLength, 0),
    rowCount: checked.reduce((sum, file) => sum + file.rowCount, 0),
  };
}

/** Checks the files of a feed. One that is gone has been promoted or merged since: then the files are listed again. */
async function verifyFiles(
  folder: string,
  connection: DuckDBConnection,
): Promise<{ readonly files: readonly CheckedFile[]; readonly missing: readonly Finding[] }> {
  const checked = new Map<string, CheckedFile>();
  for (;;) {
    let isComplete = true;
    const listed = await listedFiles(folder); // first: what is listed has been written
    const recorded = await listFeed(folder);
    const { segments, files } = recorded;
    const checks = [
      ...segments.map((path) => ({ path, check: () => verifySegment(path) })),
      ...files
        .filter(hasRecordersName)
        .map((file) => ({ path: file.path, check: () => verifyParquet(file, connection) })),
    ];
    for (const { path, check } of checks) {
      if (checked.has(path)) continue;
      try {
        checked.set(path, await check());
      } catch (error) {
        if (existsSync(path)) throw readError(path, error);
        isComplete = false;
      }
    }
    if (isComplete) return { files: [...checked.values()], missing: missingFiles(listed, recorded) };
  }
}

/** The files with the place in the source whose bytes have changed. */
async function damagedPlaces(folder: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const path of await damagedPlaceFiles(logFolderOf(folder))) {
    const message = "the place in the source is damaged: no recorder can continue there";
    findings.push({ path, kind: "damaged", byteLength: (await sizeOf(path)) ?? 0, message });
  }
  return findings;
}

/** The files in the folder of a feed that are not the recorder's, and those that it has set aside. */
async function foreignFiles(folder: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const entry of await entriesBelow(folder)) {
    if (entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name);
    const finding = findingByName(relative(folder, path));
    if (finding === undefined) continue;
    const byteLength = await sizeOf(path);
    if (byteLength !== undefined) findings.push({ path: resolve(path), byteLength, ...finding });
  }
  return findings;
}

/** Lists what is below a folder; again when a folder is gone meanwhile, because the recorder deletes a day. */
async function entriesBelow(folder: string): Promise<Dirent[]> {
  for (;;) {
    try {
      return await readdir(folder, { recursive: true, withFileTypes: true });
    } catch (error) {
      const isGone = (error as NodeJS.ErrnoException).code === "ENOENT"; // what Node throws for a folder
      if (!isGone || !existsSync(folder)) throw readError(folder, error);
    }
  }
}

const PARQUET_NAME = /^date=[^/\\]+[/\\][^/\\]+[/\\]([^/\\]+)\.parquet$/;

function findingByName(path: string): Pick<Finding, "kind" | "message"> | undefined {
  const name = basename(path);
  if (name.startsWith(LOCK_NAME) || name.endsWith(PARTIAL_EXTENSION) || isRemoved(path)) return;
  if (name === FILE_LIST_NAME) return;
  if (path === join("log", name)) {
    if (name.endsWith(SEGMENT_EXTENSION) || name.endsWith(PLACE_EXTENSION)) return;
    if (name.endsWith(`${SEGMENT_EXTENSION}.damaged`))
      return { kind: "damaged", message: "the recorder could not read this segment and set it aside" };
  }
  const [, segments = ""] = PARQUET_NAME.exec(path) ?? [];
  const [firstSegment = "", lastSegment = firstSegment] = segments.split("_");
  if (hasRecordersName({ firstSegment, lastSegment })) return;
  return { kind: "foreign", message: "the file is not the recorder's: another program added it" };
}

/** Whether a file is in a folder that is removed by its owner, or by the next recorder. */
function isRemoved(path: string): boolean {
  return path.startsWith(TEMPORARY_PREFIX) || path.startsWith(DELETED_PREFIX);
}

/** The size of a file; undefined if it is gone. */
async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (!existsSync(path)) return undefined;
    throw readError(path, error);
  }
}
