/** Limits of a replay, each with its reason. */
export const REPLAY_LIMITS = {
  /** Bytes in one line. The longest record has a few hundred; a file with longer lines has no records. */
  maxLineBytes: 1_048_576,
  /** Bytes read and decompressed at once: several hundred records, so that they leave in one frame. */
  chunkBytes: 131_072,
  /** The same with many files: small enough that a thousand open files fit into {@link REPLAY_LIMITS.bufferBytes}. */
  minChunkBytes: 16_384,
  /** Bytes in the chunks of all open files together. */
  bufferBytes: 16_777_216,
  /** Files open at once, which are those that overlap in time. Most systems allow a process at least 1024. */
  maxOpenFiles: 900,
  /** Bytes kept from the start of a file to describe it, in case it has no records. */
  headBytes: 65_536,
  /** Unreadable lines before the first record, after which a file is rejected. */
  maxLeadingBadLines: 100,
  /** Share of unreadable lines above which a replay fails. A few come from interrupted writes; more mean a wrong file. */
  maxBadShare: 0.1,
  /** Lines in one CSV row. A field may contain line feeds; a stray quote must not consume the file. */
  maxRowLines: 8,
  /** Arrays of conditions kept for CSV: a few hundred occur. */
  maxConditionLists: 4096,
  /** Records after a record that decide whether its time is an outlier: more than arrive late together. */
  neighbours: 64,
  /** The same in a quiet file, where many records span hours; also how many records must share a time over a month ahead. */
  fewNeighbours: 8,
  /**
   * Milliseconds by which a time may differ from its neighbours without further checks. FINRA allows ten
   * seconds to report a trade, so times go back by seconds every day.
   */
  toleranceMs: 10_000,
  /** Milliseconds by which a single record may be late: trades outside regular hours are reported up to 15 minutes late. */
  lateMs: 900_000,
  /** Milliseconds from the first to the last time above which a file in reverse order is reported: less is jitter. */
  minReversedMs: 1000,
  /** Milliseconds ahead above which several records must share a time: markets never close for a month. */
  farMs: 2_678_400_000,
  /** Shortest pause that is reported, in milliseconds of waiting: a shorter one needs no explanation. */
  minPauseMs: 10_000,
  /** The same in milliseconds of the file's time: minute bars alone must not report a pause every minute. */
  minQuietMs: 120_000,
} as const;
