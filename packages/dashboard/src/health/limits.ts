/** Ten minutes of samples, one a second: what the areas and lines of the health tab show. */
export const historySeconds = 600;
/** Seconds over which a rate is averaged: bars come once a minute, and a shorter window would flicker. */
export const rateSeconds = 10;
/** Lost connections kept: a page that is open for a week must not grow. */
export const maxReconnects = 200;
/** Lines of the log kept. A reader scrolls through hundreds, not thousands. */
export const maxLogLines = 500;
