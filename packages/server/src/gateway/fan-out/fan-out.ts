import type { WritableSchema } from "@tickerplant/client/wire";
import { type ChannelSymbols, Codec, FrameEncoder, type MarketRecord, WILDCARD } from "@tickerplant/client/wire";
import type { WireBytes } from "../../feeds/feed.ts";
import { type FrameRecipient, SharedFrames } from "./shared-frames.ts";

const NO_RECORD =
  "publish takes records with a channel, a symbol, and a time in seconds and nanos, such as those of @tickerplant/client; raw records and the JSON of records lack them";

/** A recipient of records. */
export interface Recipient extends FrameRecipient {
  readonly codec: Codec;
  /** Whether it needs each record separately, and no frame that is shared with others. */
  readonly needsSingleRecords: boolean;
  /**
   * Accepts an encoded record; the bytes are good during the call only. Returns whether it is the
   * first record that waits, so that {@link flush} is to be called.
   */
  push(bytes: Uint8Array, record: MarketRecord): boolean;
  /** Sends what waits. */
  flush(): void;
}

/** One channel: how many records were published, and the index of the channel that brings it. */
interface PublishedChannel<R extends Recipient> {
  published: number;
  readonly index: ChannelIndex<R>;
}

/** The recipients of one channel that a request may name. */
interface ChannelIndex<R extends Recipient> {
  readonly named: Map<string, Set<R>>;
  /** Recipients with the wildcard and something by name besides. */
  readonly wildcard: Set<R>;
  /** Recipients with wildcards alone. Replaced at every change. */
  shared: readonly SharedFrames<R>[];
}

/** What one recipient is subscribed to. */
interface Holding<R extends Recipient> {
  readonly wildcards: Set<string>;
  /** How many pairs of channel and symbol. */
  namedCount: number;
  /** The frames that it is sent; undefined while it gets records singly. */
  shared: SharedFrames<R> | undefined;
}

/** One index by channel and symbol: a record costs what its recipients cost, and is encoded once per codec. */
export class FanOut<R extends Recipient> {
  /** Records published. */
  published = 0;
  /** Records handed to recipients. */
  delivered = 0;
  readonly #sendsSingly: () => boolean;
  readonly #subscribable: readonly string[];
  /** By every channel; a channel that comes with another has the other's index. */
  readonly #channels: Record<string, PublishedChannel<R>> = Object.create(null); // an object is read faster than a Map
  readonly #holdings = new Map<R, Holding<R>>();
  /** Recipients of the same frames, by codec and channels. */
  readonly #shared = new Map<string, SharedFrames<R>>();
  /** Recipients with records that wait. */
  readonly #due: R[] = [];
  readonly #encoders: Record<Codec, FrameEncoder>;
  /** The frame from upstream that is open. */
  #frame: Uint8Array | undefined;
  #frameCodec: Codec = Codec.MSGPACK;
  /** What `published` was when the frame was opened. */
  #publishedBefore = 0;
  /** The newest record that was encoded, by its number in `published`, in the codecs that were needed. */
  readonly #encoded: Record<Codec, { number: number; bytes: Uint8Array }> = {
    msgpack: { number: 0, bytes: new Uint8Array() },
    json: { number: 0, bytes: new Uint8Array() },
  };

  /** `sendsSingly` returns whether each recipient must get each record separately at the moment. */
  constructor(schema: WritableSchema, sendsSingly: () => boolean = () => false) {
    this.#sendsSingly = sendsSingly;
    this.#subscribable = schema.subscribable;
    this.#encoders = {
      msgpack: new FrameEncoder(Codec.MSGPACK, schema),
      json: new FrameEncoder(Codec.JSON, schema),
    };
    for (const channel of schema.subscribable) {
      this.#channels[channel] = { published: 0, index: { named: new Map(), wildcard: new Set(), shared: [] } };
    }
    for (const channel of schema.channels) {
      const { broughtBy = channel } = schema.traits[channel] ?? {};
      this.#channels[channel] = { published: 0, index: this.#indexOf(broughtBy) };
    }
  }

  /** Records published, by channel; those without any are left out. */
  get publishedByChannel(): Readonly<Record<string, number>> {
    const channels = Object.entries(this.#channels).filter(([, { published }]) => published > 0);
    return Object.fromEntries(channels.map(([channel, { published }]) => [channel, published]));
  }

  /** True if there are no subscriptions. */
  get isEmpty(): boolean {
    return this.#holdings.size === 0;
  }

  /** Adds symbols to a recipient. What waits for it must have been flushed: it belongs to the earlier subscription. */
  add(recipient: R, symbols: ChannelSymbols): void {
    const holding = this.#holdings.get(recipient) ?? { wildcards: new Set(), namedCount: 0, shared: undefined };
    this.#holdings.set(recipient, holding);
    for (const channel of this.#subscribable) {
      const { named } = this.#indexOf(channel);
      for (const symbol of symbols[channel] ?? []) {
        if (symbol === WILDCARD) {
          holding.wildcards.add(channel);
          continue;
        }
        const recipients = named.get(symbol) ?? new Set();
        if (recipients.size === 0) named.set(symbol, recipients);
        const { size } = recipients;
        if (recipients.add(recipient).size > size) holding.namedCount++;
      }
    }
    this.#place(recipient, holding);
  }

  /** Removes symbols from a recipient. What waits for it must have been flushed, unless it is gone. */
  remove(recipient: R, symbols: ChannelSymbols): void {
    const holding = this.#holdings.get(recipient);
    if (holding === undefined) return;
    for (const channel of this.#subscribable) {
      const { named } = this.#indexOf(channel);
      for (const symbol of symbols[channel] ?? []) {
        if (symbol === WILDCARD) {
          holding.wildcards.delete(channel);
          continue;
        }
        const recipients = named.get(symbol);
        if (recipients?.delete(recipient)) holding.namedCount--;
        if (recipients?.size === 0) named.delete(symbol);
      }
    }
    this.#place(recipient, holding);
    if (holding.namedCount === 0 && holding.wildcards.size === 0) this.#holdings.delete(recipient);
  }

  /**
   * Hands a record once to each recipient of its symbol or of the wildcard.
   *
   * @throws TypeError for a value that is no record of the schema.
   */
  record(record: MarketRecord, bytes?: WireBytes): void {
    const number = ++this.published;
    const channel = this.#channels[record.channel];
    // A raw record, for example: without recipients it would be lost without a sign, and with them at random.
    // A decoder has checked those that come with bytes.
    if (channel === undefined || (bytes === undefined && !isRoutable(record))) throw new TypeError(NO_RECORD);
    channel.published++;
    const { named, wildcard, shared } = channel.index;
    if (shared.length > 0) this.#share(shared, record, number, bytes);
    const recipients = named.size > 0 ? named.get(record.symbol) : undefined;
    if (recipients !== undefined) for (const recipient of recipients) this.#hand(recipient, record, number, bytes);
    if (wildcard.size === 0) return; // most often, and most records have no recipient at all
    for (const recipient of wildcard) if (!recipients?.has(recipient)) this.#hand(recipient, record, number, bytes);
  }

  /** The records that follow are in a frame from upstream, whose bytes are good until {@link closeFrame}. */
  openFrame(frame: Uint8Array, codec: Codec): void {
    this.#frame = frame;
    this.#frameCodec = codec;
    this.#publishedBefore = this.published;
  }

  /** The frame has ended. If it is whole, recipients of all of its records get it unchanged. */
  closeFrame(isWhole: boolean): void {
    const frame = this.#frame;
    if (frame === undefined) return;
    this.#frame = undefined;
    const recordCount = isWhole ? this.published - this.#publishedBefore : Number.NaN;
    let copy: Uint8Array | undefined;
    const whole = (): Uint8Array => {
      copy ??= new Uint8Array(frame); // `slice` of a Buffer would be a view
      return copy;
    };
    for (const shared of this.#shared.values())
      if (shared.codec === this.#frameCodec) shared.closeFrame(recordCount, whole);
  }

  /** Hands a record to one recipient alone. */
  recordTo(recipient: R, record: MarketRecord): void {
    this.delivered++;
    if (recipient.push(this.#encoders[recipient.codec].record(record), record)) this.#due.push(recipient);
  }

  /** Sends what waits for every recipient. */
  flush(): void {
    for (const shared of this.#shared.values()) shared.flush();
    for (let recipient = this.#due.pop(); recipient !== undefined; recipient = this.#due.pop()) recipient.flush();
  }

  #share(all: readonly SharedFrames<R>[], record: MarketRecord, number: number, bytes: WireBytes | undefined): void {
    const isSingly = this.#sendsSingly();
    if (isSingly) this.flush(); // what was shared until now comes first
    for (const shared of all) {
      if (isSingly) for (const recipient of shared.recipients) this.#hand(recipient, record, number, bytes);
      else {
        this.delivered += shared.recipients.size;
        if (bytes?.codec === shared.codec && bytes.frame === this.#frame)
          shared.addSpan(bytes.frame, bytes.start, bytes.end);
        else shared.add(this.#bytes(shared.codec, record, number, bytes));
      }
    }
  }

  #hand(recipient: R, record: MarketRecord, number: number, bytes: WireBytes | undefined): void {
    this.delivered++;
    if (recipient.push(this.#bytes(recipient.codec, record, number, bytes), record)) this.#due.push(recipient);
  }

  /** Returns a record's bytes in a codec: those that it came with, or encoded ones. */
  #bytes(codec: Codec, record: MarketRecord, number: number, asCome: WireBytes | undefined): Uint8Array {
    const encoded = this.#encoded[codec];
    if (encoded.number !== number) {
      encoded.bytes =
        asCome?.codec === codec
          ? asCome.frame.subarray(asCome.start, asCome.end)
          : this.#encoders[codec].record(record);
      encoded.number = number;
    }
    return encoded.bytes;
  }

  /** Puts a recipient among those of the same frames, or where it has its wildcards alone. */
  #place(recipient: R, holding: Holding<R>): void {
    const { wildcards, namedCount } = holding;
    const canShare = wildcards.size > 0 && namedCount === 0 && !recipient.needsSingleRecords;
    const shared = canShare ? this.#sharedFrames(recipient.codec, wildcards) : undefined;
    if (holding.shared !== shared) {
      holding.shared?.recipients.delete(recipient);
      if (holding.shared?.recipients.size === 0) this.#forget(holding.shared);
      shared?.recipients.add(recipient);
      holding.shared = shared;
    }
    for (const channel of this.#subscribable) {
      const { wildcard } = this.#indexOf(channel);
      if (shared === undefined && wildcards.has(channel)) wildcard.add(recipient);
      else wildcard.delete(recipient);
    }
  }

  #sharedFrames(codec: Codec, wildcards: ReadonlySet<string>): SharedFrames<R> {
    const channels = this.#subscribable.filter((channel) => wildcards.has(channel));
    const key = [codec, ...channels].join(" ");
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const shared = new SharedFrames<R>(codec);
    this.#shared.set(key, shared);
    for (const index of channels.map((channel) => this.#indexOf(channel))) index.shared = [...index.shared, shared];
    return shared;
  }

  #forget(shared: SharedFrames<R>): void {
    for (const [key, one] of this.#shared) if (one === shared) this.#shared.delete(key);
    for (const index of this.#subscribable.map((channel) => this.#indexOf(channel)))
      index.shared = index.shared.filter((one) => one !== shared);
  }

  #indexOf(channel: string): ChannelIndex<R> {
    const found = this.#channels[channel];
    if (found === undefined) throw new RangeError(`no request can name the channel "${channel}" of the schema`);
    return found.index;
  }
}

function isRoutable({ symbol, seconds }: MarketRecord): boolean {
  return typeof symbol === "string" && Number.isFinite(seconds);
}
