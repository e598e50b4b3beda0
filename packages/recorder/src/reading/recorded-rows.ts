/** Rows of one table that are in one place. */
export interface RecordedRows {
  /** The names of the first and the last segment whose rows it has. */
  readonly firstSegment: string;
  readonly lastSegment: string;
  /** The range of the records' times, in nanoseconds since the Unix epoch. */
  readonly fromNs: bigint;
  readonly toNs: bigint;
  readonly place: RowPlace;
}

/** Where rows are. */
export type RowPlace =
  | { readonly type: "parquet"; readonly path: string }
  /** In a table in memory; `sql` selects them, with the columns of a Parquet file. */
  | { readonly type: "staged"; readonly sql: string }
  /** In a segment of the log that has not been decoded yet. */
  | { readonly type: "log"; readonly path: string };

/** The first and the last time of a TIMESTAMP_NS, for rows whose times are unknown. */
export const ANY_TIME: Pick<RecordedRows, "fromNs" | "toNs"> = { fromNs: -(2n ** 63n) + 2n, toNs: 2n ** 63n - 2n };
