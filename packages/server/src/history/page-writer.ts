import { Codec, FrameEncoder, type MarketRecord, type WritableSchema } from "@tickerplant/client/wire";

/** Bytes of most records; with a page of quotes, the buffer grows once. */
const RECORD_BYTES = 128;
const START_BYTES = 4096;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const COMMA = 0x2c;

/**
 * Writes the JSON of an answer. Records are written by the encoder of the stream, whose numbers and times are exact,
 * without their type and symbol.
 */
export class PageWriter {
  readonly #encoder: FrameEncoder;
  #bytes: Buffer;
  #end = 0;
  #symbol = "";
  /** Bytes of `{"T":"t","S":"AAPL",`, in place of which a brace is written. */
  #prefixBytes = 0;

  /** `recordCount` is how many records are expected; more or fewer may come. */
  constructor(schema: WritableSchema, recordCount: number) {
    this.#bytes = Buffer.allocUnsafe(START_BYTES + recordCount * RECORD_BYTES);
    this.#encoder = new FrameEncoder(Codec.JSON, schema);
  }

  /** Writes JSON as it is. */
  text(json: string): void {
    this.#reserve(json.length * 3);
    this.#end += this.#bytes.write(json, this.#end);
  }

  /** Writes the comma between two records. */
  comma(): void {
    this.#reserve(1);
    this.#bytes[this.#end++] = COMMA;
  }

  /** Writes a record. `suffix` has members of the object besides the record's own. */
  record(record: MarketRecord, suffix: string): void {
    if (record.symbol !== this.#symbol) this.#setSymbol(record.symbol);
    const message = this.#encoder.record(record);
    this.#reserve(message.length + suffix.length + 1);
    this.#bytes[this.#end++] = OPEN;
    this.#bytes.set(message.subarray(this.#prefixBytes), this.#end);
    this.#end += message.length - this.#prefixBytes;
    if (suffix === "") return;
    this.#bytes[this.#end - 1] = COMMA;
    this.#end += this.#bytes.write(suffix, this.#end);
    this.#bytes[this.#end++] = CLOSE;
  }

  /** Returns what was written. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#end);
  }

  #setSymbol(symbol: string): void {
    this.#symbol = symbol;
    this.#prefixBytes = Buffer.byteLength(`{"T":"t","S":${JSON.stringify(symbol)},`);
  }

  #reserve(count: number): void {
    // One byte more: the brace behind a suffix.
    if (this.#end + count < this.#bytes.length) return;
    const grown = Buffer.allocUnsafe((this.#end + count) * 2);
    this.#bytes.copy(grown, 0, 0, this.#end);
    this.#bytes = grown;
  }
}
