import type { Check } from "../checks/option-checks.ts";

type Unit = "Min" | "T" | "Hour" | "H" | "Day" | "D" | "Week" | "W" | "Month" | "M";

/**
 * A length of time that is summed up in one record: 1 to 59 `Min`, 1 to 23 `Hour`, `1Day`, `1Week`, or 1, 2, 3, 4,
 * 6 or 12 `Month`. `T`, `H`, `D`, `W` and `M` are short for the units.
 *
 * Source: the parameter `timeframe` in docs.alpaca.markets/reference.
 */
export type Timeframe = `${number}${Unit}`;

const TIMEFRAME =
  /^(?:[1-9](?:Min|T)|[1-5]\d(?:Min|T)|(?:[1-9]|1\d|2[0-3])(?:Hour|H)|1(?:Day|D|Week|W)|(?:[12346]|12)(?:Month|M))$/;

/** What a timeframe must be. */
export const TIMEFRAME_CHECK: Check = {
  expected: "a timeframe such as 1Min, 15Min, 1Hour, 1Day, 1Week or 3Month",
  accepts: (value) => typeof value === "string" && TIMEFRAME.test(value),
};

/** Whether a timeframe is a day. */
export function isDay(timeframe: Timeframe): boolean {
  return timeframe === "1Day" || timeframe === "1D";
}
