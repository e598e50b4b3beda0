/** Limits of an ingest, each with its reason. */
export const INGEST_LIMITS = {
  /**
   * How much market time before the watermark a follower reads, in milliseconds: fills look back over 60 seconds at
   * most, and what they find there must be known to have been published.
   */
  lookBackMs: 120_000,
  /** How long what was published may take to reach NATS when an ingest stops, in milliseconds. */
  drainMs: 5_000,
  /** How long the source may take to end its connection, in milliseconds, before another term begins. */
  sourceEndMs: 5_000,
  /** How often a leader reads what gateways ask for, in milliseconds: their clients wait for it. */
  demandMs: 500,
} as const;
