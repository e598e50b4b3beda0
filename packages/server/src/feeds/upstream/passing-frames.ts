import type { Codec, FrameTap, MarketRecord, RawRecord } from "@tickerplant/client/wire";
import type { FeedSink, WireBytes } from "../feed.ts";

/**
 * Publishes the records of a stream with the bytes in which they came. As a tap of the stream's decoder it
 * knows the bytes of the record that is being delivered; of one that is delivered later, because it waits for a
 * gap to be filled, it keeps a copy. A record of history has none.
 */
export class PassingFrames implements FrameTap {
  readonly #sink: FeedSink;
  /** The bytes of the record that is being delivered. One object, because a record needs it for its delivery alone. */
  readonly #bytes: { codec: Codec; frame: Uint8Array; start: number; end: number } = {
    codec: "msgpack",
    frame: new Uint8Array(),
    start: 0,
    end: 0,
  };
  readonly #kept = new WeakMap<object, WireBytes>();
  readonly #closed: () => void;
  #record: MarketRecord | RawRecord | undefined;
  #isWhole = true;
  /** Whether the records of a frame are being delivered. */
  isOpen = false;

  /** Publishes in `sink`, and calls `closed` behind each frame. */
  constructor(sink: FeedSink, closed: () => void = () => {}) {
    this.#sink = sink;
    this.#closed = closed;
  }

  opened(frame: Uint8Array, codec: Codec): void {
    this.#bytes.frame = frame;
    this.#bytes.codec = codec;
    this.#isWhole = true;
    this.isOpen = true;
    this.#sink.openFrame?.(frame, codec);
  }

  record(record: MarketRecord | RawRecord, start: number, end: number): void {
    this.#keep();
    this.#record = record;
    this.#bytes.start = start;
    this.#bytes.end = end;
  }

  other(): void {
    this.#isWhole = false;
  }

  closed(): void {
    this.#keep();
    this.isOpen = false;
    this.#sink.closeFrame?.(this.#isWhole);
    this.#closed();
  }

  /** Publishes a record that the stream delivers. */
  publish(record: MarketRecord): void {
    if (record !== this.#record) return this.#sink.publish(record, this.#kept.get(record));
    this.#record = undefined;
    this.#sink.publish(record, this.#bytes);
  }

  /** Keeps the bytes of a record that was not published when it came. */
  #keep(): void {
    if (this.#record === undefined) return;
    const { codec, frame, start, end } = this.#bytes;
    this.#kept.set(this.#record, { codec, frame: frame.slice(start, end), start: 0, end: end - start });
    this.#record = undefined;
    this.#isWhole = false;
  }
}
