import { MAX_NUMBER_BYTES, putFraction, putPrice, putWhole } from "./decimal.ts";
import type { Id } from "./records.ts";
import { formatTimestamp } from "./timestamp.ts";
import { ByteBuffer, type Writer } from "./writer.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_MAP = 0x7b;
const CLOSE_MAP = 0x7d;
const UTC = 0x5a; // Z

/** Bytes of a comma, a key of two letters in quotes and a colon. */
const MAX_KEY_BYTES = 6;
/** Bytes of `2025-11-14T14:30:00`. */
const SECOND_BYTES = 19;
/** Bytes of a time with nine decimals, its zone and its quotes. */
const MAX_TIME_BYTES = 32;

/** Writes JSON as UTF-8 bytes, without white space. Source: RFC 8259. */
export class JsonWriter implements Writer {
  readonly #out = new ByteBuffer();
  /** The last second written, as text: it is the next record's too, as a rule. */
  readonly #second = new Uint8Array(SECOND_BYTES);
  #lastSecond = Number.NaN;

  reset(): void {
    this.#out.length = 0;
  }

  bytes(): Uint8Array {
    return this.#out.written();
  }

  beginRecord(type: number): void {
    this.#out.ascii('{"T":"');
    this.#out.byte(type);
    this.#out.byte(QUOTE);
  }

  endRecord(): void {
    this.#out.byte(CLOSE_MAP);
  }

  text(key: number, value: string): void {
    this.#key(key, 0);
    this.#text(value);
  }

  price(key: number, value: number): void {
    this.#key(key, MAX_NUMBER_BYTES);
    const end = putPrice(this.#out.bytes, this.#out.length, value);
    if (end < 0) this.#number(value);
    else this.#out.length = end;
  }

  count(key: number, value: Id): void {
    this.#key(key, MAX_NUMBER_BYTES);
    this.#number(value);
  }

  conditions(key: number, values: readonly string[]): void {
    this.#key(key, 0);
    this.#list(values);
  }

  time(key: number, seconds: number, nanos: number): void {
    this.#key(key, MAX_TIME_BYTES);
    if (seconds !== this.#lastSecond) this.#setSecond(seconds);
    const { bytes } = this.#out;
    const second = this.#second;
    let at = this.#out.length;
    bytes[at++] = QUOTE;
    for (let index = 0; index < SECOND_BYTES; index++) bytes[at++] = second[index] ?? 0;
    at = putFraction(bytes, at, nanos, 9);
    bytes[at++] = UTC;
    bytes[at++] = QUOTE;
    this.#out.length = at;
  }

  #setSecond(seconds: number): void {
    const text = formatTimestamp(seconds, 0);
    for (let index = 0; index < SECOND_BYTES; index++) this.#second[index] = text.charCodeAt(index);
    this.#lastSecond = seconds;
  }

  value(value: unknown): void {
    if (value === null || value === undefined) this.#out.ascii("null");
    else if (typeof value === "string") this.#text(value);
    else if (typeof value === "number" || typeof value === "bigint") this.#number(value);
    else if (typeof value === "boolean") this.#out.ascii(String(value));
    else if (Array.isArray(value)) this.#list(value);
    else this.#map(value);
  }

  #map(value: object): void {
    this.#out.byte(OPEN_MAP);
    let isFirst = true;
    for (const [name, item] of Object.entries(value)) {
      if (item === undefined) continue;
      if (!isFirst) this.#out.byte(COMMA);
      isFirst = false;
      this.#text(name);
      this.#out.byte(COLON);
      this.value(item);
    }
    this.#out.byte(CLOSE_MAP);
  }

  #list(values: readonly unknown[]): void {
    this.#out.byte(OPEN_LIST);
    for (let index = 0; index < values.length; index++) {
      if (index > 0) this.#out.byte(COMMA);
      this.value(values[index]);
    }
    this.#out.byte(CLOSE_LIST);
  }

  /** Writes a key and makes room for `room` bytes behind it. */
  #key(key: number, room: number): void {
    this.#out.reserve(MAX_KEY_BYTES + room);
    const { bytes } = this.#out;
    let at = this.#out.length;
    bytes[at++] = COMMA;
    bytes[at++] = QUOTE;
    bytes[at++] = key & 0xff;
    if (key > 0xff) bytes[at++] = key >> 8;
    bytes[at++] = QUOTE;
    bytes[at++] = COLON;
    this.#out.length = at;
  }

  #number(value: Id): void {
    const out = this.#out;
    out.reserve(MAX_NUMBER_BYTES);
    if (typeof value === "number" && value >= 0 && Number.isSafeInteger(value)) {
      out.length = putWhole(out.bytes, out.length, value);
    }
    // JSON has no NaN and no infinity: null loses that message at its reader, and not the frame.
    else if (typeof value === "number" && !Number.isFinite(value)) out.ascii("null");
    else out.ascii(String(value));
  }

  #text(text: string): void {
    const out = this.#out;
    out.reserve(text.length + 2);
    const { bytes } = out;
    let at = out.length;
    bytes[at++] = QUOTE;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code < 0x20 || code > 0x7e || code === QUOTE || code === BACKSLASH) {
        out.utf8(JSON.stringify(text)); // begins anew: `out.length` still stands before the text
        return;
      }
      bytes[at++] = code;
    }
    bytes[at++] = QUOTE;
    out.length = at;
  }
}
