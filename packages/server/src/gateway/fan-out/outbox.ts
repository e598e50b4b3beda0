import { type Codec, FrameBuilder } from "@tickerplant/client/wire";
import { GATEWAY_LIMITS } from "../limits.ts";

/** Sends a frame; calls `done` once the network has taken it, and never if it will not. */
export type SendFrame = (frame: Uint8Array, done: () => void) => void;

/** How an outbox behaves. */
export interface OutboxOptions {
  readonly maxBufferedBytes: number;
  readonly conflatesQuotes: boolean;
  readonly maxRecordsPerFrame: () => number;
  /** Called when the network has taken a frame. */
  readonly drained: () => void;
}

/**
 * What waits for one client, bounded: encoded records, joined into one frame per flush. It knows how
 * much the network has not taken yet.
 */
export class Outbox {
  /** Bytes that the network has taken, since the start: what shows a client that takes nothing. */
  takenBytes = 0;
  readonly #builder: FrameBuilder;
  readonly #send: SendFrame;
  readonly #maxRecordsPerFrame: () => number;
  readonly #drained: () => void;
  /** Newest quote by symbol, while the client is behind and chose conflation; undefined if it did not. */
  readonly #quotes: Map<string, Uint8Array> | undefined;
  readonly #maxBufferedBytes: number;
  #inFlightBytes = 0;

  constructor(codec: Codec, send: SendFrame, options: OutboxOptions) {
    this.#builder = new FrameBuilder(codec);
    this.#send = send;
    this.#maxBufferedBytes = options.maxBufferedBytes;
    this.#quotes = options.conflatesQuotes ? new Map() : undefined;
    this.#maxRecordsPerFrame = options.maxRecordsPerFrame;
    this.#drained = options.drained;
  }

  /** Bytes that wait here or in the socket. */
  get bufferedBytes(): number {
    return this.#inFlightBytes + this.#builder.byteLength;
  }

  /** Whether records wait for the next flush. */
  get isWaiting(): boolean {
    return this.#builder.count > 0;
  }

  /** Whether the client is so far behind that it must be cut off. What was not sent yet is not its fault. */
  get isFull(): boolean {
    return this.#inFlightBytes > this.#maxBufferedBytes;
  }

  /** Adds an encoded record, which is copied. `quoteOf` is the symbol when it is a quote. */
  add(record: Uint8Array, quoteOf: string | undefined): void {
    if (quoteOf !== undefined && this.#quotes !== undefined) {
      // From half the bound on quotes only replace each other, so that trades have the rest.
      const isBehind = this.#quotes.size > 0 || this.bufferedBytes > this.#maxBufferedBytes / 2;
      if (isBehind) {
        this.#quotes.set(quoteOf, record.slice());
        return;
      }
    }
    this.#append(record);
  }

  /** Sends what is ready as one frame. */
  flush(): void {
    if (this.#builder.count > 0) this.sendFrame(this.#builder.take());
  }

  /** Sends a frame of its own, after what is ready: control messages come alone. */
  sendFrame(frame: Uint8Array): void {
    this.flush();
    this.#inFlightBytes += frame.length;
    this.#send(frame, () => {
      this.#inFlightBytes -= frame.length;
      this.takenBytes += frame.length;
      if (this.bufferedBytes <= this.#maxBufferedBytes / 4) this.releaseQuotes();
      this.#drained();
    });
  }

  /** Sends the newest quotes that conflation has kept. */
  releaseQuotes(): void {
    if (this.#quotes === undefined || this.#quotes.size === 0) return;
    const quotes = [...this.#quotes.values()];
    this.#quotes.clear();
    for (const quote of quotes) this.#append(quote);
    this.flush();
  }

  #append(record: Uint8Array): void {
    const builder = this.#builder;
    builder.add(record);
    if (builder.byteLength >= GATEWAY_LIMITS.maxFrameBytes || builder.count >= this.#maxRecordsPerFrame()) this.flush();
  }
}
