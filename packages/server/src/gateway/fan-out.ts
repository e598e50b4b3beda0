import {
  type AnyRecord,
  type Channel,
  type ChannelSymbols,
  Codec,
  FrameEncoder,
  SUBSCRIBABLE_CHANNELS,
  type SubscribableChannel,
  WILDCARD,
} from "@tickerplant/client/wire";

/** Whom records fan out to. */
export interface Reader {
  readonly codec: Codec;
  /** Takes an encoded record; the bytes are good during the call only. `quoteOf` is the symbol of a quote. */
  take(record: Uint8Array, quoteOf: string | undefined): void;
}

interface ChannelIndex<R> {
  readonly named: Map<string, Set<R>>;
  readonly wildcard: Set<R>;
}

/** One index by channel and symbol: a record costs what its readers cost, and is encoded once per codec. */
export class FanOut<R extends Reader> {
  /** Records published. */
  published = 0;
  /** Records handed to readers. */
  delivered = 0;
  readonly #channels: Record<SubscribableChannel, ChannelIndex<R>>;
  readonly #encoders = { msgpack: new FrameEncoder(Codec.MSGPACK), json: new FrameEncoder(Codec.JSON) };
  /** The record at hand, in the codecs that somebody has needed. */
  readonly #encoded: { [C in Codec]: Uint8Array | undefined } = { msgpack: undefined, json: undefined };

  constructor() {
    this.#channels = Object.fromEntries(
      SUBSCRIBABLE_CHANNELS.map((channel) => [channel, { named: new Map(), wildcard: new Set() }]),
    ) as Record<SubscribableChannel, ChannelIndex<R>>; // one for each channel, by construction
  }

  /** Lets a reader have symbols. */
  add(reader: R, symbols: ChannelSymbols): void {
    for (const channel of SUBSCRIBABLE_CHANNELS) {
      const { named, wildcard } = this.#channels[channel];
      for (const symbol of symbols[channel] ?? []) {
        if (symbol === WILDCARD) wildcard.add(reader);
        else {
          const readers = named.get(symbol);
          if (readers === undefined) named.set(symbol, new Set([reader]));
          else readers.add(reader);
        }
      }
    }
  }

  /** Takes symbols away from a reader. */
  remove(reader: R, symbols: ChannelSymbols): void {
    for (const channel of SUBSCRIBABLE_CHANNELS) {
      const { named, wildcard } = this.#channels[channel];
      for (const symbol of symbols[channel] ?? []) {
        if (symbol === WILDCARD) wildcard.delete(reader);
        else {
          const readers = named.get(symbol);
          readers?.delete(reader);
          if (readers?.size === 0) named.delete(symbol);
        }
      }
    }
  }

  /** Hands a record to everybody who has its symbol or the wildcard, once. */
  publish(record: AnyRecord): void {
    this.published++;
    const { named, wildcard } = this.#channels[subscribedBy(record.channel)];
    const readers = named.get(record.symbol);
    if (readers === undefined && wildcard.size === 0) return;
    const quoteOf = record.channel === "quotes" ? record.symbol : undefined;
    this.#encoded.msgpack = undefined;
    this.#encoded.json = undefined;
    if (readers !== undefined) for (const reader of readers) this.#hand(reader, record, quoteOf);
    for (const reader of wildcard) if (!readers?.has(reader)) this.#hand(reader, record, quoteOf);
  }

  #hand(reader: R, record: AnyRecord, quoteOf: string | undefined): void {
    const { codec } = reader;
    let bytes = this.#encoded[codec];
    if (bytes === undefined) {
      bytes = this.#encoders[codec].record(record);
      this.#encoded[codec] = bytes;
    }
    this.delivered++;
    reader.take(bytes, quoteOf);
  }
}

/** The channel whose subscription brings a record: corrections and cancels come with trades. */
function subscribedBy(channel: Channel): SubscribableChannel {
  return channel === "corrections" || channel === "cancelErrors" ? "trades" : channel;
}
