const MAX_INT64 = 2n ** 63n - 1n;

/** Whether a time in nanoseconds fits into a TIMESTAMP_NS: the years 1677 to 2262. */
export function isStorableTime(timestampNs: bigint): boolean {
  return timestampNs > -MAX_INT64 && timestampNs < MAX_INT64; // the extremes are DuckDB's infinities
}
