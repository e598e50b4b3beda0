import { type Channel, SUBSCRIBABLE_CHANNELS, type SubscribableChannel } from "@tickerplant/client";
import { type ChannelSymbols, WILDCARD } from "@tickerplant/client/wire";
import { GATEWAY_LIMITS } from "./limits.ts";

/**
 * How the limit counts: `symbols` counts each symbol once, in however many channels; `subscriptions`
 * counts every pair of channel and symbol. The sources disagree on what Alpaca does.
 */
export type SymbolCount = "symbols" | "subscriptions";

/** One client's subscription: symbols by channel, additive and subtractive. */
export class SubscriptionSet {
  readonly #channels = new Map<SubscribableChannel, Set<string>>();

  /** Whether nothing is subscribed to. */
  get isEmpty(): boolean {
    return this.#channels.size === 0;
  }

  /** The symbols of a channel. */
  symbols(channel: SubscribableChannel): ReadonlySet<string> {
    return this.#channels.get(channel) ?? NO_SYMBOLS;
  }

  /**
   * Whether adding symbols would exceed a limit. A wildcard on trades or quotes exceeds every limit,
   * on other channels it counts for nothing: free plans may have all bars. Without a limit there is
   * one all the same, so that nobody fills the memory with made-up symbols.
   */
  wouldExceed(limit: number, added: ChannelSymbols, count: SymbolCount): boolean {
    if (limit === Number.POSITIVE_INFINITY) return this.#wouldOverflow(added);
    const counted = new Set<string>();
    for (const channel of SUBSCRIBABLE_CHANNELS) {
      for (const symbol of [...this.symbols(channel), ...(added[channel] ?? [])]) {
        if (symbol !== WILDCARD) counted.add(count === "symbols" ? symbol : `${channel} ${symbol}`);
        else if (channel === "trades" || channel === "quotes") return true;
      }
    }
    return counted.size > limit;
  }

  /** Adds symbols. */
  add(symbols: ChannelSymbols): void {
    for (const [channel, list] of entriesOf(symbols)) {
      const held = this.#channels.get(channel) ?? new Set();
      for (const symbol of list) held.add(symbol);
      if (held.size > 0) this.#channels.set(channel, held);
    }
  }

  /** Takes symbols away; those not subscribed to are passed over. `*` takes away the wildcard alone. */
  remove(symbols: ChannelSymbols): void {
    for (const [channel, list] of entriesOf(symbols)) {
      const held = this.#channels.get(channel);
      for (const symbol of list) held?.delete(symbol);
      if (held?.size === 0) this.#channels.delete(channel);
    }
  }

  #wouldOverflow(added: ChannelSymbols): boolean {
    let size = 0;
    for (const channel of SUBSCRIBABLE_CHANNELS) size += this.symbols(channel).size + (added[channel]?.length ?? 0);
    // Rather too much than too slow: symbols that are there already are counted twice.
    return size > GATEWAY_LIMITS.maxSubscriptions;
  }

  /** The whole subscription as an acknowledgement lists it; corrections and cancels follow trades. */
  list(withEmpty: boolean): ChannelSymbols {
    const symbols: { [C in Channel]?: readonly string[] } = {};
    for (const channel of SUBSCRIBABLE_CHANNELS) {
      const list = [...this.symbols(channel)];
      if (withEmpty || list.length > 0) symbols[channel] = list;
    }
    const { trades } = symbols;
    return trades === undefined ? symbols : { ...symbols, corrections: trades, cancelErrors: trades };
  }
}

const NO_SYMBOLS: ReadonlySet<string> = new Set();

/** The subscribable channels that a message names, with their symbols. */
function entriesOf(symbols: ChannelSymbols): [SubscribableChannel, readonly string[]][] {
  const entries: [SubscribableChannel, readonly string[]][] = [];
  for (const channel of SUBSCRIBABLE_CHANNELS) {
    const list = symbols[channel];
    if (list !== undefined) entries.push([channel, list]);
  }
  return entries;
}
