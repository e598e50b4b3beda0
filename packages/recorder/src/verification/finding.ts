/** Something wrong with a file of a recording. */
export interface Finding {
  readonly path: string;
  readonly kind: FindingKind;
  /** What is wrong, as a sentence. */
  readonly message: string;
  /** How many bytes are concerned. */
  readonly byteLength: number;
  /** How many rows are concerned, if the file says so. */
  readonly rowCount?: number;
}

export type FindingKind =
  /** Bytes have changed or are missing. */
  | "damaged"
  /** A Parquet file of the recorder was deleted. */
  | "missing"
  /** A recorder ended without closing the segment. The next recorder makes Parquet files of it. */
  | "unsealed"
  /** Another program wrote the file. */
  | "foreign"
  /** A newer version of the package wrote the file. */
  | "unknown_version";

/** A file that was read. */
export interface CheckedFile {
  readonly byteLength: number;
  /** The rows of a Parquet file that is as it was written. */
  readonly rowCount: number;
  readonly findings: readonly Finding[];
}
