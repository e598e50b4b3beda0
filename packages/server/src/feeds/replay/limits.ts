/** Every limit of a replay, with its reason. */
export const REPLAY_LIMITS = {
  /** Bytes in one line. The longest record has a few hundred; a longer line is not in a file of records. */
  maxLineBytes: 1_048_576,
  /** Bytes read and unpacked at once: several hundred records, so that they leave in one frame. */
  chunkBytes: 131_072,
  /** The same with many files: small enough that a thousand open files fit into {@link REPLAY_LIMITS.bufferBytes}. */
  minChunkBytes: 16_384,
  /** Bytes that the chunks of all files may have together. */
  bufferBytes: 16_777_216,
  /** Files open at once: those that overlap in time. Most systems allow a process 1024 and more. */
  maxOpenFiles: 900,
  /** Bytes of a file's beginning that are kept to describe what the file is, if it holds no records. */
  headBytes: 65_536,
  /** Unreadable lines at a file's start, without one record among them, after which it is no file of records. */
  maxLeadingBadLines: 100,
  /** The share of unreadable lines above which a replay fails. A few are cut off writes; more is a wrong file. */
  maxBadShare: 0.1,
  /** Lines of one CSV row. Texts of a record may hold line feeds; a stray quote must not swallow the file. */
  maxRowLines: 8,
  /** Lists of conditions that are kept for CSV: a few hundred occur. */
  maxConditionLists: 4096,
  /** Records after one that decide whether its time is an outlier: more than come late together. */
  neighbours: 64,
  /** The same in a quiet file, where many records span hours; and those that have to share a time of another month. */
  fewNeighbours: 8,
  /**
   * Milliseconds by which a time may differ from its neighbours without being looked at. FINRA gives
   * ten seconds to report a trade, so that times go back by seconds every day.
   */
  toleranceMs: 10_000,
  /** Milliseconds by which a single record may be late: trades outside regular hours are reported up to 15 minutes late. */
  lateMs: 900_000,
  /** Milliseconds between first and last time from which a file from new to old is reported: less is jitter. */
  minReversedMs: 1000,
  /** Milliseconds after which a later time has to be shared by several records: markets never close for a month. */
  farMs: 2_678_400_000,
  /** Milliseconds of waiting from which a pause is reported: a shorter one needs no explanation. */
  minPauseMs: 10_000,
  /** The same in the time of the file, or of a slow clock: minute bars alone are no pause every minute. */
  minQuietMs: 120_000,
} as const;
