/** Limits of a feed of a cluster, each with its reason. */
export const CLUSTER_FEED_LIMITS = {
  /**
   * How far back a gateway reads at its start, in milliseconds: it has the minute bars that a page shows first, and the
   * newest record of every symbol that trades at all. A busy market has some 20 million records in that time, which take
   * as many seconds, and more than the history holds in memory.
   */
  historyMs: 300_000,
  /**
   * How far back it reads at least, in milliseconds. The lease tells what is carried, and is renewed within seconds; a
   * change since then is in the frames of that time alone. Clocks may differ by some seconds, too.
   */
  minHistoryMs: 10_000,
  /**
   * How long a request waits for an ingest to carry its symbols, in milliseconds: a source answers within a second, and
   * another ingest takes over within a few. Clients give up after ten seconds, as a rule.
   */
  answerMs: 10_000,
  /** Most symbols of a channel that an error names: the rest is counted. */
  maxNamed: 5,
} as const;
