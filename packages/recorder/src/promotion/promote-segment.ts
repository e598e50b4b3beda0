import { unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder } from "../durable-files.ts";
import { addToFileLists } from "../folder/file-list.ts";
import { segmentName } from "../folder/recording-files.ts";
import { keepPlace } from "../folder/source-places.ts";
import { readSegment } from "../log/segment-reader.ts";
import { withDatabase } from "../parquet/database.ts";
import type { ParquetFile } from "../parquet/parquet-file.ts";
import { decodeSegment } from "./decode-segment.ts";
import { exportTable } from "./export-table.ts";

/**
 * Makes Parquet files of a segment below `folder`, and deletes the segment. The names of the files come from the
 * segment's, so that a promotion that a crash interrupted writes the same files again. The segment's place in the source
 * stays in the log.
 *
 * It holds the event loop for tens of milliseconds: a {@link Recorder} does it in another process.
 *
 * @throws RecorderError for a segment that cannot be read.
 */
export async function promoteSegment(path: string, folder: string): Promise<ParquetFile[]> {
  const segment = await readSegment(path);
  const { feed, assetClass } = segment.header;
  const origin = { segment: segmentName(path), feed, assetClass };
  const files = await withDatabase(folder, async (connection) => {
    const written: ParquetFile[] = [];
    for (const table of await decodeSegment(connection, segment))
      written.push(...(await exportTable(connection, table, folder, origin)));
    return written;
  });
  await addToFileLists(files.map((file) => file.path));
  const end = await segment.end();
  if (end?.place !== undefined) await keepPlace(path, end.place);
  await unlink(path);
  await syncFolder(dirname(path));
  return files;
}
