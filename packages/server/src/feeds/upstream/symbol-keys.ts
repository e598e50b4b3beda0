import type { ChannelSymbols } from "@tickerplant/client/wire";

/** Names each pair of channel and symbol by one string: neither has spaces. */
export function keysOf(symbols: ChannelSymbols): string[] {
  return Object.entries(symbols).flatMap(([channel, list = []]) => list.map((symbol) => `${channel} ${symbol}`));
}

/** Returns the channel and the symbol of a key. */
export function pairOf(key: string): readonly [channel: string, symbol: string] {
  return key.split(" ") as [string, string]; // made by `keysOf`
}

/** Returns the symbols by channel that keys name. */
export function symbolsOf(keys: Iterable<string>): ChannelSymbols {
  const symbols: Record<string, string[]> = {};
  for (const key of keys) {
    const [channel, symbol] = pairOf(key);
    symbols[channel] ??= [];
    symbols[channel].push(symbol);
  }
  return symbols;
}
