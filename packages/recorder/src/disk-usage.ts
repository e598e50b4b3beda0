import { stat, statfs } from "node:fs/promises";
import { segmentsIn } from "./folder/recording-files.ts";

/** What a recording has in its log, and what its disk has left. */
export interface DiskUsage {
  /** Segments that wait to become Parquet files. The one that is being written is not counted. */
  readonly waitingSegments: number;
  /** Bytes of all segments. */
  readonly logBytes: number;
  /** Bytes that this user may still write. */
  readonly freeBytes: number;
}

/** Measures the log in a folder; `openPaths` are those of the segments that are being written. */
export async function diskUsage(logFolder: string, openPaths: readonly string[]): Promise<DiskUsage> {
  const paths = await segmentsIn(logFolder);
  let logBytes = 0;
  for (const path of paths) logBytes += await sizeOf(path);
  const { bavail, bsize } = await statfs(logFolder);
  return {
    waitingSegments: paths.filter((path) => !openPaths.includes(path)).length,
    logBytes,
    freeBytes: bavail * bsize,
  };
}

/** The size of a file; 0 for one that was promoted meanwhile. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}
