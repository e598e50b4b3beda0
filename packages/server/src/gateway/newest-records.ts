import { type ChannelSymbols, type MarketRecord, type StreamSchema, WILDCARD } from "@tickerplant/client/wire";
import type { FeedGap } from "../feeds/feed.ts";
import type { SnapshotSink } from "../feeds/record-sink.ts";
import { GATEWAY_LIMITS } from "./limits.ts";

/**
 * Returns the channels whose records describe the present: a newer one makes the older ones worthless. Those of a
 * period, such as a minute, and events are none: a client would count one twice that it gets twice.
 */
export function presentChannels({ channels, traits }: StreamSchema): string[] {
  return channels.filter((channel) => traits[channel]?.conflates === true && traits[channel].lengthMs === 0);
}

/**
 * The newest record of each symbol, on the channels that describe the present. Hot ones are left to the history, which
 * keeps them anyway: a second place for each record would slow the stream.
 */
export class NewestRecords implements SnapshotSink {
  /** By channel, then by symbol. */
  readonly #channels: Readonly<Record<string, Map<string, MarketRecord>>>;
  readonly #hot: readonly string[];

  constructor(schema: StreamSchema) {
    this.#hot = schema.hot;
    const channels = presentChannels(schema).filter((channel) => !schema.hot.includes(channel));
    this.#channels = Object.fromEntries(channels.map((channel) => [channel, new Map()]));
  }

  record(record: MarketRecord): void {
    const { channel } = record;
    if (channel === this.#hot[0] || channel === this.#hot[1]) return; // most records: faster than a look-up by name
    const newest = this.#channels[channel];
    if (newest === undefined) return;
    if (newest.size < GATEWAY_LIMITS.maxNewestSymbols || newest.has(record.symbol)) newest.set(record.symbol, record);
  }

  /** Forgets what may no longer be the newest: of the symbols that lack records, until their next one. */
  gap({ channel, symbols }: FeedGap): void {
    this.#forget(channel, symbols);
  }

  /** Forgets symbols whose records do not come any more. */
  released(symbols: ChannelSymbols): void {
    for (const [channel, list = []] of Object.entries(symbols)) this.#forget(channel, list);
  }

  *snapshot(symbols: ChannelSymbols): Generator<MarketRecord> {
    for (const [channel, newest] of Object.entries(this.#channels)) {
      const names = new Set(symbols[channel]);
      for (const symbol of names.has(WILDCARD) ? newest.keys() : names) {
        const record = newest.get(symbol);
        if (record !== undefined) yield record;
      }
    }
  }

  #forget(channel: string, symbols: readonly string[]): void {
    const newest = this.#channels[channel];
    if (symbols.includes(WILDCARD)) newest?.clear();
    else for (const symbol of symbols) newest?.delete(symbol);
  }
}
