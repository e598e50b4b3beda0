import { nearMiss } from "../checks/near-miss.ts";
import { didYouMean } from "../checks/option-checks.ts";
import { shownValue } from "../checks/shown-value.ts";
import { type ChannelSymbols, isSymbol, WILDCARD } from "../wire/index.ts";
import type { SymbolSpelling } from "./spelling-watch.ts";

/** Symbols as an array or a set. */
export type SymbolList = readonly string[] | ReadonlySet<string>;

/** Symbols by channel, as a subscriber passes them. A channel that is undefined is skipped. */
export type SymbolsByChannel<C extends string = string> = { readonly [Name in C]?: SymbolList | undefined };

/** Separators, quotes, brackets and characters of patterns: a string with one of them is not one symbol. */
const NOT_IN_SYMBOLS = /[,;:|"'`\\()[\]{}<>?*]/;

/** What JavaScript writes for a value that is missing. */
const MISSING_VALUES: readonly string[] = ["undefined", "null", "NaN"];

/** Symbols that an error message suggests at most. */
const MAX_SUGGESTED = 3;

/** Whether a value is an array, a set or another iterable; false for a string, whose letters would become symbols. */
export function isList(value: unknown): value is Iterable<unknown> {
  return typeof value === "object" && value !== null && !(value instanceof String) && Symbol.iterator in value;
}

/**
 * The symbols of each channel that was named, each symbol once.
 *
 * @throws TypeError for an unknown channel, an empty array, a string in place of an array, and values that are
 *   not symbols.
 */
export function checkedChannels(
  channels: readonly string[],
  symbols: unknown,
  spelling: SymbolSpelling,
): ChannelSymbols {
  const example = `{ ${channels[0]}: ["${spelling.example}"] }`;
  if (typeof symbols !== "object" || symbols === null || isList(symbols))
    throw new TypeError(`symbols come by channel, such as ${example}, got ${shownValue(symbols)}`);
  const checked: Record<string, readonly string[]> = {};
  for (const [name, list] of Object.entries(symbols)) {
    if (!channels.includes(name)) throw new TypeError(unknownChannel(channels, name));
    if (list !== undefined) checked[name] = checkedSymbols(name, list, spelling);
  }
  if (Object.keys(checked).length === 0)
    throw new TypeError(`no channel was named: write the symbols by channel, such as ${example}`);
  return checked;
}

/**
 * A channel's symbols, each once.
 *
 * @throws TypeError for an empty array, a string in place of an array, and values that are not symbols.
 */
export function checkedSymbols(channel: string, symbols: unknown, spelling: SymbolSpelling): string[] {
  const { example } = spelling;
  if (!isList(symbols)) {
    const parts = typeof symbols === "string" ? symbolsIn(symbols) : undefined;
    const hint = symbols === null ? ": leave the channel out" : parts === undefined ? "" : `: write [${parts}]`;
    throw new TypeError(
      `${channel} takes an array of symbols, such as ["${example}"], got ${shownValue(symbols)}${hint}`,
    );
  }
  const checked = new Set<string>();
  for (const symbol of symbols) {
    if (!isSymbolOrWildcard(symbol)) throw new TypeError(noSymbol(channel, symbol, spelling));
    checked.add(symbol);
  }
  if (checked.size === 0)
    throw new TypeError(`no symbols of ${channel}: name some, such as "${example}", or "*" for all`);
  return [...checked];
}

function isSymbolOrWildcard(symbol: unknown): symbol is string {
  if (symbol === WILDCARD) return true;
  if (typeof symbol !== "string" || MISSING_VALUES.includes(symbol)) return false;
  return isSymbol(symbol) && !NOT_IN_SYMBOLS.test(symbol);
}

function unknownChannel(channels: readonly string[], name: string): string {
  const hint = didYouMean(nearMiss(name, channels));
  return `a channel must be one of ${channels.join(", ")}, got ${shownValue(name)}${hint === undefined ? "" : `: ${hint}`}`;
}

function noSymbol(channel: string, symbol: unknown, { noun, example }: SymbolSpelling): string {
  return `a symbol of ${channel} must be ${noun}, such as "${example}", or "*" for all, got ${shownValue(symbol)}${advice(symbol)}`;
}

function advice(symbol: unknown): string {
  if (typeof symbol === "function") return ": a handler is the first argument of a subscribe method";
  if (isList(symbol)) return ": write the symbols one by one or as one array";
  if (typeof symbol === "object" && symbol !== null) return ": options are the last argument of a subscribe method";
  const parts = typeof symbol === "string" ? symbolsIn(symbol) : undefined;
  if (parts !== undefined) return `: write ${parts}`;
  return typeof symbol === "string" && /[?*]/.test(symbol) ? ": patterns are not supported" : "";
}

/** Formats the symbols in a string as code; undefined if it contains anything else. */
function symbolsIn(text: string): string | undefined {
  const parts = text.split(/[\s,;|"'`[\]]+/).filter((part) => part !== "");
  if (parts.length === 0 || !parts.every(isSymbolOrWildcard) || text.startsWith("[object ")) return undefined;
  const shown = parts.slice(0, MAX_SUGGESTED).map(shownValue);
  return [...shown, ...(parts.length > MAX_SUGGESTED ? ["…"] : [])].join(", ");
}
