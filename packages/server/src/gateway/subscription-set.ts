import { type ChannelSymbols, type StreamSchema, WILDCARD } from "@tickerplant/client/wire";
import { GATEWAY_LIMITS } from "./limits.ts";

/**
 * How the limit counts: `symbols` counts each symbol once for all its channels; `subscriptions`
 * counts every pair of channel and symbol. The sources disagree on what Alpaca does.
 */
export type SymbolCount = "symbols" | "subscriptions";

/** The symbols by channel that one client is subscribed to. */
export class SubscriptionSet {
  readonly #schema: StreamSchema;
  readonly #channels = new Map<string, Set<string>>();

  constructor(schema: StreamSchema) {
    this.#schema = schema;
  }

  /** Whether nothing is subscribed to. */
  get isEmpty(): boolean {
    return this.#channels.size === 0;
  }

  /** How many symbols the channel with most has; `*` if a channel has all. */
  get size(): number | "*" {
    let most = 0;
    for (const symbols of this.#channels.values()) {
      if (symbols.has(WILDCARD)) return WILDCARD;
      most = Math.max(most, symbols.size);
    }
    return most;
  }

  /** The symbols of a channel. */
  symbols(channel: string): ReadonlySet<string> {
    return this.#channels.get(channel) ?? NO_SYMBOLS;
  }

  /** Returns those of some symbols of a channel that are subscribed to; of `*`, all that are. */
  among(channel: string, symbols: readonly string[]): readonly string[] {
    const held = this.symbols(this.#schema.traits[channel]?.broughtBy ?? channel);
    if (symbols.includes(WILDCARD)) return [...held];
    return held.has(WILDCARD) ? symbols : symbols.filter((symbol) => held.has(symbol));
  }

  /**
   * Whether adding symbols would exceed a limit. A wildcard exceeds every limit on the channels that
   * plans limit, and counts for nothing on others. Without a limit there is one all the same, so that
   * no client fills the memory with made-up symbols.
   */
  wouldExceed(limit: number, added: ChannelSymbols, count: SymbolCount): boolean {
    if (limit === Number.POSITIVE_INFINITY) return this.#wouldOverflow(added);
    const counted = new Set<string>();
    for (const channel of this.#schema.subscribable) {
      for (const symbol of [...this.symbols(channel), ...(added[channel] ?? [])]) {
        if (symbol !== WILDCARD) counted.add(count === "symbols" ? symbol : `${channel} ${symbol}`);
        else if (this.#schema.traits[channel]?.limited === true) return true;
      }
    }
    return counted.size > limit;
  }

  /** Returns the symbols of a request that are not subscribed to. */
  missing(symbols: ChannelSymbols): ChannelSymbols {
    const entries = this.#entriesOf(symbols).map(([channel, list]): [string, string[]] => {
      const held = this.symbols(channel);
      return [channel, list.filter((symbol) => !held.has(symbol))];
    });
    return Object.fromEntries(entries);
  }

  /** Adds symbols. */
  add(symbols: ChannelSymbols): void {
    for (const [channel, list] of this.#entriesOf(symbols)) {
      const held = this.#channels.get(channel) ?? new Set();
      for (const symbol of list) held.add(symbol);
      if (held.size > 0) this.#channels.set(channel, held);
    }
  }

  /** Removes symbols; ignores those that are not subscribed to. `*` removes the wildcard alone. */
  remove(symbols: ChannelSymbols): void {
    for (const [channel, list] of this.#entriesOf(symbols)) {
      const held = this.#channels.get(channel);
      for (const symbol of list) held?.delete(symbol);
      if (held?.size === 0) this.#channels.delete(channel);
    }
  }

  /** The whole subscription as an acknowledgement lists it; a channel that another brings has the other's symbols. */
  list(withEmpty: boolean): ChannelSymbols {
    const symbols: Record<string, readonly string[]> = {};
    for (const channel of this.#schema.channels) {
      const broughtBy = this.#schema.traits[channel]?.broughtBy;
      const list = broughtBy === undefined ? [...this.symbols(channel)] : (symbols[broughtBy] ?? []);
      if (withEmpty || list.length > 0) symbols[channel] = list;
    }
    return symbols;
  }

  #wouldOverflow(added: ChannelSymbols): boolean {
    let size = 0;
    for (const channel of this.#schema.subscribable) size += this.symbols(channel).size + (added[channel]?.length ?? 0);
    // Rather too much than too slow: symbols that are there already are counted twice.
    return size > GATEWAY_LIMITS.maxSubscriptions;
  }

  /** The channels that a message names and a request may name, with their symbols. */
  #entriesOf(symbols: ChannelSymbols): [channel: string, symbols: readonly string[]][] {
    const entries: [string, readonly string[]][] = [];
    for (const channel of this.#schema.subscribable) {
      const list = symbols[channel];
      if (list !== undefined) entries.push([channel, list]);
    }
    return entries;
  }
}

const NO_SYMBOLS: ReadonlySet<string> = new Set();
