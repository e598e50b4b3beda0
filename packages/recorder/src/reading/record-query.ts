import type { Id } from "@tickerplant/client/wire";
import type { ArrivalPlace } from "../log/log-writer.ts";

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
  /** Only trades with one of these ids; of channels whose records have one. */
  readonly ids?: readonly Id[];
  /** Only records that arrived before this place. */
  readonly arrivedBefore?: ArrivalPlace;
  /** At most so many records. */
  readonly limit?: number;
  /** Only what comes after this record in the order, which is how the next page is read. */
  readonly after?: RecordPlace;
}

/**
 * The place of a record in a recording, in either order. It stays the same when the segment becomes Parquet files. In a
 * file of another program, `segmentMs` is 0.
 */
export interface RecordPlace extends ArrivalPlace {
  /** The record's time, in nanoseconds since the Unix epoch. */
  readonly timestampNs: bigint;
}
