import type { Id } from "./records.ts";
import { ByteBuffer, type Writer } from "./writer.ts";

/** Bytes of the widest key and the widest number or time behind it. */
const MAX_SCALAR_BYTES = 18;
/** Bytes of the widest header of an array, a map or a text. */
const MAX_HEADER_BYTES = 5;
/** Bytes of the longest text whose header is one byte. */
const MAX_SHORT_TEXT_BYTES = 31;

/** Writes msgpack. Source: github.com/msgpack/msgpack, spec.md; timestamps as Alpaca's encoder does (PROTOCOL.md). */
export class MsgpackWriter implements Writer {
  readonly #out = new ByteBuffer();

  reset(): void {
    this.#out.length = 0;
  }

  bytes(): Uint8Array {
    return this.#out.written();
  }

  beginRecord(type: number, keyCount: number): void {
    this.#mapHeader(keyCount);
    this.#out.byte(0xa1);
    this.#out.byte(0x54); // T
    this.#out.byte(0xa1);
    this.#out.byte(type);
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
    for (let index = 0; index < values.length; index++) this.#text(values[index] ?? "");
  }

  time(key: number, seconds: number, nanos: number): void {
    this.#key(key);
    const { view, length } = this.#out;
    const high = Math.floor(seconds / 4_294_967_296);
    if (seconds < 0 || high > 3) {
      view.setUint16(length, 0xc70c);
      view.setUint8(length + 2, 0xff);
      view.setUint32(length + 3, nanos);
      view.setInt32(length + 7, high);
      view.setUint32(length + 11, seconds >>> 0);
      this.#out.length += 15;
    } else if (nanos === 0 && high === 0) {
      view.setUint16(length, 0xd6ff);
      view.setUint32(length + 2, seconds);
      this.#out.length += 6;
    } else {
      view.setUint16(length, 0xd7ff);
      view.setUint32(length + 2, ((nanos << 2) | high) >>> 0);
      view.setUint32(length + 6, seconds >>> 0);
      this.#out.length += 10;
    }
  }

  value(value: unknown): void {
    if (value === null || value === undefined) this.#out.byte(0xc0);
    else if (typeof value === "string") this.#text(value);
    else if (typeof value === "number" || typeof value === "bigint") this.#number(value);
    else if (typeof value === "boolean") this.#out.byte(value ? 0xc3 : 0xc2);
    else if (Array.isArray(value)) {
      this.#arrayHeader(value.length);
      for (const item of value) this.value(item);
    } else {
      const entries = Object.entries(value).filter(([, item]) => item !== undefined);
      this.#mapHeader(entries.length);
      for (const [name, item] of entries) {
        this.#text(name);
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
    if (length < 16) this.#out.byte(short | length);
    else if (length < 65_536) this.#unsigned(long, length, 2);
    else this.#unsigned(long + 1, length, 4);
  }

  #key(key: number): void {
    this.#out.reserve(MAX_SCALAR_BYTES);
    const { bytes } = this.#out;
    let { length } = this.#out;
    if (key < 256) {
      bytes[length++] = 0xa1;
      bytes[length++] = key;
    } else {
      bytes[length++] = 0xa2;
      bytes[length++] = key & 0xff;
      bytes[length++] = key >> 8;
    }
    this.#out.length = length;
  }

  #text(text: string): void {
    const out = this.#out;
    const { length } = text;
    if (length > MAX_SHORT_TEXT_BYTES) return this.#longText(text);
    out.reserve(1 + length);
    const { bytes } = out;
    let at = out.length;
    bytes[at++] = 0xa0 | length;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code > 127) return this.#longText(text); // begins anew: `out.length` still stands before the text
      bytes[at++] = code;
    }
    out.length = at;
  }

  /** Writes a text of any length and script. Its header stands in front and is known only afterwards. */
  #longText(text: string): void {
    const out = this.#out;
    const start = out.length;
    out.reserve(MAX_HEADER_BYTES);
    out.length += MAX_HEADER_BYTES;
    const length = out.utf8(text);
    out.length = start;
    if (length <= MAX_SHORT_TEXT_BYTES) out.byte(0xa0 | length);
    else if (length < 0x100) this.#unsigned(0xd9, length, 1);
    else if (length < 0x1_0000) this.#unsigned(0xda, length, 2);
    else this.#unsigned(0xdb, length, 4);
    out.bytes.copyWithin(out.length, start + MAX_HEADER_BYTES, start + MAX_HEADER_BYTES + length);
    out.length += length;
  }

  #double(value: number): void {
    this.#out.reserve(9);
    this.#out.byte(0xcb);
    this.#out.view.setFloat64(this.#out.length, value);
    this.#out.length += 8;
  }

  #number(value: Id): void {
    this.#out.reserve(9);
    if (typeof value === "bigint") this.#bigInteger(value);
    else if (!Number.isSafeInteger(value) || Object.is(value, -0)) this.#double(value);
    else if (value >= 0) this.#positive(value);
    else if (value >= -32) this.#out.byte(value + 256);
    else this.#bigInteger(BigInt(value));
  }

  #positive(value: number): void {
    if (value < 0x80) this.#out.byte(value);
    else if (value < 0x100) this.#unsigned(0xcc, value, 1);
    else if (value < 0x1_0000) this.#unsigned(0xcd, value, 2);
    else if (value < 0x1_0000_0000) this.#unsigned(0xce, value, 4);
    else {
      this.#unsigned(0xcf, Math.floor(value / 4_294_967_296), 4);
      this.#out.reserve(4);
      this.#out.view.setUint32(this.#out.length, value >>> 0);
      this.#out.length += 4;
    }
  }

  #bigInteger(value: bigint): void {
    const out = this.#out;
    if (value >= 0n) {
      out.byte(0xcf);
      out.view.setBigUint64(out.length, value);
    } else {
      out.byte(0xd3);
      out.view.setBigInt64(out.length, value);
    }
    out.length += 8;
  }

  /** A lead byte and an unsigned integer of `width` bytes. */
  #unsigned(lead: number, value: number, width: 1 | 2 | 4): void {
    const out = this.#out;
    out.reserve(1 + width);
    out.bytes[out.length++] = lead;
    if (width === 1) out.bytes[out.length] = value;
    else if (width === 2) out.view.setUint16(out.length, value);
    else out.view.setUint32(out.length, value);
    out.length += width;
  }
}
