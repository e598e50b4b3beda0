import { type ChannelSymbols, WILDCARD } from "@tickerplant/client/wire";

/** Symbols by channel, to which others are added and from which they are removed: what an ingest is subscribed to. */
export class ChannelSymbolSet {
  readonly #byChannel = new Map<string, Set<string>>();

  constructor(symbols: ChannelSymbols = {}) {
    this.add(symbols);
  }

  add(symbols: ChannelSymbols): void {
    for (const [channel, names = []] of Object.entries(symbols)) {
      const ofChannel = this.#byChannel.get(channel) ?? new Set();
      for (const name of names) ofChannel.add(name);
      if (ofChannel.size > 0) this.#byChannel.set(channel, ofChannel);
    }
  }

  remove(symbols: ChannelSymbols): void {
    for (const [channel, names = []] of Object.entries(symbols)) {
      const ofChannel = this.#byChannel.get(channel);
      for (const name of names) ofChannel?.delete(name);
      if (ofChannel?.size === 0) this.#byChannel.delete(channel);
    }
  }

  /** Whether a symbol is in it, by its name or by `*`. */
  has(channel: string, symbol: string): boolean {
    const ofChannel = this.#byChannel.get(channel);
    return ofChannel !== undefined && (ofChannel.has(symbol) || ofChannel.has(WILDCARD));
  }

  /** What of some symbols is in it, by its name or by `*`. */
  covered(symbols: ChannelSymbols): ChannelSymbols {
    return filtered(symbols, (channel, name) => this.has(channel, name));
  }

  /** What of some symbols is not in it by its own name. */
  lacking(symbols: ChannelSymbols): ChannelSymbols {
    return filtered(symbols, (channel, name) => this.#byChannel.get(channel)?.has(name) !== true);
  }

  list(): ChannelSymbols {
    return Object.fromEntries([...this.#byChannel].map(([channel, names]) => [channel, [...names]]));
  }
}

function filtered(symbols: ChannelSymbols, isWanted: (channel: string, name: string) => boolean): ChannelSymbols {
  const parts = Object.entries(symbols).map(
    ([channel, names = []]) => [channel, names.filter((name) => isWanted(channel, name))] as const,
  );
  return Object.fromEntries(parts.filter(([, names]) => names.length > 0));
}
