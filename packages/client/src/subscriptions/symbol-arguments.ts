import { nearMiss } from "../checks/near-miss.ts";
import { checkOptionsObject, type OptionChecks } from "../checks/option-checks.ts";
import { shownValue } from "../checks/shown-value.ts";
import { SUBSCRIPTION_OPTIONS, type SubscriptionOptions } from "./subscription-registry.ts";
import { isList, type SymbolList } from "./wanted-symbols.ts";

/** Symbols, `*` for all, one by one or as one array or set; at the end, where wanted, options: by default a subscription's. */
export type SymbolArguments<Options = SubscriptionOptions> =
  | string[]
  | [...symbols: string[], options: Options]
  | [symbols: string | SymbolList]
  | [symbols: SymbolList, options: Options | undefined];

/** Symbols, `*` for all, one by one or as one array or set. */
export type OnlySymbolArguments = string[] | [symbols: string | SymbolList];

/** Arguments split into symbols and options, neither checked yet. */
export interface SplitArguments<Options> {
  readonly symbols: Iterable<unknown>;
  readonly options: Options;
}

/**
 * Splits the arguments of a subscription into symbols, in either shape, and the options after them.
 *
 * @throws TypeError for a last argument that is neither a symbol nor options.
 */
export function splitArguments(args: readonly unknown[]): SplitArguments<SubscriptionOptions> {
  return splitOptions(args, "a subscription", SUBSCRIPTION_OPTIONS);
}

/**
 * Splits arguments into symbols, in either shape, and the options after them.
 *
 * @param owner What the options are of, for messages.
 * @throws TypeError for a last argument that is neither a symbol nor options.
 */
export function splitOptions<Options extends object>(
  args: readonly unknown[],
  owner: string,
  checks: OptionChecks<Options>,
): SplitArguments<Options> {
  const asOptions = (value: unknown): Options => checkedOptions(value, owner, Object.keys(checks));
  const none = {} as Options; // every option may be left out
  const [first, second] = args;
  // An array followed by more symbols mixes both forms: the check of the symbols rejects the array.
  if (isList(first) && args.length <= 2 && !isList(second) && typeof second !== "string")
    return { symbols: first, options: second === undefined ? none : asOptions(second) };
  const last = args.at(-1);
  if (typeof last !== "object" || last === null || isList(last)) return { symbols: args, options: none };
  return { symbols: args.slice(0, -1), options: asOptions(last) };
}

/** Options by their position. An object without any option, such as `{ symbol: "AAPL" }`, is a mistake. */
function checkedOptions<Options>(value: unknown, owner: string, known: readonly string[]): Options {
  checkOptionsObject(owner, value);
  const names = Object.keys(value);
  if (names.length > 0 && !names.some((name) => known.includes(name) || nearMiss(name, known) !== undefined))
    throw new TypeError(
      `the last argument is neither a symbol nor options: it has ${names.slice(0, 3).map(shownValue).join(", ")}, and the options are ${known.join(", ")}`,
    );
  return value as Options; // checked where they are used
}
