/**
 * What a trade may change in a bar, as bits: a trade with several conditions may change what all of
 * them allow, which is their bitwise AND.
 */
export const BarRule = {
  /** Sets the open and the close, if the bar has no open yet. */
  OPEN_CLOSE_IF_FIRST: 1,
  /** Sets the open and the close, after any other trade. Implies the bit above. */
  OPEN_CLOSE: 2,
  /** Moves the high and the low. */
  HIGH_LOW: 4,
  /** Counts towards the volume and the number of trades. */
  VOLUME: 8,
} as const;

const { OPEN_CLOSE_IF_FIRST, OPEN_CLOSE, HIGH_LOW, VOLUME } = BarRule;
const NONE = 0;
const ALL = OPEN_CLOSE_IF_FIRST | OPEN_CLOSE | HIGH_LOW | VOLUME;
const ALL_IF_FIRST = OPEN_CLOSE_IF_FIRST | HIGH_LOW | VOLUME;
const ALL_BUT_VOLUME = ALL & ~VOLUME;

/** A row of the table: its conditions, the tapes that use them (all when empty), its rules. */
type Row = readonly [conditions: string, tapes: string, minute: number, daily: number];

/**
 * Alpaca's table of sale conditions. A condition that a tape does not use restricts nothing.
 *
 * Source: docs.alpaca.markets/docs/market-data-faq, "How are bars aggregated?".
 */
const ROWS: readonly Row[] = [
  [" @FKLOX56", "", ALL, ALL],
  ["ABDY", "C", ALL, ALL],
  ["E", "AB", ALL, ALL],
  ["CHINRUV7", "", VOLUME, VOLUME],
  ["B", "AB", VOLUME, VOLUME],
  ["W", "CO", VOLUME, VOLUME],
  ["MQ", "", NONE, NONE],
  ["G", "C", VOLUME, ALL_IF_FIRST],
  ["PZ4", "", VOLUME, ALL_IF_FIRST],
  ["T", "", ALL, VOLUME],
  ["9", "", NONE, ALL_BUT_VOLUME],
];

/** Rules by the condition's character code: the minute bar's in the low four bits, the daily's above. */
const RULES_BY_TAPE: ReadonlyMap<string, Uint8Array> = new Map([..."ABCNO"].map((tape) => [tape, rulesOf(tape)]));
const RULES_OF_OTHER_TAPES: Uint8Array = rulesOf("");

function rulesOf(tape: string): Uint8Array {
  const rules = new Uint8Array(128).fill((ALL << 4) | ALL);
  for (const [conditions, tapes, minute, daily] of ROWS) {
    if (tapes !== "" && (tape === "" || !tapes.includes(tape))) continue;
    for (const condition of conditions) rules[condition.charCodeAt(0)] = (daily << 4) | minute;
  }
  return rules;
}

/**
 * Returns what a trade may change in bars: `& 15` is the minute bar's set of {@link BarRule} bits, `>> 4` the daily
 * bar's.
 *
 * @example
 * ```ts
 * const isCounted = (barRules(trade.conditions, trade.tape) & BarRule.VOLUME) !== 0;
 * ```
 */
export function barRules(conditions: readonly string[], tape: string): number {
  const rules = RULES_BY_TAPE.get(tape) ?? RULES_OF_OTHER_TAPES;
  let strictest = (ALL << 4) | ALL;
  for (const condition of conditions) {
    if (condition.length === 1) strictest &= rules[condition.charCodeAt(0)] ?? strictest;
  }
  return strictest;
}
