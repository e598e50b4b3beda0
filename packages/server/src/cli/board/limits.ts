/** Most symbols on the board: several times as many as are listed in the US, to limit memory. */
export const MAX_SYMBOLS = 50_000;

/**
 * Symbols whose trades, quotes and bars are held from their first record on, about 100 kB for each. Further symbols are
 * held from the time at which they are selected.
 */
export const MAX_DETAILED_SYMBOLS = 500;

/** Trades held of a symbol: a tall terminal shows 70. */
export const MAX_PRINTS = 120;

/** Quotes held of a symbol: a tall terminal shows 10. */
export const MAX_QUOTES = 24;

/** Halts held of a symbol: the chart shows a few hours, and volatile symbols pause every ten minutes. */
export const MAX_HALTS = 24;

/** Minute bars held of a symbol: the regular session has 390. */
export const MAX_BARS = 390;

/** Symbols of one request for previous closes: a short address. */
export const MAX_REQUESTED_CLOSES = 200;

/** Gaps held: those of a bad day. */
export const MAX_GAPS = 200;

/** Lines of the log that are held, and printed when the board ends. */
export const MAX_LOG_LINES = 1_000;

/** Seconds of the health figures: ten minutes. */
export const HEALTH_SECONDS = 600;

/** Characters of a filter: more than any symbol has. */
export const MAX_FILTER_LENGTH = 24;

/** Without a trade or a quote for this long, a symbol counts as silent. Quotes of listed stocks come every few seconds. */
export const SILENT_AFTER_MS = 60_000;

/** A symbol that is seldom traded counts as silent after this many times its mean interval between two records. */
export const SILENT_INTERVALS = 20;
