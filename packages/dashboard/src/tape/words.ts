import { exchangeName, type Quote, type Trade, type TradeSide, tradeConditionName } from "@tickerplant/client";
import type { Update } from "../market/print.ts";
import { count, price, shares, UNKNOWN } from "../ui/figures.ts";
import { clock } from "../ui/new-york.ts";
import type { TapeGap } from "./lines.ts";

export const GLYPHS: { readonly [Name in TradeSide]: string } = { at_ask: "▲", at_bid: "▼", between: "·" };
export const SIDE_WORDS: { readonly [Name in TradeSide]: string } = {
  at_ask: "at the ask",
  at_bid: "at the bid",
  between: "between bid and ask",
};

let clockSecond = Number.NaN;
let clockText = "";

/** The time of a trade in New York: `10:41:07.321`. Trades of a second share the call of the formatter. */
export function tradeTime({ seconds, nanos }: Trade): string {
  if (seconds !== clockSecond) {
    clockSecond = seconds;
    clockText = clock(seconds * 1000);
  }
  return `${clockText}.${String(Math.floor(nanos / 1e6)).padStart(3, "0")}`;
}

/** The header of a paused tape, right: `214 new`. */
export function newTrades(trades: number): string {
  return `${count(trades)} new`;
}

/** Bid and ask: `25.17 × 25.18`, with `–` for a side that is missing. */
export function quoteThen(quote: Quote | undefined): string {
  if (quote === undefined) return UNKNOWN;
  const side = (value: number) => (value > 0 ? price(value) : UNKNOWN);
  return `${side(quote.bidPrice)} × ${side(quote.askPrice)}`;
}

/** Condition codes in a cell, without `@` and a space, the codes of a regular sale. */
export function conditionCodes({ conditions }: Trade): string {
  return conditions.filter((code) => code !== "@" && code !== " ").join(" ");
}

/** The exchange and the conditions of a trade by name. A code without a name stands for itself. */
export function names({ exchange, conditions, tape }: Trade): string[] {
  const named = (code: string, name: string | undefined) => (name === undefined ? code : `${code}: ${name}`);
  return [
    named(exchange, exchangeName(exchange)),
    ...conditions.filter((code) => code !== " ").map((code) => named(code, tradeConditionName(code, tape))),
  ];
}

/** What became of a trade: `↳ corrected to 25.17`, with the size where that changed, or `↳ cancelled`. */
export function updateWords(trade: Trade, update: Update): string {
  if (update.kind === "cancelled") return "↳ cancelled";
  const corrected = [];
  if (update.price !== trade.price || update.size === trade.size) corrected.push(price(update.price));
  if (update.size !== trade.size) corrected.push(`size ${shares(update.size)}`);
  return `↳ corrected to ${corrected.join(", ")}`;
}

/** A gap: `Gap 10:31:04 – 10:33:58, not filled`. */
export function gapWords(gap: TapeGap): string {
  const range = `${clock(gap.fromMs)} – ${gap.toMs === undefined ? "now" : clock(gap.toMs)}`;
  return `Gap ${range}, ${{ open: "not filled", filling: "being filled", filled: "filled from history", missed: "not filled" }[gap.state]}`;
}
