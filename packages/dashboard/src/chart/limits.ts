/** Gaps narrower than this cannot be seen in the lane. */
export const minGapWidth = 6;

/** The smallest target of a pointer that WCAG 2.2 allows, in pixels. */
export const minTargetWidth = 24;

/** The lane's height in pixels: high enough for the hatch to be seen as one. */
export const laneHeight = 10;

/** Room under the lane, so that it does not touch the time axis. */
export const laneMargin = 4;

/** Bars that are held for one symbol: a hundred trading days of 960 minutes would be as many, and 12 MB. */
export const maxBars = 100_000;

/** Rows of the table: as many as a reader scrolls through, and one layout of a few milliseconds. */
export const maxTableRows = 500;

/** How many bars before the left edge earlier ones are asked for: a second of panning. */
export const loadAheadBars = 30;

/** How often the summary for screen readers may change. */
export const summaryIntervalMs = 5_000;

/** How long a fill takes to grow over the hatch. */
export const fillAnimationMs = 160;

/** How often figures of the day change at most: a reader cannot follow them faster. */
export const figuresIntervalMs = 250;

/** The smallest range of the price axis, as a part of the price. */
export const minPriceRange = 0.001;
