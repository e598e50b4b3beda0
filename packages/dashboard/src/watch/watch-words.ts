import type { Quote } from "@tickerplant/client";
import type { WatchedSymbol } from "../market/watched-symbol.ts";
import { count, duration, price, UNKNOWN } from "../ui/figures.ts";
import { clock } from "../ui/new-york.ts";

/** The chip and the second line of a row. */
export interface RowWords {
  readonly chip: string;
  readonly note: string;
}

/** Describes the state of a symbol: bid and ask, or why there is none. */
export function rowWords({ state, quote, halt, rejection, silentSinceMs }: WatchedSymbol, nowMs: number): RowWords {
  switch (state) {
    case "rejected":
      return {
        chip: "REJECTED",
        note: [rejection?.serverCode, rejection?.serverMessage ?? rejection?.message].join(" ").trim(),
      };
    case "halted":
      return { chip: "HALT", note: `since ${clock(halt?.fromMs ?? nowMs)}, ${halt?.reason || "halted"}` };
    case "silent":
      return { chip: "SILENT", note: `No trade for ${duration(nowMs - (silentSinceMs ?? nowMs))}` };
    case "active":
      return { chip: "", note: `${side(quote?.bidPrice)} × ${side(quote?.askPrice)}` };
  }
}

/** Bid and ask with their sizes in shares: `Bid 1,200 at 25.17, ask 800 at 25.18`. */
export function sizeWords(quote: Quote | undefined): string {
  if (quote === undefined) return "";
  const { bidPrice, bidSize, askPrice, askSize } = quote;
  const of = (size: number, value: number): string => (value === 0 ? UNKNOWN : `${count(size)} at ${price(value)}`);
  return `Bid ${of(bidSize, bidPrice)}, ask ${of(askSize, askPrice)}`;
}

/** A price of 0 means that the quote has no such side. */
function side(value: number | undefined): string {
  return price(value === 0 ? undefined : value);
}
