/** How many rounds a benchmark runs, and how long each takes. */
export interface Effort {
  /** Number of measurements of each contestant. */
  readonly rounds: number;
  /** Number of rounds of new reader processes, end to end: equal processes differ by up to a tenth for as long as they live. */
  readonly readerRounds: number;
  /** Approximate duration of one measurement, in milliseconds. */
  readonly roundMs: number;
  /** Whether to measure fewer cases, against the same targets. */
  readonly isShort: boolean;
}

/** The default. */
export const FULL: Effort = { rounds: 5, readerRounds: 8, roundMs: 500, isShort: false };
/** For `--short`. */
export const SHORT: Effort = { rounds: 3, readerRounds: 4, roundMs: 250, isShort: true };
