import type { WatchedSymbol } from "../market/watched-symbol.ts";
import { duration, price } from "../ui/figures.ts";
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
      return { chip: "HALT", note: `${halt?.reason || "Halted"} since ${clock(halt?.fromMs ?? nowMs)}` };
    case "silent":
      return { chip: "SILENT", note: `No trade for ${duration(nowMs - (silentSinceMs ?? nowMs))}` };
    case "active":
      return { chip: "", note: `${side(quote?.bidPrice)} × ${side(quote?.askPrice)}` };
  }
}

/** A price of 0 means that the quote has no such side. */
function side(value: number | undefined): string {
  return price(value === 0 ? undefined : value);
}
