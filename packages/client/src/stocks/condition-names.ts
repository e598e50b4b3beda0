/** Names by code. */
type Names = { readonly [code: string]: string };

/** Conditions of trades on the tapes A and B. Source: CTA plan, CTS Pillar output specification. */
const CTA_TRADES: Names = {
  " ": "Regular Sale",
  4: "Derivatively Priced",
  5: "Market Center Reopening Trade",
  6: "Market Center Closing Trade",
  7: "Qualified Contingent Trade",
  8: "Reserved",
  9: "Corrected Consolidated Close Price as per Listing Market",
  B: "Average Price Trade",
  C: "Cash Trade (Same Day Clearing)",
  E: "Automatic Execution",
  F: "Intermarket Sweep Order",
  H: "Price Variation Trade",
  I: "Odd Lot Trade",
  K: "Rule 127 (NYSE only) or Rule 155 (NYSE American only)",
  L: "Sold Last (Late Reporting)",
  M: "Market Center Official Close",
  N: "Next Day Trade (Next Day Clearing)",
  O: "Market Center Opening Trade",
  P: "Prior Reference Price",
  Q: "Market Center Official Open",
  R: "Seller",
  T: "Extended Hours Trade",
  U: "Extended Hours Sold (Out of Sequence)",
  V: "Contingent Trade",
  X: "Cross Trade",
  Z: "Sold (Out of Sequence)",
};

/** Conditions of trades on the tape C and over the counter. Source: UTP plan, UTDF specification. */
const UTP_TRADES: Names = {
  "@": "Regular Sale",
  1: "Stopped Stock (Regular Trade)",
  4: "Derivatively Priced",
  5: "Reopening Prints",
  6: "Closing Prints",
  7: "Qualified Contingent Trade",
  8: "Placeholder for 611 Exempt",
  9: "Corrected Consolidated Close (per Listing Market)",
  A: "Acquisition",
  B: "Bunched Trade",
  C: "Cash Sale",
  D: "Distribution",
  E: "Placeholder",
  F: "Intermarket Sweep",
  G: "Bunched Sold Trade",
  H: "Price Variation Trade",
  I: "Odd Lot Trade",
  K: "Rule 155 Trade (NYSE American)",
  L: "Sold Last",
  M: "Market Center Official Close",
  N: "Next Day",
  O: "Opening Prints",
  P: "Prior Reference Price",
  Q: "Market Center Official Open",
  R: "Seller",
  S: "Split Trade",
  T: "Form T (Extended Hours)",
  U: "Extended Trading Hours (Sold Out of Sequence)",
  V: "Contingent Trade",
  W: "Average Price Trade",
  X: "Cross Trade",
  Y: "Yellow Flag Regular Trade",
  Z: "Sold (Out of Sequence)",
};

/** Conditions of quotes on the tapes A and B. Source: CTA plan, CQS Pillar output specification. */
const CTA_QUOTES: Names = {
  4: "On Demand Intraday Auction",
  A: "Slow Quote on the Offer Side",
  B: "Slow Quote on the Bid Side",
  C: "Closing Quote",
  E: "Slow Quote due to an LRP on the Bid Side",
  F: "Slow Quote due to an LRP on the Offer Side",
  H: "Slow Quote on Both Sides",
  L: "Market Maker Quotes Closed",
  N: "Non-Firm Quote",
  O: "Opening Quote",
  R: "Regular Market Maker Open",
  U: "Slow Quote due to an LRP on Both Sides",
  W: "Slow Quote due to a Set Slow List",
};

/** Conditions of quotes on the tape C and over the counter. Source: UTP plan, UQDF specification. */
const UTP_QUOTES: Names = {
  4: "On Demand Intraday Auction",
  A: "Manual Ask, Automated Bid",
  B: "Manual Bid, Automated Ask",
  F: "Fast Trading",
  H: "Manual Bid and Ask",
  I: "Order Imbalance",
  L: "Closed Quote",
  N: "Non-Firm Quote",
  O: "Opening Quote, Automated",
  R: "Regular, Two-Sided Open",
  U: "Manual Bid and Ask, Non-Firm",
  X: "Order Influx",
  Y: "Regular, One-Sided Open",
  Z: "No Open, No Resume",
};

/**
 * The name of one of a trade's conditions on a tape: `I` is `Odd Lot Trade`. Some codes mean different
 * things on different tapes: `B` is an average price on A and B, and a bunched trade on C. Undefined for a
 * code that the tape does not have.
 *
 * @example
 * ```ts
 * trade.conditions.map((code) => tradeConditionName(code, trade.tape) ?? code);
 * ```
 */
export function tradeConditionName(code: string, tape: string): string | undefined {
  return nameIn(isCta(tape) ? CTA_TRADES : UTP_TRADES, code);
}

/** The name of one of a quote's conditions on a tape: `R` is regular. Undefined for a code that the tape does not have. */
export function quoteConditionName(code: string, tape: string): string | undefined {
  return nameIn(isCta(tape) ? CTA_QUOTES : UTP_QUOTES, code);
}

/** The tapes A and B are those of the CTA plan; C and all others have the codes of the UTP plan. */
function isCta(tape: string): boolean {
  return tape === "A" || tape === "B";
}

function nameIn(names: Names, code: string): string | undefined {
  return Object.hasOwn(names, code) ? names[code] : undefined;
}
