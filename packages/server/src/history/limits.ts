/** Every limit of the history, with its reason. */
export const HISTORY_LIMITS = {
  /** Minutes of market time that are held by default: a day, so that a replayed day is there at its end. */
  defaultMinutes: 1440,
  /** Bytes that are held by default: about two million records, which a laptop does not notice. */
  defaultBytes: 134_217_728,
  /** Fewest bytes: a few segments of each kind for stocks, crypto and the test feed. */
  minBytes: 4_194_304,
  /**
   * Shares of the bytes by kind of record. Nine of ten records are quotes, which programs ask for least; bars are few
   * and wanted longest.
   */
  tradeShare: 0.375,
  quoteShare: 0.5,
  barShare: 0.125,
  /** Records of one page. Source: docs.alpaca.markets/reference/stocktrades-1. */
  maxPageRecords: 10_000,
  /** Records of a page by default. Source: as above. */
  defaultPageRecords: 1000,
  /** Symbols that one request names; Alpaca has no documented limit, and its requests end at the head's 16 KiB. */
  maxSymbols: 10_000,
  /** Requests of a key in a minute on the free plan. Source: docs.alpaca.markets/docs/about-market-data-api. */
  freeRequestsPerMinute: 200,
  /** Age of the newest consolidated data on the free plan. Source: docs.alpaca.markets/docs/market-data-faq. */
  freeDelaySeconds: 900,
  /** Keys whose requests are counted at a time; the one that asked longest ago is forgotten first. */
  maxCountedKeys: 10_000,
} as const;
