import type { Id } from "../market-record.ts";
import { ByteBuffer, type WireWriter } from "../wire-writer.ts";

/** Bytes of the widest header of an array, a map or a string. */
const MAX_HEADER_BYTES = 5;
/** Bytes of the longest string whose header is one byte. */
const MAX_SHORT_TEXT_BYTES = 31;

/**
 * Writes msgpack. Source: github.com/msgpack/msgpack, spec.md; timestamps as Alpaca's encoder does (PROTOCOL.md).
 *
 * Room is made once a record, and for values without a limit of their own: arrays and long strings.
 */
export class MsgpackWriter implements WireWriter {
  readonly out: ByteBuffer = new ByteBuffer();

  beginRecord(type: number, keyCount: number): void {
    const { out } = this;
    out.reserve(0);
    out.bytes[out.end] = 0x80 | keyCount; // the generator allows at most 15
    out.view.setUint32(out.end + 1, 0xa1_54_a1_00 | type); // T and the type, each a string of one letter
    out.end += 5;
  }

  endRecord(): void {}

  text(key: number, value: string): void {
    this.#key(key);
    this.#text(value);
  }

  price(key: number, value: number): void {
    this.#key(key);
    this.#double(value);
  }

  count(key: number, value: Id): void {
    this.#key(key);
    this.#number(value);
  }

  conditions(key: number, values: readonly string[]): void {
    this.#key(key);
    this.#arrayHeader(values.length);
    for (let index = 0; index < values.length; index++) {
      this.out.reserve(0);
      this.#text(values[index] ?? "");
    }
  }

  time(key: number, seconds: number, nanos: number): void {
    this.#key(key);
    const { view, end } = this.out;
    const high = Math.floor(seconds / 4_294_967_296);
    if (seconds < 0 || high > 3) {
      view.setUint16(end, 0xc70c);
      view.setUint8(end + 2, 0xff);
      view.setUint32(end + 3, nanos);
      view.setInt32(end + 7, high);
      view.setUint32(end + 11, seconds >>> 0);
      this.out.end += 15;
    } else if (nanos === 0 && high === 0) {
      view.setUint16(end, 0xd6ff);
      view.setUint32(end + 2, seconds);
      this.out.end += 6;
    } else {
      view.setUint16(end, 0xd7ff);
      view.setUint32(end + 2, ((nanos << 2) | high) >>> 0);
      view.setUint32(end + 6, seconds >>> 0);
      this.out.end += 10;
    }
  }

  data(key: number, value: unknown): void {
    this.#key(key);
    this.value(value);
  }

  value(value: unknown): void {
    this.out.reserve(0);
    if (value === null || value === undefined) this.out.byte(0xc0);
    else if (typeof value === "string") this.#text(value);
    else if (typeof value === "number" || typeof value === "bigint") this.#number(value);
    else if (typeof value === "boolean") this.out.byte(value ? 0xc3 : 0xc2);
    else if (Array.isArray(value)) {
      this.#arrayHeader(value.length);
      for (const item of value) this.value(item);
    } else {
      const entries = Object.entries(value).filter(([, item]) => item !== undefined);
      this.#mapHeader(entries.length);
      for (const [name, item] of entries) {
        this.value(name);
        this.value(item);
      }
    }
  }

  #arrayHeader(length: number): void {
    this.#header(length, 0x90, 0xdc);
  }

  #mapHeader(length: number): void {
    this.#header(length, 0x80, 0xde);
  }

  #header(length: number, short: number, long: number): void {
    if (length < 16) this.out.byte(short | length);
    else if (length < 65_536) this.#unsigned(long, length, 2);
    else this.#unsigned(long + 1, length, 4);
  }

  #key(key: number): void {
    const { bytes, end } = this.out;
    if (key < 256) {
      bytes[end] = 0xa1;
      bytes[end + 1] = key;
      this.out.end = end + 2;
    } else if (key < 0x1_0000) {
      bytes[end] = 0xa2;
      bytes[end + 1] = key & 0xff;
      bytes[end + 2] = key >> 8;
      this.out.end = end + 3;
    } else this.#longKey(key);
  }

  /** Writes a key of three letters, which is rare: apart, so that {@link #key} stays small enough to be inlined. */
  #longKey(key: number): void {
    const { view, end } = this.out;
    view.setUint16(end, 0xa300 | (key & 0xff));
    view.setUint16(end + 2, (key & 0xff00) | (key >> 16));
    this.out.end = end + 4;
  }

  #text(text: string): void {
    const { length } = text;
    if (length > MAX_SHORT_TEXT_BYTES) return this.#longText(text);
    const { bytes, end } = this.out;
    bytes[end] = 0xa0 | length;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code > 127) return this.#longText(text); // begins anew: `end` is still before the string
      bytes[end + 1 + index] = code;
    }
    this.out.end = end + 1 + length;
  }

  /** Writes a string of any length and script. Its header comes first and is known only afterwards. */
  #longText(text: string): void {
    const { out } = this;
    out.reserve(MAX_HEADER_BYTES + text.length * 3);
    const start = out.end;
    out.end += MAX_HEADER_BYTES;
    const length = out.utf8(text);
    out.end = start;
    if (length <= MAX_SHORT_TEXT_BYTES) out.byte(0xa0 | length);
    else if (length < 0x100) this.#unsigned(0xd9, length, 1);
    else if (length < 0x1_0000) this.#unsigned(0xda, length, 2);
    else this.#unsigned(0xdb, length, 4);
    out.bytes.copyWithin(out.end, start + MAX_HEADER_BYTES, start + MAX_HEADER_BYTES + length);
    out.end += length;
  }

  #double(value: number): void {
    const { bytes, view, end } = this.out;
    bytes[end] = 0xcb;
    view.setFloat64(end + 1, value ?? Number.NaN); // without types it may be null, which would be written as 0
    this.out.end = end + 9;
  }

  #number(value: Id): void {
    if (typeof value === "bigint") this.#bigInteger(value);
    else if (!Number.isSafeInteger(value) || Object.is(value, -0)) this.#double(value);
    else if (value >= 0) this.#positive(value);
    else if (value >= -32) this.out.byte(value + 256);
    else this.#bigInteger(BigInt(value));
  }

  #positive(value: number): void {
    if (value < 0x80) this.out.byte(value);
    else if (value < 0x100) this.#unsigned(0xcc, value, 1);
    else if (value < 0x1_0000) this.#unsigned(0xcd, value, 2);
    else if (value < 0x1_0000_0000) this.#unsigned(0xce, value, 4);
    else {
      this.#unsigned(0xcf, Math.floor(value / 4_294_967_296), 4);
      this.out.view.setUint32(this.out.end, value >>> 0);
      this.out.end += 4;
    }
  }

  #bigInteger(value: bigint): void {
    const { out } = this;
    if (value >= 0n) {
      out.byte(0xcf);
      out.view.setBigUint64(out.end, value);
    } else {
      out.byte(0xd3);
      out.view.setBigInt64(out.end, value);
    }
    out.end += 8;
  }

  /** A lead byte and an unsigned integer of `width` bytes. */
  #unsigned(lead: number, value: number, width: 1 | 2 | 4): void {
    const { bytes, view, end } = this.out;
    bytes[end] = lead;
    if (width === 1) bytes[end + 1] = value;
    else if (width === 2) view.setUint16(end + 1, value);
    else view.setUint32(end + 1, value);
    this.out.end = end + 1 + width;
  }
}
