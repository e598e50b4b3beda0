import type { FillRules } from "./fill-rules.ts";
import { hashOf } from "./hash.ts";

/** Characters of a mark: 53 bits to the base of 36. */
export const MARK_LENGTH = 11;

/**
 * A string that stands for one record in a position. With 5,000 marks, one of 10^12 other records has one of them.
 * Where a symbol has one record for each time, values do not count: history may have revised them since.
 */
export function recordMark(
  { revisions }: FillRules,
  symbol: string,
  seconds: number,
  nanos: number,
  identity: number,
): string {
  return hashOf(symbol, seconds, nanos, revisions === undefined ? identity : 0)
    .toString(36)
    .padStart(MARK_LENGTH, "0");
}

/** The marks of a string of them. */
export function marksIn(done: string): Set<string> {
  const marks = new Set<string>();
  for (let at = 0; at < done.length; at += MARK_LENGTH) marks.add(done.slice(at, at + MARK_LENGTH));
  return marks;
}
