import { exchangeName, type Quote, type Trade, tradeConditionName } from "@tickerplant/client";
import type { Side, Update } from "../market/print.ts";
import type { TapeGap } from "./lines.ts";

const COUNT = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const SIZE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 4 }); // fractional shares
const CENTS = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const SUB_PENNY = new Intl.NumberFormat("en-US", { minimumFractionDigits: 4, maximumFractionDigits: 4 });
const CLOCK = new Intl.DateTimeFormat("en-GB", {
  timeZone: "America/New_York",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

export const GLYPHS: { readonly [Name in Side]: string } = { at_ask: "▲", at_bid: "▼", between: "·" };
export const SIDE_WORDS: { readonly [Name in Side]: string } = {
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

/** A price in dollars: two decimals, four under $1 and for a part of a cent. */
export function price(value: number): string {
  const cents = value * 100;
  const isSubPenny = Math.abs(cents - Math.round(cents)) > 1e-6 * Math.max(1, cents);
  return (value < 1 || isSubPenny ? SUB_PENNY : CENTS).format(value);
}

/** A number of shares: `12,500`. */
export function size(shares: number): string {
  return SIZE.format(shares);
}

/** A number of trades: `1,284 trades`. */
export function trades(count: number): string {
  return `${COUNT.format(count)} ${count === 1 ? "trade" : "trades"}`;
}

/** The header of a paused tape, right: `214 new`. */
export function newTrades(count: number): string {
  return `${COUNT.format(count)} new`;
}

/** Bid and ask: `25.17 × 25.18`, with `–` for a side that is missing. */
export function quoteThen(quote: Quote | undefined): string {
  if (quote === undefined) return "–";
  const side = (value: number) => (value > 0 ? price(value) : "–");
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
  if (update.size !== trade.size) corrected.push(`size ${size(update.size)}`);
  return `↳ corrected to ${corrected.join(", ")}`;
}

/** A gap: `Gap 10:31:04 – 10:33:58, not filled`. */
export function gapWords(gap: TapeGap): string {
  const range = `${clock(gap.fromMs)} – ${gap.toMs === undefined ? "now" : clock(gap.toMs)}`;
  return `Gap ${range}, ${{ open: "not filled", filling: "being filled", filled: "filled from history", missed: "not filled" }[gap.state]}`;
}

function clock(ms: number): string {
  return CLOCK.format(ms);
}
