import { RecorderError } from "../recorder-error.ts";

/** The error for a segment that could not be made into Parquet files. */
export function promotionError(path: string, cause: unknown): RecorderError {
  if (cause instanceof RecorderError) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  return new RecorderError("promotion_failed", `could not make Parquet files of ${path}, which stays: ${text}`, cause);
}
