import type { ParquetFile } from "../parquet/parquet-file.ts";
import type { RecorderErrorCode } from "../recorder-error.ts";

/** Work on the files of a feed, beside the recording. */
export type Task =
  | { readonly type: "promote"; readonly folder: string; readonly segment: string }
  | { readonly type: "compact"; readonly folder: string; readonly today: string };

/** What became of a task, as its process sends it. */
export interface TaskResult {
  readonly files: readonly ParquetFile[];
  readonly errors: readonly { readonly code: RecorderErrorCode; readonly message: string }[];
}
