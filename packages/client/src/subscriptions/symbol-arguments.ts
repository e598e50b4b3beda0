import { nearMiss } from "../checks/near-miss.ts";
import { checkOptionsObject } from "../checks/option-checks.ts";
import { shownValue } from "../checks/shown-value.ts";
import { SUBSCRIPTION_OPTIONS, type SubscriptionOptions } from "./subscription-registry.ts";
import { isList, type SymbolList } from "./wanted-symbols.ts";

/** Symbols, `*` for all, one by one or as one array or set; at the end, where wanted, the subscription's options. */
export type SymbolArguments =
  | string[]
  | [...symbols: string[], options: SubscriptionOptions]
  | [symbols: string | SymbolList]
  | [symbols: SymbolList, options: SubscriptionOptions | undefined];

/** Symbols, `*` for all, one by one or as one array or set. */
export type OnlySymbolArguments = string[] | [symbols: string | SymbolList];

/** Arguments split into symbols and options, neither checked yet. */
export interface SplitArguments {
  readonly symbols: Iterable<unknown>;
  readonly options: SubscriptionOptions;
}

/**
 * Splits arguments into symbols, in either shape, and the options after them.
 *
 * @throws TypeError for a last argument that is neither a symbol nor options.
 */
export function splitArguments(args: readonly unknown[]): SplitArguments {
  const [first, second] = args;
  // An array followed by more symbols mixes both forms: the check of the symbols rejects the array.
  if (isList(first) && args.length <= 2 && !isList(second) && typeof second !== "string")
    return { symbols: first, options: second === undefined ? {} : asOptions(second) };
  const last = args.at(-1);
  if (typeof last !== "object" || last === null || isList(last)) return { symbols: args, options: {} };
  return { symbols: args.slice(0, -1), options: asOptions(last) };
}

/** Options by their position. An object without any option, such as `{ symbol: "AAPL" }`, is a mistake. */
function asOptions(value: unknown): SubscriptionOptions {
  checkOptionsObject("a subscription", value);
  const known = Object.keys(SUBSCRIPTION_OPTIONS);
  const names = Object.keys(value);
  if (names.length > 0 && !names.some((name) => known.includes(name) || nearMiss(name, known) !== undefined))
    throw new TypeError(
      `the last argument is neither a symbol nor options: it has ${names.slice(0, 3).map(shownValue).join(", ")}, and the options are ${known.join(", ")}`,
    );
  return value as SubscriptionOptions; // checked where they are used
}
