/** How long a bench takes pains. */
export interface Effort {
  /** How often each contestant is measured. */
  readonly rounds: number;
  /** How long one measurement takes, about, in milliseconds. */
  readonly roundMs: number;
  /** Whether it is the short bench of a check: fewer cases, the same targets. */
  readonly isShort: boolean;
}

export const FULL: Effort = { rounds: 5, roundMs: 500, isShort: false };
export const SHORT: Effort = { rounds: 3, roundMs: 250, isShort: true };
