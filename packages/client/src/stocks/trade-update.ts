import { laterChange } from "../continuity/from-history.ts";
import type { Trade } from "./records.ts";

/** What became of a trade after its report. */
export const TradeUpdate = {
  /** It was cancelled. */
  CANCELED: "canceled",
  /** It was reported wrongly, and another trade replaces it. */
  INCORRECT: "incorrect",
  /** It replaces a trade that was reported wrongly. */
  CORRECTED: "corrected",
} as const;

/** One of the values of {@link TradeUpdate}. */
export type TradeUpdate = (typeof TradeUpdate)[keyof typeof TradeUpdate];

/**
 * What history reports of a trade that was changed after its report; undefined for all others, and for trades of
 * a live stream, where corrections and cancels are records of their own. Nothing links an incorrect trade to the
 * one that replaces it.
 *
 * @example
 * ```ts
 * const update = tradeUpdate(trade);
 * const counts = update !== "canceled" && update !== "incorrect";
 * ```
 */
export function tradeUpdate(trade: Trade): TradeUpdate | undefined {
  const change = laterChange(trade);
  return Object.values(TradeUpdate).find((update) => update === change);
}
