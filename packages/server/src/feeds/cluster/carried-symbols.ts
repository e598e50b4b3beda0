import { type ChannelSymbols, WILDCARD } from "@tickerplant/client/wire";
import { keysOf, pairOf, symbolsOf } from "../upstream/symbol-keys.ts";
import { CLUSTER_FEED_LIMITS } from "./limits.ts";

/** What an ingest carries: channels with the names of symbols, or with `*`. */
export class CarriedSymbols {
  readonly symbols: ChannelSymbols;
  readonly #keys: ReadonlySet<string>;

  constructor(symbols: ChannelSymbols) {
    this.symbols = symbols;
    this.#keys = new Set(keysOf(symbols));
  }

  /** Whether it is nothing at all: an ingest whose source has not confirmed anything yet. */
  get isEmpty(): boolean {
    return this.#keys.size === 0;
  }

  /** Whether a symbol is carried, by its name or by `*`. */
  has(channel: string, symbol: string): boolean {
    return this.#keys.has(`${channel} ${symbol}`) || this.#keys.has(`${channel} ${WILDCARD}`);
  }

  /** Returns the keys that are not carried. */
  missing(keys: Iterable<string>): string[] {
    return [...keys].filter((key) => !this.has(...pairOf(key)));
  }

  /** Returns the keys that `later` does not carry any more. */
  lostIn(later: CarriedSymbols): string[] {
    return later.missing(this.#keys);
  }

  /** Says what is carried and what is not, such as "the ingest of sip carries trades of AAPL: it has no quotes of TSLA". */
  lacks(feed: string, missing: readonly string[]): string {
    const carried = this.isEmpty ? "no symbols" : named(this.symbols, " and ");
    return `the ingest of ${feed} carries ${carried}: it has no ${named(symbolsOf(missing), " and no ")}`;
  }
}

/** Names symbols by channel, such as "trades of AAPL, MSFT and bars of all symbols". */
export function named(symbols: ChannelSymbols, separator: string): string {
  return Object.entries(symbols)
    .filter(([, list = []]) => list.length > 0)
    .map(([channel, list = []]) => `${channel} of ${listed(list)}`)
    .join(separator);
}

function listed(symbols: readonly string[]): string {
  if (symbols.includes(WILDCARD)) return "all symbols";
  const { maxNamed } = CLUSTER_FEED_LIMITS;
  const first = symbols.slice(0, maxNamed).join(", ");
  return symbols.length > maxNamed ? `${first} and ${symbols.length - maxNamed} more symbols` : first;
}
