import { exchangeName, quoteConditionName, tradeConditionName } from "@tickerplant/client";
import { RestError } from "./rest-error.ts";

/** The printable characters of ASCII, which every code is one of. */
const CODES: readonly string[] = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index));

/** Returns the names of exchanges by their codes. */
export function exchanges(): Readonly<Record<string, string>> {
  return namesBy(exchangeName);
}

/**
 * Returns the names of conditions on a tape by their codes.
 *
 * @throws RestError 400 for another tape or another kind.
 */
export function conditions(kind: string, tape: string | null): Readonly<Record<string, string>> {
  if (tape === null || !["A", "B", "C"].includes(tape)) throw new RestError(400, `invalid tape: ${tape ?? ""}`);
  if (kind === "trade") return namesBy((code) => tradeConditionName(code, tape));
  if (kind === "quote") return namesBy((code) => quoteConditionName(code, tape));
  throw new RestError(400, `invalid ticktype: ${kind}`);
}

function namesBy(nameOf: (code: string) => string | undefined): Record<string, string> {
  const names = CODES.map((code) => [code, nameOf(code)] as const);
  return Object.fromEntries(names.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
