import {
  type AnyRecord,
  type Channel,
  STOCK_SCHEMA,
  SUBSCRIBABLE_CHANNELS,
  type SubscribableChannel,
} from "@tickerplant/client";
import { type ChannelSymbols, Codec, FrameEncoder, WILDCARD } from "@tickerplant/client/wire";
import { type FrameReader, SharedFrames } from "./shared-frames.ts";

const NO_RECORD =
  "publish takes records with a channel, a symbol, and a time in seconds and nanos, such as new Trade(…); raw records and the JSON of records lack them";

/** Whom records fan out to. */
export interface Recipient extends FrameReader {
  readonly codec: Codec;
  /** Whether it must have each record by itself, and no frame that others have, too. */
  readonly takesSingly: boolean;
  /**
   * Takes an encoded record; the bytes are good during the call only. `quoteOf` is the symbol of a
   * quote. Returns whether the record waits as the first, and {@link flush} is to be called.
   */
  take(record: Uint8Array, quoteOf: string | undefined): boolean;
  /** Sends what waits. */
  flush(): void;
}

interface ChannelIndex<R extends Recipient> {
  readonly named: Map<string, Set<R>>;
  /** Those who have the wildcard, and something by name besides. */
  readonly wildcard: Set<R>;
  /** Those who have wildcards alone. */
  readonly shared: Set<SharedFrames<R>>;
}

/** What one reader has. */
interface Holding<R extends Recipient> {
  readonly wildcards: Set<SubscribableChannel>;
  /** How many pairs of channel and symbol. */
  namedCount: number;
  /** Whose frames it is sent; undefined while it takes records singly. */
  shared: SharedFrames<R> | undefined;
}

/** One index by channel and symbol: a record costs what its readers cost, and is encoded once per codec. */
export class FanOut<R extends Recipient> {
  /** Records published. */
  published = 0;
  /** Records handed to readers. */
  delivered = 0;
  readonly #takesSingly: () => boolean;
  readonly #channels: Record<SubscribableChannel, ChannelIndex<R>>;
  readonly #holdings = new Map<R, Holding<R>>();
  /** Those who read the same, by codec and channels. */
  readonly #shared = new Map<string, SharedFrames<R>>();
  /** Those for whom records wait. */
  readonly #due: R[] = [];
  readonly #encoders = {
    msgpack: new FrameEncoder(Codec.MSGPACK, STOCK_SCHEMA),
    json: new FrameEncoder(Codec.JSON, STOCK_SCHEMA),
  };
  /** The newest record that was encoded, by its number in `published`, in the codecs that somebody has needed. */
  readonly #encoded: Record<Codec, { number: number; bytes: Uint8Array }> = {
    msgpack: { number: 0, bytes: new Uint8Array() },
    json: { number: 0, bytes: new Uint8Array() },
  };

  /** `takesSingly` tells whether each reader must have each record by itself at the moment. */
  constructor(takesSingly: () => boolean = () => false) {
    this.#takesSingly = takesSingly;
    this.#channels = Object.fromEntries(
      SUBSCRIBABLE_CHANNELS.map((channel) => [channel, { named: new Map(), wildcard: new Set(), shared: new Set() }]),
    ) as Record<SubscribableChannel, ChannelIndex<R>>; // one for each channel, by construction
  }

  /** Whether nobody has anything. */
  get isEmpty(): boolean {
    return this.#holdings.size === 0;
  }

  /** Lets a reader have symbols. What waits for it must have been flushed: it belongs to what it had. */
  add(reader: R, symbols: ChannelSymbols): void {
    const holding = this.#holdings.get(reader) ?? { wildcards: new Set(), namedCount: 0, shared: undefined };
    this.#holdings.set(reader, holding);
    for (const channel of SUBSCRIBABLE_CHANNELS) {
      const { named } = this.#channels[channel];
      for (const symbol of symbols[channel] ?? []) {
        if (symbol === WILDCARD) {
          holding.wildcards.add(channel);
          continue;
        }
        const readers = named.get(symbol) ?? new Set();
        if (readers.size === 0) named.set(symbol, readers);
        if (!readers.has(reader)) holding.namedCount++;
        readers.add(reader);
      }
    }
    this.#place(reader, holding);
  }

  /** Takes symbols away from a reader. What waits for it must have been flushed, unless it is gone. */
  remove(reader: R, symbols: ChannelSymbols): void {
    const holding = this.#holdings.get(reader);
    if (holding === undefined) return;
    for (const channel of SUBSCRIBABLE_CHANNELS) {
      const { named } = this.#channels[channel];
      for (const symbol of symbols[channel] ?? []) {
        if (symbol === WILDCARD) {
          holding.wildcards.delete(channel);
          continue;
        }
        const readers = named.get(symbol);
        if (readers?.delete(reader)) holding.namedCount--;
        if (readers?.size === 0) named.delete(symbol);
      }
    }
    this.#place(reader, holding);
    if (holding.namedCount === 0 && holding.wildcards.size === 0) this.#holdings.delete(reader);
  }

  /** Hands a record to everybody who has its symbol or the wildcard, once. */
  publish(record: AnyRecord): void {
    const number = ++this.published;
    const index: ChannelIndex<R> | undefined = this.#channels[subscribedBy(record.channel)];
    // A raw record, for example. Without readers it would be lost without a sign, and with them at random.
    if (index === undefined || typeof record.symbol !== "string" || !Number.isFinite(record.seconds))
      throw new TypeError(NO_RECORD);
    const { named, wildcard, shared } = index;
    const readers = named.get(record.symbol);
    if (shared.size > 0) this.#share(shared, record, number);
    if (readers !== undefined) for (const reader of readers) this.#hand(reader, record, number);
    if (wildcard.size === 0) return; // most often, and most records have no reader at all
    for (const reader of wildcard) if (!readers?.has(reader)) this.#hand(reader, record, number);
  }

  /** Everybody sends what waits. */
  flush(): void {
    for (const shared of this.#shared.values()) shared.flush();
    for (let reader = this.#due.pop(); reader !== undefined; reader = this.#due.pop()) reader.flush();
  }

  #share(all: ReadonlySet<SharedFrames<R>>, record: AnyRecord, number: number): void {
    const isSingly = this.#takesSingly();
    if (isSingly) this.flush(); // what was shared until now comes first
    for (const shared of all) {
      if (isSingly) for (const reader of shared.readers) this.#hand(reader, record, number);
      else {
        this.delivered += shared.readers.size;
        shared.add(this.#bytes(shared.codec, record, number));
      }
    }
  }

  #hand(reader: R, record: AnyRecord, number: number): void {
    this.delivered++;
    const quoteOf = record.channel === "quotes" ? record.symbol : undefined;
    if (reader.take(this.#bytes(reader.codec, record, number), quoteOf)) this.#due.push(reader);
  }

  #bytes(codec: Codec, record: AnyRecord, number: number): Uint8Array {
    const encoded = this.#encoded[codec];
    if (encoded.number !== number) {
      encoded.bytes = this.#encoders[codec].record(record);
      encoded.number = number;
    }
    return encoded.bytes;
  }

  /** Puts a reader among those who read the same, or where it has its wildcards alone. */
  #place(reader: R, holding: Holding<R>): void {
    const { wildcards, namedCount } = holding;
    const canShare = wildcards.size > 0 && namedCount === 0 && !reader.takesSingly;
    const shared = canShare ? this.#sharedBy(reader.codec, wildcards) : undefined;
    if (holding.shared !== shared) {
      holding.shared?.readers.delete(reader);
      if (holding.shared?.readers.size === 0) this.#forget(holding.shared);
      shared?.readers.add(reader);
      holding.shared = shared;
    }
    for (const channel of SUBSCRIBABLE_CHANNELS) {
      const { wildcard } = this.#channels[channel];
      if (shared === undefined && wildcards.has(channel)) wildcard.add(reader);
      else wildcard.delete(reader);
    }
  }

  #sharedBy(codec: Codec, wildcards: ReadonlySet<SubscribableChannel>): SharedFrames<R> {
    const channels = SUBSCRIBABLE_CHANNELS.filter((channel) => wildcards.has(channel));
    const key = [codec, ...channels].join(" ");
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const shared = new SharedFrames<R>(codec);
    this.#shared.set(key, shared);
    for (const channel of channels) this.#channels[channel].shared.add(shared);
    return shared;
  }

  #forget(shared: SharedFrames<R>): void {
    for (const [key, one] of this.#shared) if (one === shared) this.#shared.delete(key);
    for (const channel of SUBSCRIBABLE_CHANNELS) this.#channels[channel].shared.delete(shared);
  }
}

/** The channel whose subscription brings a record: corrections and cancels come with trades. */
function subscribedBy(channel: Channel): SubscribableChannel {
  return channel === "corrections" || channel === "cancelErrors" ? "trades" : channel;
}
