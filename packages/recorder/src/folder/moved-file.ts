/**
 * Whether a file was promoted, merged or deleted by a recorder after it was listed. DuckDB's errors say so in words
 * alone.
 */
export function isMovedFile(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ("code" in error && error.code === "ENOENT") return true;
  return /No such file or directory|No files found|Cannot open file/i.test(error.message);
}
