import type { Quote, Trade } from "@tickerplant/client";

/** What became of a trade after its report. */
export type Update =
  | { readonly kind: "corrected"; readonly price: number; readonly size: number }
  | { readonly kind: "cancelled" };

/** A trade on the tape. */
export interface Print {
  readonly trade: Trade;
  /** The last quote before the trade, as this page received it. */
  readonly quote: Quote | undefined;
  update: Update | undefined;
}
