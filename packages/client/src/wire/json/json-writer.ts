import type { Id } from "../market-record.ts";
import { formatTimestamp } from "../timestamp.ts";
import { ByteBuffer, type WireWriter } from "../wire-writer.ts";
import { putFraction, putPrice, putWhole } from "./decimal.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_MAP = 0x7b;
const CLOSE_MAP = 0x7d;
const UTC = 0x5a; // Z

/** A comma and a quote, the beginning of every key but the first. */
const COMMA_QUOTE = 0x2c22;
const QUOTE_COLON = 0x223a;
/** Words of 32 bits that a quote and `2025-11-14T14:30:00` fill. */
const SECOND_WORDS = 5;

/**
 * Writes JSON as UTF-8 bytes, without white space. Source: RFC 8259.
 *
 * Room is made once a record, and for every string: keys, numbers and times stay within what is left.
 */
export class JsonWriter implements WireWriter {
  readonly out: ByteBuffer = new ByteBuffer();
  /** The last second written, as a string behind a quote: mostly the next record has the same. */
  readonly #second = new Uint32Array(SECOND_WORDS);
  #lastSecond = Number.NaN;

  beginRecord(type: number): void {
    this.out.ascii('{"T":"');
    this.out.byte(type);
    this.out.byte(QUOTE);
  }

  endRecord(): void {
    this.out.byte(CLOSE_MAP);
  }

  text(key: number, value: string): void {
    this.#key(key);
    this.#text(value);
  }

  price(key: number, value: number): void {
    this.#key(key);
    const end = putPrice(this.out.bytes, this.out.end, value);
    if (end < 0) this.#number(value);
    else this.out.end = end;
  }

  count(key: number, value: Id): void {
    this.#key(key);
    this.#number(value);
  }

  conditions(key: number, values: readonly string[]): void {
    this.#key(key);
    this.#list(values);
  }

  time(key: number, seconds: number, nanos: number): void {
    this.#key(key);
    if (seconds !== this.#lastSecond) this.#setSecond(seconds);
    const { bytes, view, end } = this.out;
    const second = this.#second;
    for (let index = 0; index < SECOND_WORDS; index++) view.setUint32(end + index * 4, second[index] ?? 0);
    const after = putFraction(bytes, end + SECOND_WORDS * 4, nanos, 9);
    bytes[after] = UTC;
    bytes[after + 1] = QUOTE;
    this.out.end = after + 2;
  }

  #setSecond(seconds: number): void {
    const text = `"${formatTimestamp(seconds, 0)}`;
    const letters = (index: number): number => (text.charCodeAt(index) << 8) | text.charCodeAt(index + 1);
    for (let word = 0; word < SECOND_WORDS; word++) {
      this.#second[word] = (letters(word * 4) << 16) | letters(word * 4 + 2);
    }
    this.#lastSecond = seconds;
  }

  data(key: number, value: unknown): void {
    this.#key(key);
    this.value(value);
  }

  value(value: unknown): void {
    this.out.reserve(0);
    if (value === null || value === undefined) this.out.ascii("null");
    else if (typeof value === "string") this.#text(value);
    else if (typeof value === "number" || typeof value === "bigint") this.#number(value);
    else if (typeof value === "boolean") this.out.ascii(String(value));
    else if (Array.isArray(value)) this.#list(value);
    else this.#map(value);
  }

  #map(value: object): void {
    this.out.byte(OPEN_MAP);
    let isFirst = true;
    for (const [name, item] of Object.entries(value)) {
      if (item === undefined) continue;
      if (!isFirst) this.out.byte(COMMA);
      isFirst = false;
      this.#text(name);
      this.out.byte(COLON);
      this.value(item);
    }
    this.out.byte(CLOSE_MAP);
  }

  #list(values: readonly unknown[]): void {
    this.out.byte(OPEN_LIST);
    for (let index = 0; index < values.length; index++) {
      if (index > 0) this.out.byte(COMMA);
      this.value(values[index]);
    }
    this.out.byte(CLOSE_LIST);
  }

  #key(key: number): void {
    const { bytes, view, end } = this.out;
    view.setUint16(end, COMMA_QUOTE);
    bytes[end + 2] = key & 0xff;
    if (key < 0x100) {
      view.setUint16(end + 3, QUOTE_COLON);
      this.out.end = end + 5;
    } else if (key < 0x1_0000) {
      bytes[end + 3] = key >> 8;
      view.setUint16(end + 4, QUOTE_COLON);
      this.out.end = end + 6;
    } else this.#longKey(key);
  }

  /** Writes the rest of a key of three letters, which is rare: apart, so that {@link #key} stays small. */
  #longKey(key: number): void {
    const { view, end } = this.out;
    view.setUint16(end + 3, (key & 0xff00) | (key >> 16));
    view.setUint16(end + 5, QUOTE_COLON);
    this.out.end = end + 7;
  }

  #number(value: Id): void {
    const { out } = this;
    if (typeof value === "number" && value >= 0 && Number.isSafeInteger(value)) {
      out.end = putWhole(out.bytes, out.end, value);
    }
    // JSON has no NaN and no infinity. Null means the same to our reader, and is valid for others.
    else if (typeof value === "number" && !Number.isFinite(value)) out.ascii("null");
    else out.ascii(String(value));
  }

  #text(text: string): void {
    const { out } = this;
    const { length } = text;
    out.reserve(length + 2);
    const { bytes, end } = out;
    bytes[end] = QUOTE;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code < 0x20 || code > 0x7e || code === QUOTE || code === BACKSLASH) {
        out.utf8(JSON.stringify(text)); // starts again: `end` is still before the string
        return;
      }
      bytes[end + 1 + index] = code;
    }
    bytes[end + 1 + length] = QUOTE;
    out.end = end + length + 2;
  }
}
