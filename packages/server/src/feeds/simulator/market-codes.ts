/** The tape of a listed stock, by its listing exchange: A (NYSE), B (other exchanges) or C (Nasdaq). */
export type StockTape = "A" | "B" | "C";

/** Repeats each letter as often as its weight, so that all elements are equally likely. */
function letters(weights: Readonly<Record<string, number>>): readonly string[] {
  return Object.entries(weights).flatMap(([letter, weight]) => Array<string>(weight).fill(letter));
}

/** Exchanges of trades by tape, about as frequent as in reality; `D` is off exchange. */
export const TRADE_EXCHANGES: Readonly<Record<StockTape, readonly string[]>> = {
  A: letters({ D: 38, N: 21, Q: 11, P: 7, K: 6, Z: 5, V: 4, U: 3, B: 1, J: 1, Y: 1, H: 1, M: 1 }),
  B: letters({ D: 40, P: 18, Q: 11, Z: 9, K: 8, N: 3, V: 4, U: 3, B: 1, J: 1, Y: 1, M: 1 }),
  C: letters({ D: 40, Q: 27, P: 7, K: 7, Z: 6, V: 4, U: 3, N: 2, B: 1, X: 1, J: 1, Y: 1 }),
};

/** Exchanges of the best bid or offer by tape, about as frequent as in reality. */
export const QUOTE_EXCHANGES: Readonly<Record<StockTape, readonly string[]>> = {
  A: letters({ N: 34, Q: 15, P: 13, K: 11, Z: 11, U: 7, V: 4, B: 1, J: 1, Y: 1, H: 1, M: 1 }),
  B: letters({ P: 34, Q: 15, Z: 15, K: 12, N: 8, U: 8, V: 4, B: 1, J: 1, Y: 1, M: 1 }),
  C: letters({ Q: 42, P: 14, K: 13, Z: 12, U: 9, V: 4, N: 3, B: 1, X: 1, J: 1 }),
};

/**
 * Exchanges whose trade ids are long: Alpaca's sample of a correction on `M` has 52983525033527, while
 * other exchanges count from 1.
 */
export const LONG_ID_EXCHANGES = "ACMNP";

/** The first trade id of those exchanges. */
export const LONG_ID_BASE = 52_983_525_000_000;

/** The kind of a trade, apart from its size and whether it is an intermarket sweep. */
export const SaleKind = {
  REGULAR: 0,
  /** Outside regular hours. */
  EXTENDED: 1,
  /** The opening print. */
  OPENING: 2,
  /** The first trade after a halt. */
  REOPENING: 3,
  /** Reported more than ten seconds after it happened. */
  LATE: 4,
  /** One leg of a contingent trade. */
  CONTINGENT: 5,
  /** At an average price. */
  AVERAGE: 6,
  /** At a derived price. */
  DERIVED: 7,
} as const;

/** One of the values of {@link SaleKind}. */
export type SaleKind = (typeof SaleKind)[keyof typeof SaleKind];

/** The sale condition of each kind, in the order of {@link SaleKind}. */
const SALE_LETTERS: Readonly<Record<StockTape, readonly string[]>> = {
  A: ["", "T", "O", "5", "L", "7", "B", "4"],
  B: ["", "T", "O", "5", "L", "7", "B", "4"],
  C: ["", "T", "O", "5", "L", "7", "W", "4"],
};

const SALE_CONDITIONS: Readonly<Record<StockTape, readonly (readonly string[])[]>> = {
  A: saleConditionLists("A", " "),
  B: saleConditionLists("B", " "),
  C: saleConditionLists("C", "@"),
};

function saleConditionLists(tape: StockTape, regular: string): readonly (readonly string[])[] {
  return SALE_LETTERS[tape].flatMap((letter) =>
    ["", "F"].flatMap((sweep) =>
      ["", "I"].map((oddLot) => Object.freeze([regular, sweep, letter, oddLot].filter((code) => code !== ""))),
    ),
  );
}

/** Returns the sale conditions of a trade: a frozen array, shared by all such trades. */
export function saleConditions(
  tape: StockTape,
  kind: SaleKind,
  isSweep: boolean,
  isOddLot: boolean,
): readonly string[] {
  // The index follows the order in which saleConditionLists makes the arrays.
  return SALE_CONDITIONS[tape][kind * 4 + (isSweep ? 2 : 0) + (isOddLot ? 1 : 0)] as readonly string[];
}

/** Quote conditions: `R` is regular; `A`, `B` and `H` are a slow offer, bid or both; `Y` is one side only. */
export const QUOTE_CONDITIONS: {
  readonly regular: readonly string[];
  readonly oneSided: readonly string[];
  readonly slow: readonly (readonly string[])[];
} = {
  regular: Object.freeze(["R"]),
  oneSided: Object.freeze(["Y"]),
  slow: [Object.freeze(["A"]), Object.freeze(["B"]), Object.freeze(["H"])],
};

/** The codes and messages of a trading status. */
export interface StatusTexts {
  readonly code: string;
  readonly message: string;
  readonly reasonCode: string;
  readonly reasonMessage: string;
}

/** The statuses at the start and at the end of a halt. */
export interface HaltTexts {
  readonly halt: StatusTexts;
  /** Sent in this order; trading resumes with the last. */
  readonly resumption: readonly StatusTexts[];
}

function status(code: string, message: string, reasonCode: string, reasonMessage: string): StatusTexts {
  return { code, message, reasonCode, reasonMessage };
}

const CTA_HALTS = {
  pause: {
    halt: status("2", "Trading Halt", "M", "Limit Up-Limit Down (LULD) Trading Pause"),
    resumption: [status("3", "Resume", "", "")],
  },
  news: {
    halt: status("2", "Trading Halt", "P", "News Pending"),
    resumption: [status("3", "Resume", "D", "News Released (formerly News Dissemination)")],
  },
};

const UTP_HALTS = {
  pause: {
    halt: status("P", "Volatility Trading Pause", "LUDP", "Volatility Trading Pause"),
    resumption: [
      status("Q", "Quotation Resumption", "LUDP", "Volatility Trading Pause"),
      status("T", "Trading Resumption", "LUDP", "Volatility Trading Pause"),
    ],
  },
  news: {
    halt: status("H", "Trading Halt", "T1", "Halt News Pending"),
    resumption: [
      status("Q", "Quotation Resumption", "T3", "News and Resumption Times"),
      status("T", "Trading Resumption", "T3", "News and Resumption Times"),
    ],
  },
};

/**
 * Halts by tape: CTA codes on A and B, UTP codes on C.
 *
 * Source: docs.alpaca.markets/docs/real-time-stock-pricing-data, "Trading Status".
 */
export const HALTS: Readonly<Record<StockTape, { readonly pause: HaltTexts; readonly news: HaltTexts }>> = {
  A: CTA_HALTS,
  B: CTA_HALTS,
  C: UTP_HALTS,
};

/** LULD price band indicators of the SIPs: for the first band, a later one, and the one after a halt. */
export const BAND_INDICATORS = { OPENING: "A", INTRADAY: "B", REOPENING: "E" } as const;
