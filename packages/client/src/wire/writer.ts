import type { Id } from "./records.ts";

/**
 * Writes messages, value by value, into one growing buffer. Two codecs implement it; which keys a
 * message has is written once, in `write-record.ts` and `control-messages.ts`, for both.
 *
 * Keys are integers of `keys.ts`.
 */
export interface Writer {
  /** Forgets what was written. The buffer is kept: what {@link bytes} returned before is overwritten. */
  reset(): void;
  /** What was written since the last {@link reset}: a view, good until the next write. */
  bytes(): Uint8Array;
  /** Starts a record of `keyCount` keys, its type among them, and writes `T` first. */
  beginRecord(type: number, keyCount: number): void;
  /** Ends the record. */
  endRecord(): void;
  /** A text. */
  text(key: number, value: string): void;
  /** A price: always a double. */
  price(key: number, value: number): void;
  /** A size, a count or an id: an integer as narrow as its value, a double where it is not whole. */
  count(key: number, value: Id): void;
  /** A list of texts. */
  conditions(key: number, values: readonly string[]): void;
  /** A time. */
  time(key: number, seconds: number, nanos: number): void;
  /** Any plain data, for control messages. */
  value(value: unknown): void;
}

const encoder = new TextEncoder();
const START_BYTES = 1024;

/** The growing buffer under both writers. */
export class ByteBuffer {
  bytes: Uint8Array = new Uint8Array(START_BYTES);
  view: DataView = new DataView(this.bytes.buffer);
  length = 0;

  /** Makes room for `count` bytes more. */
  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Writes a text known to be ASCII. */
  ascii(text: string): void {
    this.reserve(text.length);
    for (let index = 0; index < text.length; index++) this.bytes[this.length + index] = text.charCodeAt(index);
    this.length += text.length;
  }

  /** Writes a text as UTF-8 and returns how many bytes it took. */
  utf8(text: string): number {
    this.reserve(text.length * 3);
    const { written } = encoder.encodeInto(text, this.bytes.subarray(this.length));
    this.length += written;
    return written;
  }

  written(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}
