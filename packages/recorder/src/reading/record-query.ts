/** The order in which records are read. Records of the same time are in the order of their arrival. */
export const ReadOrder = {
  /** As the recorder received them, over all channels. */
  RECEIVED: "received",
  /** By their own times. */
  TIME: "time",
} as const;
export type ReadOrder = (typeof ReadOrder)[keyof typeof ReadOrder];

/** What to read of a recording. */
export interface RecordQuery {
  /** @defaultValue all channels of the recording */
  readonly channels?: readonly string[];
  /** @defaultValue all symbols */
  readonly symbols?: readonly string[];
  /** Records with this time or a later one, in nanoseconds since the Unix epoch. */
  readonly fromNs?: bigint;
  /** Records with this time or an earlier one. */
  readonly toNs?: bigint;
  /** @defaultValue `received` */
  readonly order?: ReadOrder;
  /**
   * Whether the last record comes first.
   *
   * @defaultValue false
   */
  readonly isDescending?: boolean;
  /**
   * Whether the order of times has bars at the end of their period instead of its start: then no record precedes what
   * it sums up.
   *
   * @defaultValue false
   */
  readonly hasBarsAtEnd?: boolean;
  /** At most so many records. */
  readonly limit?: number;
  /** Only what comes after this record in the order, which is how the next page is read. */
  readonly after?: RecordPlace;
}

/** The place of a record in a recording, in either order. It stays the same when the segment becomes Parquet files. */
export interface RecordPlace {
  /** The record's time, in nanoseconds since the Unix epoch. */
  readonly timestampNs: bigint;
  /** The time in the name of its segment, in milliseconds since the Unix epoch; 0 in a file of another program. */
  readonly segmentMs: number;
  /** The number of the record in its segment, from 0. */
  readonly sequence: number;
}
