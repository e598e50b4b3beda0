import type { Id } from "./market-record.ts";

/**
 * Writes messages, value by value, into a buffer. Two codecs implement it; which keys a
 * message has is written once for both: by a schema's writers, and in `control-messages.ts`.
 *
 * Keys are integers of `keys.ts`.
 */
export interface WireWriter {
  /** Where the messages go. */
  readonly out: ByteBuffer;
  /** Starts a record of `keyCount` keys, its type among them, and writes `T` first. */
  beginRecord(type: number, keyCount: number): void;
  /** Ends the record. */
  endRecord(): void;
  /** A string. */
  text(key: number, value: string): void;
  /** A price: always a double. */
  price(key: number, value: number): void;
  /** A size, a count or an id: an integer as narrow as its value, a double where it is not whole. */
  count(key: number, value: Id): void;
  /** An array of strings. */
  conditions(key: number, values: readonly string[]): void;
  /** A time. */
  time(key: number, seconds: number, nanos: number): void;
  /** Any plain data under a key. */
  data(key: number, value: unknown): void;
  /** Any plain data, for control messages. */
  value(value: unknown): void;
}

const encoder = new TextEncoder();
const START_BYTES = 1024;
/**
 * Frames are views on chunks of at most so many bytes, unless they are larger themselves: an
 * allocation for each would cost more than writing it. A frame that is kept keeps its chunk alive.
 */
const MAX_CHUNK_BYTES = 65_536;
/** Room that is left whenever room was made: the keys, numbers, times and short strings of any record need less. */
const ROOM = 512;

/**
 * The growing buffer under both writers. Bytes that were taken stay where they are, and are never written to
 * again: the next frame follows them, or begins a new chunk.
 */
export class ByteBuffer {
  bytes: Uint8Array = new Uint8Array(START_BYTES);
  view: DataView = new DataView(this.bytes.buffer);
  /** Where the bytes begin that are not taken yet. */
  start = 0;
  /** Where the next byte goes. Writers that stay within the room that is left move it themselves. */
  end = 0;

  /** Makes room for `count` bytes more, and {@link ROOM}. Positions are others afterwards. */
  reserve(count: number): void {
    if (this.end + count + ROOM > this.bytes.length) this.#grow(count + ROOM);
  }

  #grow(count: number): void {
    const rest = this.bytes.subarray(this.start, this.end);
    const grown = new Uint8Array(Math.max(Math.min(this.bytes.length * 2, MAX_CHUNK_BYTES), (rest.length + count) * 2));
    grown.set(rest);
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
    this.start = 0;
    this.end = rest.length;
  }

  /** Writes one byte, within the room that is left. */
  byte(value: number): void {
    this.bytes[this.end++] = value;
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.end);
    this.end += bytes.length;
  }

  /** Writes a short string of ASCII. */
  ascii(text: string): void {
    this.reserve(text.length);
    for (let index = 0; index < text.length; index++) this.bytes[this.end++] = text.charCodeAt(index);
  }

  /** Writes a string as UTF-8 and returns the number of its bytes. */
  utf8(text: string): number {
    this.reserve(text.length * 3);
    const { written } = encoder.encodeInto(text, this.bytes.subarray(this.end));
    this.end += written;
    return written;
  }

  /** What was written from `from` on, as a view. */
  written(from: number = this.start): Uint8Array {
    return new Uint8Array(this.bytes.buffer, from, this.end - from);
  }

  /** What was written from `from` on, as a view that nothing is written to any more. */
  take(from: number = this.start): Uint8Array {
    const taken = this.written(from);
    this.start = this.end;
    return taken;
  }

  /** Forgets what was written and not taken. */
  reset(): void {
    this.end = this.start;
  }
}
