/** What went wrong, as a word to branch on. */
export type RecorderErrorCode =
  /** Another recorder writes to the folder. */
  | "in_use"
  /** The disk, or the quota, is full. */
  | "disk_full"
  /** The folder may not be written to, or its file system is read-only. */
  | "not_writable"
  /** Any other failure to write. */
  | "write_failed"
  /** A file or folder may not be read, or its disk has failed. */
  | "not_readable"
  /** The folder has no recording. */
  | "not_a_recording"
  /** The folder has recordings of several feeds, and none of them was named. */
  | "several_feeds"
  /** A Parquet file lacks a column, or has one of a type that no record has. */
  | "wrong_columns"
  /** A Parquet file is damaged. */
  | "damaged"
  /** A newer version of the package wrote the segment. */
  | "unknown_version"
  /** The file is no segment, or its header is damaged. */
  | "not_a_segment"
  /** A segment could not be made into Parquet files. It stays in the log. */
  | "promotion_failed"
  /** The files of a day could not be merged. They stay. */
  | "compaction_failed"
  /** The SQL of a query is wrong, or its values are. */
  | "invalid_query"
  /** A query may read the tables of its recording, and do nothing else. */
  | "not_allowed"
  /** A query was interrupted. */
  | "interrupted"
  /** A query needs more memory, or more temporary files, than its limit. */
  | "out_of_memory"
  /** A query could not read its recording, or failed for any other reason. */
  | "query_failed";

/** The error of the recorder. */
export class RecorderError extends Error {
  readonly code: RecorderErrorCode;

  constructor(code: RecorderErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "RecorderError";
    this.code = code;
  }
}

/** Returns the error for a failure of the file system; `action` says what failed, such as "could not write to". */
export function fileError(action: string, path: string, cause: unknown): RecorderError {
  if (cause instanceof RecorderError) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  switch (systemCode(cause, text)) {
    case "ENOSPC":
    case "EDQUOT":
      return new RecorderError("disk_full", `${action} ${path}: the disk is full; free some space`, cause);
    case "EROFS":
    case "EACCES":
    case "EPERM":
      return new RecorderError(
        "not_writable",
        `${action} ${path}: it may not be written to; choose another folder, or change its permissions`,
        cause,
      );
    case "ENOENT":
      return new RecorderError("write_failed", `${action} ${path}: there is no such folder`, cause);
    case "ENOTDIR":
    case "EEXIST":
      return new RecorderError("write_failed", `${action} ${path}: a part of the path is a file, not a folder`, cause);
    default:
      return new RecorderError("write_failed", `${action} ${path}: ${text}`, cause);
  }
}

/** Returns the error for a file or folder that could not be read. */
export function readError(path: string, cause: unknown): RecorderError {
  if (cause instanceof RecorderError) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  return new RecorderError("not_readable", `could not read ${path}: ${text}`, cause);
}

/** The code of the operating system. Errors of DuckDB have it in their message alone, in words. */
function systemCode(cause: unknown, text: string): string {
  if (cause instanceof Error && "code" in cause) return String(cause.code);
  if (/no space left on device/i.test(text)) return "ENOSPC";
  if (/no such file or directory/i.test(text)) return "ENOENT";
  return /permission denied|read-only file system/i.test(text) ? "EACCES" : "";
}
