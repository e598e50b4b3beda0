import { BarRule, barRules } from "@tickerplant/client";
import { quoted, quotedList } from "../parquet/database.ts";

/** Tapes that have rules of their own; the empty string stands for all others. */
const TAPES: readonly string[] = ["A", "B", "C", "N", "O", ""];

/** Every condition that can have a rule is one character of ASCII. */
const CONDITIONS: readonly string[] = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));

/** What the rules of minute bars and of daily bars are called in SQL. */
export type BarLength = "minute" | "daily";

/** The SQL for whether a trade, with `conditions` and `tape`, may change something in a bar, by Alpaca's rules. */
export function mayChange(what: keyof typeof BarRule, length: BarLength): string {
  const forbidding = new Map(TAPES.map((tape) => [tape, forbiddingConditions(BarRule[what], length, tape)]));
  const everywhere = CONDITIONS.filter((condition) => TAPES.every((tape) => forbidding.get(tape)?.includes(condition)));
  const tests = [hasAny(everywhere)];
  for (const condition of CONDITIONS.filter((condition) => !everywhere.includes(condition))) {
    const tapes = TAPES.filter((tape) => forbidding.get(tape)?.includes(condition));
    if (tapes.length > 0) tests.push(`(${isOneOf(tapes)} and ${hasAny([condition])})`);
  }
  return `(${tests.join(" or ")}) is not true`; // null for crypto, which has no conditions
}

function forbiddingConditions(bit: number, length: BarLength, tape: string): string[] {
  return CONDITIONS.filter((condition) => {
    const rules = barRules([condition], tape);
    return ((length === "minute" ? rules : rules >> 4) & bit) === 0;
  });
}

function isOneOf(tapes: readonly string[]): string {
  const named = TAPES.filter((tape) => tape !== "");
  if (!tapes.includes("")) return `tape in (${tapes.map(quoted).join(", ")})`;
  const others = named.filter((tape) => !tapes.includes(tape));
  return others.length === 0 ? "true" : `tape not in (${others.map(quoted).join(", ")})`;
}

function hasAny(conditions: readonly string[]): string {
  return conditions.length === 0 ? "false" : `list_has_any(conditions, ${quotedList(conditions)})`;
}
