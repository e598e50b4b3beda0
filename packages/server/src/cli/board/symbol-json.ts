import type { BoardSymbol } from "./model/board-symbol.ts";

/** What is known of a symbol, as JSON for other programs. */
export function symbolJson({
  symbol,
  last,
  first,
  previousClose,
  volume,
  quote,
  halt,
  luld,
  detail,
}: BoardSymbol): string {
  const lastTrade = detail?.prints.newestFirst()[0]?.trade;
  return JSON.stringify({ symbol, last, first, previousClose, volume, halt, quote, luld, lastTrade }, undefined, 2);
}
