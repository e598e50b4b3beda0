import { stat } from "node:fs/promises";
import { RecorderError } from "../recorder-error.ts";
import { checkFile } from "./checksum.ts";

/** Files whose checksums were right, by path, with what changes when a file is written again. */
const INTACT = new Map<string, string>();

/**
 * Reads Parquet files to compare them with their checksums: each once in a process, until it is written again. DuckDB
 * would read a changed bit as another value. Files of other programs have no checksum.
 *
 * @throws RecorderError `damaged` for the first file whose bytes have changed.
 */
export async function checkIntact(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const { size, mtimeMs, ino } = await stat(path);
    const version = `${size} ${mtimeMs} ${ino}`;
    if (INTACT.get(path) === version) continue;
    if ((await checkFile(path)) === "changed")
      throw new RecorderError(
        "damaged",
        `${path} is damaged: bytes have changed since the recorder wrote it. Move it to another folder to read the rest without it; \`tickerplant recording verify\` finds all such files`,
      );
    INTACT.set(path, version);
  }
}
