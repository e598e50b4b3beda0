/** Trades of a symbol that are held, for each choice of the smallest size: three screens of a tall window. */
export const MAX_PRINTS = 100;

/** Symbols of the watch list: each is a row that is drawn in every frame, and Alpaca's free plan accepts 30. */
export const MAX_SYMBOLS = 200;

/** Minutes of a day's line: from 04:00 to 20:00. */
export const MAX_SPARK_POINTS = 960;

/** Without a trade or a quote for this long, a symbol counts as silent. Quotes of listed stocks come every few seconds. */
export const SILENT_AFTER_MS = 60_000;
