import type { Id } from "../market-record.ts";

/** Powers of ten that a double holds exactly: a mantissa below 2^53 divided by one is rounded once, so right. */
export const EXACT_POWERS: readonly number[] = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
/** Decimal digits that always fit a double exactly. */
export const EXACT_DIGITS = 15;

/** The most characters of an integer of 64 bits. Longer ones are not made exact: that costs more than linear time. */
const MAX_EXACT_CHARACTERS = 20;

/** Returns a whole number exactly if it has 64 bits at most: a `bigint` beyond 2^53. */
export function exactInteger(text: string): Id {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  if (text.length <= MAX_EXACT_CHARACTERS) {
    const exact = BigInt(text);
    if (exact >= -(2n ** 63n) && exact < 2n ** 64n) return exact;
  }
  return value; // beyond what msgpack can carry
}
