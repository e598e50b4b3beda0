import type { Codec, FrameTap, MarketRecord, RawRecord } from "@tickerplant/client/wire";
import type { FeedSink, WireBytes } from "../feed.ts";

/**
 * Publishes the records of a stream with the bytes in which they came. As a tap of the stream's decoder it
 * knows the bytes of the record that is being delivered; of one that is delivered later, because it waits for a
 * gap to be filled, it keeps a copy. A record of history has none.
 */
export class PassingFrames implements FrameTap {
  readonly #sink: FeedSink;
  #shown = new ShownRecord(new Uint8Array(), "msgpack");
  readonly #kept = new WeakMap<object, WireBytes>();
  readonly #closed: () => void;
  #isWhole = true;
  /** Whether the records of a frame are being delivered. */
  isOpen = false;

  /** Publishes in `sink`, and calls `closed` behind each frame. */
  constructor(sink: FeedSink, closed: () => void = () => {}) {
    this.#sink = sink;
    this.#closed = closed;
  }

  opened(frame: Uint8Array, codec: Codec): void {
    this.#shown = new ShownRecord(frame, codec);
    this.#isWhole = true;
    this.isOpen = true;
    this.#sink.openFrame?.(frame, codec);
  }

  record(record: MarketRecord | RawRecord, start: number, end: number, symbolNumber: number): void {
    const shown = this.#shown;
    if (shown.record !== undefined) this.#keep(shown.record);
    shown.record = record;
    shown.start = start;
    shown.end = end;
    shown.symbolNumber = symbolNumber;
  }

  other(): void {
    this.#isWhole = false;
  }

  closed(): void {
    if (this.#shown.record !== undefined) this.#keep(this.#shown.record);
    this.isOpen = false;
    this.#sink.closeFrame?.(this.#isWhole);
    this.#closed();
  }

  /** Publishes a record that the stream delivers. */
  publish(record: MarketRecord): void {
    const shown = this.#shown;
    if (record !== shown.record) return this.#sink.publish(record, this.#kept.get(record));
    shown.record = undefined;
    this.#sink.publish(record, shown);
  }

  /** Keeps the bytes of a record that was not published when it came. */
  #keep(record: MarketRecord | RawRecord): void {
    const { codec, frame, start, end, symbolNumber } = this.#shown;
    const own = new Uint8Array(frame.subarray(start, end)); // `slice` of a Buffer would be a view
    this.#kept.set(record, { codec, frame: own, start: 0, end: end - start, symbolNumber });
    this.#shown.record = undefined;
    this.#isWhole = false;
  }
}

/**
 * The record of a frame that is being delivered, and its bytes. One object for each frame: a record needs it for its
 * delivery alone, and an object that lives longer is slower to write a new object into.
 */
class ShownRecord implements WireBytes {
  readonly frame: Uint8Array;
  readonly codec: Codec;
  start = 0;
  end = 0;
  symbolNumber = 0;
  /** Undefined once it was published. */
  record: MarketRecord | RawRecord | undefined;

  constructor(frame: Uint8Array, codec: Codec) {
    this.frame = frame;
    this.codec = codec;
  }
}
