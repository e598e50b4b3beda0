/**
 * Exchanges by their letter on the tape, under the names of today.
 *
 * Source: the list that Alpaca's GET /v2/stocks/meta/exchanges answers, as docs.alpaca.markets showed it
 * in 2022; exchanges that were founded or renamed since by the participants of the CTA and UTP plans, in
 * 2026. `D` is what is traded off exchange and reported to FINRA.
 */
const EXCHANGES: { readonly [code: string]: string } = {
  A: "NYSE American",
  B: "Nasdaq Texas (BX)",
  C: "NYSE National",
  D: "FINRA (off exchange)",
  E: "Market independent (SIP)",
  F: "Texas Stock Exchange",
  G: "24X National Exchange",
  H: "MIAX Pearl",
  I: "Nasdaq ISE",
  J: "Cboe EDGA",
  K: "Cboe EDGX",
  L: "Long-Term Stock Exchange",
  M: "NYSE Texas (Chicago)",
  N: "New York Stock Exchange",
  P: "NYSE Arca",
  Q: "Nasdaq",
  S: "Nasdaq SmallCap",
  T: "Nasdaq Int",
  U: "MEMX",
  V: "IEX",
  W: "Cboe",
  X: "Nasdaq PSX",
  Y: "Cboe BYX",
  Z: "Cboe BZX",
};

/**
 * The name of an exchange by its code on the wire: `V` is `IEX`. Undefined for a code that the table does
 * not have, such as the blank of a quote's absent side.
 */
export function exchangeName(code: string): string | undefined {
  return Object.hasOwn(EXCHANGES, code) ? EXCHANGES[code] : undefined;
}
