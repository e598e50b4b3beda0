import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { hasRecordersName, listFeed, type RecordedFile, segmentName } from "../folder/recording-files.ts";
import * as LIMITS from "../limits.ts";
import type { ParquetFile } from "../parquet/parquet-file.ts";
import { RecorderError } from "../recorder-error.ts";
import { mergeFiles } from "./merge-files.ts";

/** What a compaction did. */
export interface Compaction {
  /** The files that were merged from others. */
  readonly files: readonly ParquetFile[];
  /** The errors of tables whose files stay as they are. */
  readonly errors: readonly RecorderError[];
}

/** How much to merge. */
export const Merge = {
  /** Small files, and large ones when there is as much to add as pays for writing them again. */
  WORTHWHILE: "worthwhile",
  /** All files of a table into one. */
  ALL: "all",
} as const;
export type Merge = (typeof Merge)[keyof typeof Merge];

/** Merges the files of a feed, table by table, of the days before `today`. */
export async function compactFeed(folder: string, today: string, merge: Merge): Promise<Compaction> {
  const files: ParquetFile[] = [];
  const errors: RecorderError[] = [];
  for (const parts of await filesToMerge(folder, today, merge)) {
    try {
      files.push(await mergeFiles(folder, checkedNames(parts)));
    } catch (error) {
      errors.push(compactionError(dirname(parts[0]?.path ?? ""), error));
    }
  }
  return { files, errors };
}

/**
 * Lists the files that {@link compactFeed} merges, by table. A file is merged when its segment and all older ones have
 * left the log, so that no other is promoted into the range of a merged one.
 */
export async function filesToMerge(folder: string, today: string, merge: Merge): Promise<(readonly RecordedFile[])[]> {
  const { files, segments } = await listFeed(folder);
  const oldestInLog = segments[0] === undefined ? undefined : segmentName(segments[0]);
  const mergeable = files.filter(
    ({ day, lastSegment }) => day < today && (oldestInLog === undefined || lastSegment < oldestInLog),
  );
  const tables = [...byTable(mergeable).values()];
  const toMerge = merge === Merge.ALL ? tables : await Promise.all(tables.map(worthwhile));
  return toMerge.filter((parts) => parts.length > 1);
}

/**
 * The newest of a table's files that are worth merging. A large file is written again when the newer ones have a
 * share of its size, so that late records cost a multiple of their own size, however often they come.
 */
async function worthwhile(table: readonly RecordedFile[]): Promise<readonly RecordedFile[]> {
  let first = table.length;
  let bytes = 0;
  for (const file of table.toReversed()) {
    const { size } = await stat(file.path);
    if (size > Math.max(LIMITS.smallFileBytes, bytes * LIMITS.mergeRatio) && bytes > 0) break;
    bytes += size;
    first--;
  }
  return table.slice(first);
}

/** A merged file would hide one of another program whose name sorts between those of segments. */
function checkedNames(parts: readonly RecordedFile[]): readonly RecordedFile[] {
  const foreign = parts.find((file) => !hasRecordersName(file));
  if (foreign === undefined) return parts;
  throw new Error(`${foreign.path} is not the recorder's: move it to another folder`);
}

/** The error for files that could not be merged. */
export function compactionError(folder: string, cause: unknown): RecorderError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new RecorderError("compaction_failed", `could not merge the files of ${folder}, which stay: ${text}`, cause);
}

function byTable(files: readonly RecordedFile[]): Map<string, RecordedFile[]> {
  const tables = new Map<string, RecordedFile[]>();
  for (const file of files) {
    const folder = dirname(file.path);
    const table = tables.get(folder) ?? [];
    table.push(file);
    tables.set(folder, table);
  }
  return tables;
}
