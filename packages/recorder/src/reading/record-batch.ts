import type { MarketRecord } from "@tickerplant/client/wire";
import type { RecordPlace } from "./record-query.ts";

/** Records that were read together. Those from history are marked, as `isFromHistory` of the client shows. */
export interface RecordBatch {
  readonly records: readonly MarketRecord[];
  /** When the recorder received each, in nanoseconds since the Unix epoch. */
  readonly receivedNs: BigInt64Array;
  /** The time in the name of each one's segment, in milliseconds since the Unix epoch. */
  readonly segmentsMs: Float64Array;
  /** The number of each in its segment. */
  readonly sequences: Float64Array;
}

/** Returns the place of a record of a batch. */
export function placeOf({ records, segmentsMs, sequences }: RecordBatch, index: number): RecordPlace {
  const record = records[index];
  if (record === undefined) throw new RangeError(`a batch of ${records.length} records has none at ${index}`);
  return { timestampNs: record.timestampNs, segmentMs: segmentsMs[index] ?? 0, sequence: sequences[index] ?? 0 };
}
