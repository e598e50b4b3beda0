/** Every limit of requests for history that are passed upstream, with its reason. */
export const UPSTREAM_LIMITS = {
  /**
   * Requests of clients that are sent at a time: as many as the client's budget opens beside those that fill gaps.
   * More would wait there, where keys do not take turns.
   */
  maxOpen: 3,
  /** Requests of one key that wait; one more is answered with 429. A program that loads a hundred symbols at once fits. */
  maxWaitingPerKey: 100,
  /** Requests that wait, of all keys: where any key is accepted, one client may have many. */
  maxWaiting: 5_000,
  /**
   * From a client's request to its answer, with its wait and every attempt. HTTP clients give up after a minute, as a
   * rule, and an answer that comes later costs a request for nothing.
   */
  timeoutMs: 60_000,
  /** `Retry-After` where upstream names none: a server in trouble needs longer than a moment. */
  retryAfterSeconds: 5,
  /** Bytes of answers that are kept: some twenty pages of 10,000 records, which have one or two million each. */
  cacheBytes: 33_554_432,
  /** Bytes of the bookkeeping of one kept answer. */
  entryBytes: 512,
  /** How long the newest records are kept: a screen full of programs that poll costs one request a second. */
  keepLatestMs: 1_000,
  /** How long answers about the settled past are kept. Adjusted bars change with the next split or dividend. */
  keepSettledMs: 3_600_000,
  /** How old the past has to be, in the market's time: cancels and corrections come on the same day. */
  settledSeconds: 86_400,
  /** From the request for newest records to their answer: the clients that asked wait no longer. */
  newestTimeoutMs: 1_000,
  /** Symbols in one request for newest records: longer addresses are rejected (alpaca-trade-api-csharp#238). */
  maxNewestSymbols: 100,
  /** Attempts at newest records whose request was rejected for one of its symbols, each without that symbol. */
  newestAttempts: 5,
} as const;
