import type { Id } from "./records.ts";
import { formatTimestamp } from "./timestamp.ts";
import { ByteBuffer, type Writer } from "./writer.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;

/** Writes JSON as UTF-8 bytes, without white space. Source: RFC 8259. */
export class JsonWriter implements Writer {
  readonly #out = new ByteBuffer();

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
    this.#out.byte(0x7d);
  }

  text(key: number, value: string): void {
    this.#key(key);
    this.#text(value);
  }

  price(key: number, value: number): void {
    this.#key(key);
    this.#out.ascii(String(value));
  }

  count(key: number, value: Id): void {
    this.#key(key);
    this.#out.ascii(String(value));
  }

  conditions(key: number, values: readonly string[]): void {
    this.#key(key);
    this.#list(values);
  }

  time(key: number, seconds: number, nanos: number): void {
    this.#key(key);
    this.#out.byte(QUOTE);
    this.#out.ascii(formatTimestamp(seconds, nanos));
    this.#out.byte(QUOTE);
  }

  value(value: unknown): void {
    if (value === null || value === undefined) this.#out.ascii("null");
    else if (typeof value === "string") this.#text(value);
    else if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") {
      this.#out.ascii(String(value));
    } else if (Array.isArray(value)) this.#list(value);
    else {
      this.#out.byte(0x7b);
      let isFirst = true;
      for (const [name, item] of Object.entries(value)) {
        if (item === undefined) continue;
        if (!isFirst) this.#out.byte(COMMA);
        isFirst = false;
        this.#text(name);
        this.#out.byte(COLON);
        this.value(item);
      }
      this.#out.byte(0x7d);
    }
  }

  #list(values: readonly unknown[]): void {
    this.#out.byte(0x5b);
    for (let index = 0; index < values.length; index++) {
      if (index > 0) this.#out.byte(COMMA);
      this.value(values[index]);
    }
    this.#out.byte(0x5d);
  }

  #key(key: number): void {
    const out = this.#out;
    out.byte(COMMA);
    out.byte(QUOTE);
    out.byte(key & 0xff);
    if (key > 255) out.byte(key >> 8);
    out.byte(QUOTE);
    out.byte(COLON);
  }

  #text(text: string): void {
    if (isPlain(text)) {
      this.#out.byte(QUOTE);
      this.#out.ascii(text);
      this.#out.byte(QUOTE);
    } else this.#out.utf8(JSON.stringify(text));
  }
}

/** Whether a text stands in JSON as it is: printable ASCII without quotes and backslashes. */
function isPlain(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code > 0x7e || code === QUOTE || code === 0x5c) return false;
  }
  return true;
}
