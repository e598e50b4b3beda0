import { unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { DuckDBInstance } from "@duckdb/node-api";
import { syncFolder } from "../durable-files.ts";
import { segmentName } from "../folder/recording-files.ts";
import * as LIMITS from "../limits.ts";
import { isDamage, readSegment } from "../log/segment-reader.ts";
import { exportTable, type ParquetFile } from "./parquet-export.ts";
import { SegmentTables } from "./segment-tables.ts";

/**
 * Makes Parquet files of a segment below `folder`, and deletes the segment. The names of the files come from the
 * segment's, so that a promotion that a crash interrupted writes the same files again.
 *
 * @throws RecorderError for a segment that cannot be read.
 */
export async function promoteSegment(path: string, folder: string): Promise<ParquetFile[]> {
  const segment = await readSegment(path);
  const origin = { segment: segmentName(path), feed: segment.header.feed, assetClass: segment.header.assetClass };
  const instance = await DuckDBInstance.create(":memory:", {
    threads: String(LIMITS.threads),
    memory_limit: LIMITS.memory,
    temp_directory: join(dirname(path), "temporary"),
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  try {
    const connection = await instance.connect();
    const tables = await SegmentTables.create(connection, segment.header);
    for await (const part of segment.blocks()) {
      if (isDamage(part)) tables.addDamage(part);
      else
        for (const entry of part) {
          tables.add(entry);
          if (tables.flush()) await nextTurn(); // the stream shares the event loop
        }
    }
    tables.finish();
    const files: ParquetFile[] = [];
    for (const table of tables.tables) files.push(...(await exportTable(connection, table, folder, origin)));
    connection.closeSync();
    await unlink(path);
    await syncFolder(dirname(path));
    return files;
  } finally {
    instance.closeSync();
  }
}
