/** Trades of a symbol that are held, for each choice of the smallest size: three screens of a tall window. */
export const MAX_PRINTS = 100;

/** Symbols of the watch list: each is a row that is drawn in every frame, and Alpaca's free plan accepts 30. */
export const MAX_SYMBOLS = 200;

/** Minutes of a day's line: from 04:00 to 20:00. */
export const MAX_SPARK_POINTS = 960;

/** Without a trade or a quote for this long, a symbol counts as silent. Quotes of listed stocks come every few seconds. */
export const SILENT_AFTER_MS = 60_000;

/** Gaps that are held; the oldest is dropped first. A page that is open for a week must not grow. */
export const MAX_GAPS = 500;

/** Halts of a symbol that are held: LULD pauses last five minutes at least, so that a day has no more. */
export const MAX_HALTS = 100;

/** Steps of the bands of a symbol that are held: the bands change every 30 seconds at most, which makes 780 a day. */
export const MAX_BAND_STEPS = 1_600;
