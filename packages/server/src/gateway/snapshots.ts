import type { Clock } from "@tickerplant/client";
import { type ChannelSymbols, type MarketRecord, WILDCARD } from "@tickerplant/client/wire";
import type { Feed } from "../feeds/feed.ts";
import type { SnapshotSink } from "../feeds/record-sink.ts";
import type { ConnectedClient } from "./connected-client.ts";
import { NewestRequests } from "./newest-requests.ts";
import type { SinkSet } from "./sink-set.ts";

/** What the clients of a feed are sent first when they subscribe. */
export class Snapshots {
  readonly #feed: Feed;
  /** The channels of which a client gets the newest record. */
  readonly #channels: readonly string[];
  readonly #sinks: SinkSet;
  readonly #always: SnapshotSink | undefined;
  readonly #requests: NewestRequests<ConnectedClient> | undefined;
  /** Newest records of upstream, for clients that are just being acknowledged. */
  readonly #loaded = new Map<ConnectedClient, readonly MarketRecord[]>();

  /** `always` is the one of the sinks whose snapshot every client gets. */
  constructor(feed: Feed, channels: readonly string[], sinks: SinkSet, always: SnapshotSink | undefined, clock: Clock) {
    this.#feed = feed;
    this.#channels = channels;
    this.#sinks = sinks;
    this.#always = always;
    this.#requests = feed.history === undefined ? undefined : new NewestRequests(feed.history, clock);
  }

  /**
   * Requests from upstream what a client's snapshot would lack. Calls `done`, which acknowledges the client, when it has
   * come; at once if nothing is lacking.
   */
  complete(client: ConnectedClient, symbols: ChannelSymbols, done: () => void): void {
    if (this.#requests === undefined || !client.wantsSnapshot) return done();
    const unknown = withoutRecord(symbols, this.#channels, this.#newest(symbols));
    if (unknown === undefined) return done();
    this.#requests.load(client, symbols, unknown, (records) => {
      this.#loaded.set(client, records);
      done();
      this.#loaded.delete(client);
    });
  }

  /** A client has left. Returns the symbols that it was not acknowledged yet. */
  cancel(client: ConnectedClient): ChannelSymbols {
    return this.#requests?.cancel(client) ?? {};
  }

  /** The records for a client that has subscribed to symbols; `added` are those that it did not have. */
  of(client: ConnectedClient, symbols: ChannelSymbols, added: ChannelSymbols): MarketRecord[] {
    const records = client.wantsSnapshot ? this.#newest(added) : [];
    const loaded = this.#loaded.get(client) ?? [];
    // One that has come since the request is newer.
    const lacking = (loaded.length > 0 && withoutRecord(added, this.#channels, records)) || {};
    const missing = new Map(Object.entries(lacking).map(([channel, list]) => [channel, new Set(list)]));
    for (const record of loaded) if (missing.get(record.channel)?.has(record.symbol)) records.push(record);
    // A client that subscribes to a whole order book once more gets it once more.
    for (const record of this.#always?.snapshot(symbols) ?? []) records.push(record);
    return records;
  }

  /** The newest records of symbols, as far as the gateway knows them: while the feed is not current, it knows none. */
  #newest(symbols: ChannelSymbols): MarketRecord[] {
    return this.#feed.isCurrent === false ? [] : this.#sinks.snapshot(symbols, this.#always);
  }
}

/** Returns the named symbols of channels of which there is no record; undefined if there are none. */
function withoutRecord(
  symbols: ChannelSymbols,
  channels: readonly string[],
  records: readonly MarketRecord[],
): ChannelSymbols | undefined {
  const missing: Record<string, readonly string[]> = {};
  for (const channel of channels) {
    const known = new Set(records.filter((record) => record.channel === channel).map(({ symbol }) => symbol));
    const list = [...new Set(symbols[channel])].filter((symbol) => symbol !== WILDCARD && !known.has(symbol));
    if (list.length > 0) missing[channel] = list;
  }
  return Object.keys(missing).length === 0 ? undefined : missing;
}
