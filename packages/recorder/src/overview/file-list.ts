import type { RecordedFile } from "../folder/recording-files.ts";
import { quoted } from "../parquet/database.ts";

/** The paths of files as a list in SQL. */
export function fileList(files: readonly RecordedFile[]): string {
  return `[${files.map(({ path }) => quoted(path)).join(", ")}]`;
}
