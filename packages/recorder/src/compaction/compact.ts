import { removeLeftovers } from "../folder/leftovers.ts";
import { listRecording } from "../folder/recording-files.ts";
import { lockFolder } from "../folder-lock.ts";
import type { ParquetFile } from "../parquet/parquet-file.ts";
import type { RecorderError } from "../recorder-error.ts";
import { dayName, newYorkDay } from "../trading-day.ts";
import { type Compaction, compactFeed, Merge } from "./compact-feed.ts";

/**
 * Merges the files of a recording, so that each table of a day that is over in New York is one file. A {@link Recorder}
 * does it at its start and at night, for files where it is worthwhile.
 *
 * @throws RecorderError `in_use` while a recorder writes to the folder, `not_a_recording` for a folder without a feed.
 */
export async function compact(dir: string): Promise<Compaction> {
  const files: ParquetFile[] = [];
  const errors: RecorderError[] = [];
  for (const { folder } of await listRecording(dir)) {
    const lock = await lockFolder(folder);
    try {
      await removeLeftovers(folder);
      const result = await compactFeed(folder, dayName(newYorkDay(Date.now() / 1000)), Merge.ALL);
      files.push(...result.files);
      errors.push(...result.errors);
    } finally {
      lock.release();
    }
  }
  return { files, errors };
}
