/** Every limit of answers from a recording, with its reason. */
export const RECORDED_LIMITS = {
  /** Requests that read a recording at the same time: DuckDB has one thread of each, and the stream needs the others. */
  maxReading: 2,
  /** Requests that wait for those; further ones are answered 503. */
  maxWaiting: 100,
  /** Seconds after which a request that was answered 503 may be sent again. */
  retryAfterSeconds: 1,
  /** How long a reader stays open without a request: it holds what it has decoded of the log in memory. */
  idleMs: 60_000,
  /** How often a read begins again because memory has dropped what the reader lacks. Each time a new reader is opened. */
  maxAttempts: 5,
  /** Days before and after a range in which its trades may be corrected: those of a long weekend. */
  amendmentDays: 8,
  /** Minutes of the longest timeframe that is read in parts; longer ones are read as a whole. */
  dayMinutes: 1440,
  /** Counts of symbols that are remembered, so that the pages of one request are counted once. */
  maxCounts: 16,
} as const;
