import { type Codec, FrameBuilder, type MarketRecord } from "@tickerplant/client/wire";
import { GATEWAY_LIMITS } from "../limits.ts";

/** Sends a frame; calls `done` once the network has accepted it, and never if it will not. */
export type SendFrame = (frame: Uint8Array, done: () => void) => void;

/** How an outbox behaves. */
export interface OutboxOptions {
  readonly maxBufferedBytes: number;
  /** Channels of which only the newest record of each symbol is kept while the client is behind; most often none. */
  readonly conflated: readonly string[];
  readonly maxRecordsPerFrame: () => number;
  /** Called when the network has accepted a frame. */
  readonly drained: () => void;
}

/**
 * The buffer of one client, with a limit: encoded records, joined into one frame per flush. It counts what
 * the network has not accepted yet.
 */
export class Outbox {
  /** Bytes that the network has accepted, since the start: without progress here, the client is stalled. */
  sentBytes = 0;
  readonly #codec: Codec;
  /** Undefined before the first record: a client of whole channels gets frames that others get, too. */
  #builder: FrameBuilder | undefined;
  readonly #send: SendFrame;
  readonly #maxRecordsPerFrame: () => number;
  readonly #drained: () => void;
  /** The newest record by channel and symbol, kept while the client is behind; undefined if no channel is conflated. */
  readonly #newest: ReadonlyMap<string, Map<string, Uint8Array>> | undefined;
  readonly #maxBufferedBytes: number;
  #keptCount = 0;
  #inFlightBytes = 0;

  constructor(codec: Codec, send: SendFrame, options: OutboxOptions) {
    this.#codec = codec;
    this.#send = send;
    this.#maxBufferedBytes = options.maxBufferedBytes;
    if (options.conflated.length > 0) this.#newest = new Map(options.conflated.map((channel) => [channel, new Map()]));
    this.#maxRecordsPerFrame = options.maxRecordsPerFrame;
    this.#drained = options.drained;
  }

  /** Bytes that wait here or in the socket. */
  get bufferedBytes(): number {
    return this.#inFlightBytes + (this.#builder?.byteLength ?? 0);
  }

  /** Whether records wait for the next flush. */
  get isWaiting(): boolean {
    return this.#builder !== undefined && this.#builder.count > 0;
  }

  /** Whether the client is so far behind that it must be cut off. Records that were not sent yet do not count. */
  get isFull(): boolean {
    return this.#inFlightBytes > this.#maxBufferedBytes;
  }

  /** Adds an encoded record, which is copied. */
  add(bytes: Uint8Array, { channel, symbol }: MarketRecord): void {
    if (this.#newest !== undefined) {
      const newest = this.#newest.get(channel);
      // From half the limit on, records of these channels only replace each other, so that the rest is for others.
      if (newest !== undefined && (this.#keptCount > 0 || this.bufferedBytes > this.#maxBufferedBytes / 2)) {
        if (!newest.has(symbol)) this.#keptCount++;
        newest.set(symbol, new Uint8Array(bytes)); // `slice` of a Buffer would be a view
        return;
      }
    }
    this.#append(bytes);
  }

  /** Sends what is ready as one frame. */
  flush(): void {
    if (this.#builder !== undefined && this.#builder.count > 0) this.sendFrame(this.#builder.take());
  }

  /** Sends a frame of its own, after what is ready: control messages come alone. */
  sendFrame(frame: Uint8Array): void {
    this.flush();
    this.#inFlightBytes += frame.length;
    this.#send(frame, () => {
      this.#inFlightBytes -= frame.length;
      this.sentBytes += frame.length;
      if (this.bufferedBytes <= this.#maxBufferedBytes / 4) this.releaseNewest();
      this.#drained();
    });
  }

  /** Sends the newest records that conflation has kept. */
  releaseNewest(): void {
    if (this.#keptCount === 0 || this.#newest === undefined) return;
    this.#keptCount = 0;
    for (const newest of this.#newest.values()) {
      const kept = [...newest.values()];
      newest.clear();
      for (const bytes of kept) this.#append(bytes);
    }
    this.flush();
  }

  #append(bytes: Uint8Array): void {
    this.#builder ??= new FrameBuilder(this.#codec);
    const builder = this.#builder;
    builder.add(bytes);
    if (builder.byteLength >= GATEWAY_LIMITS.maxFrameBytes || builder.count >= this.#maxRecordsPerFrame()) this.flush();
  }
}
