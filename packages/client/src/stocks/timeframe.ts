import { type Check, oneOf } from "../checks/option-checks.ts";

/** The units of a timeframe, and the numbers of each that Alpaca makes bars of. */
type Unit = "Min" | "T" | "Hour" | "H" | "Day" | "D" | "Week" | "W" | "Month" | "M";

/**
 * The length of a bar: 1 to 59 `Min`, 1 to 23 `Hour`, `1Day`, `1Week`, or 1, 2, 3, 4, 6 or 12 `Month`. `T`, `H`,
 * `D`, `W` and `M` are short for the units.
 *
 * Source: docs.alpaca.markets/reference/stockbars.
 */
export type Timeframe = `${number}${Unit}`;

const ADJUSTMENTS = ["raw", "split", "dividend", "spin-off", "all"] as const;

/** Corporate actions that change the prices before them. */
export type Adjustment = (typeof ADJUSTMENTS)[number];

const TIMEFRAME = /^(?:[1-5]?\d(?:Min|T)|(?:1?\d|2[0-3])(?:Hour|H)|1(?:Day|D)|1(?:Week|W)|(?:[12346]|12)(?:Month|M))$/;

/** What a timeframe must be. */
export const TIMEFRAME_CHECK: Check = {
  expected: "a timeframe such as 1Min, 15Min, 1Hour, 1Day, 1Week or 3Month",
  accepts: (value) => typeof value === "string" && TIMEFRAME.test(value) && !value.startsWith("0"),
};

const ADJUSTMENT = oneOf(ADJUSTMENTS);

/** What adjustments must be. */
export const ADJUSTMENT_CHECK: Check = {
  expected: `${ADJUSTMENT.expected}, or an array of them`,
  accepts: (value) =>
    Array.isArray(value) ? value.length > 0 && value.every(ADJUSTMENT.accepts) : ADJUSTMENT.accepts(value),
};

/** Whether bars of a timeframe are daily bars. */
export function isDay(timeframe: Timeframe): boolean {
  return timeframe === "1Day" || timeframe === "1D";
}
