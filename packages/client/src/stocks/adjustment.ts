import { type Check, oneOf } from "../checks/option-checks.ts";

const ADJUSTMENTS = ["raw", "split", "dividend", "spin-off", "all"] as const;

/** Corporate actions that change the prices before them. */
export type Adjustment = (typeof ADJUSTMENTS)[number];

const ADJUSTMENT = oneOf(ADJUSTMENTS);

/** What adjustments must be. */
export const ADJUSTMENT_CHECK: Check = {
  expected: `${ADJUSTMENT.expected}, or an array of them`,
  accepts: (value) =>
    Array.isArray(value) ? value.length > 0 && value.every(ADJUSTMENT.accepts) : ADJUSTMENT.accepts(value),
};
