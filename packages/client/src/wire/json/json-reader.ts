import {
  decodeText,
  internConditions,
  internSymbol,
  internText,
  NO_CONDITIONS,
  numberedText,
  symbolNumberOf,
} from "../interning.ts";
import { keyOf, NO_KEY } from "../keys.ts";
import * as WIRE_LIMITS from "../limits.ts";
import type { Id } from "../market-record.ts";
import type { FastPath } from "../stream-schema.ts";
import { parseTimestamp } from "../timestamp.ts";
import {
  badFrame,
  badMessage,
  checkSymbolLength,
  notFinite,
  type RecordSink,
  type WireReader,
} from "../wire-reader.ts";
import { exactInteger } from "./exact-numbers.ts";
import {
  amountBetween,
  conditionsAt,
  conditionsEnd,
  lastTime,
  letterText,
  numberEnd,
  readTime,
} from "./fast-values.ts";

const EMPTY = new Uint8Array(0);
const END = -1; // what #peek returns behind the last byte
/** Bytes that are fetched of a value in its common form: a time with its quotes. */
const VALUE_BYTES = 32;
/** More messages than a frame holds. */
const MANY = 0x3fff_ffff;

const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_MAP = 0x7b;
const CLOSE_MAP = 0x7d;

/** The notation of a number in JSON. */
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i;

/**
 * Reads JSON from its UTF-8 bytes. Source: RFC 8259. Reads words such as `NaN` and `-Infinity` besides,
 * as Python's `json` writes floats that are not finite. A word or number that JSON does not have loses
 * its message alone.
 */
export class JsonReader implements WireReader {
  symbolNumber = 0;
  seconds = 0;
  nanos = 0;
  /** Where the value that {@link skip} skipped last begins: shows whether a record had an unknown key. */
  skippedAt = -1;
  #bytes: Uint8Array = EMPTY;
  /** Over the whole buffer that the frame is in, which many frames share. */
  #view: DataView = new DataView(EMPTY.buffer);
  #at = 0;
  /** Whether the frame is an array, and not a lone message. */
  #isList = false;
  #isFirstMessage = true;
  #isFirstKey = true;
  /** How many values {@link value} may still build. */
  #valuesLeft = 0;
  /** The string that #text found last: where it starts, how long it is, and whether it has escapes. */
  #textStart = 0;
  #textLength = 0;
  #isEscaped = false;
  readonly #fastPath: FastPath | undefined;

  /** Without a fast path every message is read key by key. */
  constructor(fastPath?: FastPath) {
    this.#fastPath = fastPath;
  }

  open(frame: Uint8Array): void {
    this.#bytes = frame;
    if (frame.buffer !== this.#view.buffer) this.#view = new DataView(frame.buffer);
    this.#at = 0;
    this.#isFirstMessage = true;
    const lead = this.#peek();
    if (lead !== OPEN_LIST && lead !== OPEN_MAP)
      throw badFrame(`expected an array or an object of JSON, got ${describe(lead)}`);
    this.#isList = lead === OPEN_LIST;
    if (this.#isList) this.#at++;
  }

  readFast(sink: RecordSink, raw: boolean): number {
    const fastPath = this.#fastPath;
    if (fastPath === undefined) return 0;
    const bytes = this.#bytes;
    let start = this.#at;
    // Behind a message of an array, the next one follows a comma; nextMessage reads everything else.
    if (!this.#isFirstMessage && (!this.#isList || bytes[start++] !== COMMA)) return 0;
    const offset = bytes.byteOffset;
    const max = this.#isList ? MANY : 1;
    const end = fastPath.read(this.#view, offset + start, offset + bytes.length, max, sink, raw);
    const { count } = fastPath;
    if (count === 0) return 0;
    this.#at = end - offset;
    this.#isFirstMessage = false;
    return count;
  }

  get fastMessageEnd(): number {
    return (this.#fastPath?.messageEnd ?? 0) - this.#bytes.byteOffset;
  }

  nextMessage(): boolean {
    const isFirst = this.#isFirstMessage;
    this.#isFirstMessage = false;
    if (this.#isList ? this.#nextOf(CLOSE_LIST, isFirst) : isFirst) return true;
    if (this.#peek() !== END) throw badFrame(`${this.#bytes.length - this.#at} bytes follow the frame's end`);
    return false;
  }

  get position(): number {
    return this.#at;
  }

  mark(): number {
    return this.#at;
  }

  rewind(mark: number): void {
    this.#at = mark;
  }

  enterMap(): void {
    this.#expect(OPEN_MAP, "an object");
    this.#isFirstKey = true;
  }

  nextKey(): number {
    if (!this.#nextOf(CLOSE_MAP, this.#isFirstKey)) return NO_KEY;
    this.#isFirstKey = false;
    const bytes = this.#bytes;
    const at = this.#at;
    const letter = bytes[at + 1] ?? 0;
    // A key of one letter, without a look at each byte.
    if (bytes[at] === QUOTE && bytes[at + 2] === QUOTE && bytes[at + 3] === COLON && isLetter(letter)) {
      this.#at = at + 4;
      return letter;
    }
    this.#text("a key");
    const start = this.#textStart;
    const length = this.#textLength;
    this.#expect(COLON, "a colon");
    return keyOf(this.#bytes, start, length); // as it stands: no key of a record needs escapes
  }

  /** Moves behind the comma before the next entry of an object or array; false, and behind it, at its `close`. */
  #nextOf(close: number, isFirst: boolean): boolean {
    const next = this.#peek();
    if (next === close) {
      this.#at++;
      return false;
    }
    if (isFirst) return true;
    if (next !== COMMA) throw badFrame(`expected a comma or "${String.fromCharCode(close)}", got ${describe(next)}`);
    this.#at++;
    return true;
  }

  type(): number {
    this.#text("the type T");
    return this.#textLength === 1 ? (this.#bytes[this.#textStart] ?? 0) : 0;
  }

  number(): number {
    const value = Number(this.#number("a number"));
    return value - value === 0 ? value : Number.NaN; // only finite numbers minus themselves are 0
  }

  count(): number {
    const value = this.number();
    if (value < 0) throw badMessage("a size or count of 0 or more", String(value));
    return value;
  }

  id(): Id {
    const value = this.#number("a whole number");
    if (typeof value === "number" && !Number.isSafeInteger(value)) {
      if (!Number.isFinite(value)) return 0;
      throw badMessage("a whole number", String(value));
    }
    return value;
  }

  symbol(): string {
    if (!this.#textOrNothing("a symbol")) {
      this.symbolNumber = 0;
      return "";
    }
    checkSymbolLength(this.#textLength);
    this.symbolNumber = this.#isEscaped
      ? symbolNumberOf(this.#string()) // with escapes or without, a symbol has one number
      : internSymbol(this.#bytes, this.#textStart, this.#textLength);
    return numberedText(this.symbolNumber) || this.#string();
  }

  code(): string {
    const bytes = this.#bytes;
    const at = this.#at;
    if (bytes[at] === QUOTE && bytes[at + 2] === QUOTE) {
      const letter = letterText(bytes[at + 1] ?? 0);
      if (letter !== "") {
        this.#at = at + 3;
        return letter;
      }
    }
    return this.#textOrNothing("a string") ? this.#interned() : "";
  }

  text(): string {
    return this.#textOrNothing("a string") ? this.#string() : "";
  }

  conditions(): readonly string[] {
    const lead = this.#peek();
    const known = lead === OPEN_LIST && this.#hasValueBytes ? this.#lettersOrNone() : undefined;
    if (known !== undefined) return known;
    if (lead === QUOTE) return internConditions(this.code());
    if (lead !== OPEN_LIST && this.#skipNothing()) return NO_CONDITIONS;
    this.#expect(OPEN_LIST, "an array of conditions");
    return internConditions(this.#items(() => this.code()));
  }

  /** Reads an array of a few one-letter conditions that was used lately; undefined, and nothing read, for any other. */
  #lettersOrNone(): readonly string[] | undefined {
    const { byteOffset } = this.#bytes;
    const start = byteOffset + this.#at + 1;
    const known = conditionsAt(this.#view, start, false);
    if (known !== undefined) this.#at = conditionsEnd(this.#view, start) - byteOffset;
    return known;
  }

  /** Reads the values of an array, behind its bracket. */
  #items<T>(read: () => T): T[] {
    const start = this.#at;
    const items: T[] = [];
    while (this.#nextOf(CLOSE_LIST, this.#at === start)) items.push(read());
    return items;
  }

  time(): void {
    this.seconds = Number.NaN;
    this.nanos = 0;
    if (this.#plainTime() || !this.#textOrNothing("a time") || this.#textLength === 0) return;
    const time = parseTimestamp(this.#string());
    if (time === undefined) throw badMessage("an RFC 3339 time of the years 0 to 9999", "another string");
    this.seconds = time.seconds;
    this.nanos = time.nanos;
  }

  /** Reads a time as servers write it, with seconds and `Z`; false, and nothing read, for any other value. */
  #plainTime(): boolean {
    if (this.#peek() !== QUOTE || !this.#hasValueBytes) return false;
    const { byteOffset } = this.#bytes;
    const end = readTime(this.#view, byteOffset + this.#at + 1);
    if (end === 0) return false;
    this.seconds = lastTime.seconds;
    this.nanos = lastTime.nanos;
    this.#at = end + 1 - byteOffset;
    return true;
  }

  value(depth = 0): unknown {
    if (depth === 0) this.#valuesLeft = WIRE_LIMITS.maxValues;
    if (depth > WIRE_LIMITS.maxDepth || this.#valuesLeft-- === 0) {
      throw badMessage(`at most ${WIRE_LIMITS.maxDepth} levels and ${WIRE_LIMITS.maxValues} values`, "more");
    }
    const next = this.#peek();
    if (next === QUOTE) return this.text();
    if (next === OPEN_MAP) return this.#mapValue(depth);
    if (next === OPEN_LIST) {
      this.#at++;
      return this.#items(() => this.value(depth + 1));
    }
    const value = this.#word();
    if (value === undefined) throw badMessage("a value", describe(next));
    return value;
  }

  #mapValue(depth: number): unknown {
    this.#at++;
    const map: Record<string, unknown> = {};
    for (let isFirst = true; this.#nextOf(CLOSE_MAP, isFirst); isFirst = false) {
      this.#text("a key");
      const name = this.#string();
      this.#expect(COLON, "a colon");
      const value = this.value(depth + 1);
      // A key of this name would replace the object's prototype instead of being stored.
      if (name !== "__proto__") map[name] = value;
    }
    return map;
  }

  skip(): void {
    // A counter instead of recursion, so that depth costs nothing. Brackets are counted and not
    // matched: what is skipped is not read, and the frame's end is checked in any case.
    let depth = 0;
    this.skippedAt = this.#at;
    do {
      const next = this.#peek();
      if (next === OPEN_MAP || next === OPEN_LIST) {
        depth++;
        this.#at++;
      } else if (next === CLOSE_MAP || next === CLOSE_LIST) {
        if (depth === 0) throw badFrame(`expected a value, got ${describe(next)}`);
        depth--;
        this.#at++;
      } else if (next === QUOTE) this.#findText();
      else if (depth > 0 && (next === COMMA || next === COLON)) this.#at++;
      else if (!this.#skipWord()) throw badFrame(`expected a value, got ${describe(next)}`);
    } while (depth > 0);
  }

  /** Whether the frame has the bytes of a value in its common form, so that they can be fetched without a look at its end. */
  get #hasValueBytes(): boolean {
    return this.#at + VALUE_BYTES <= this.#bytes.length;
  }

  /** Skips a value that means no value and returns true; false, and nothing skipped, for any other. */
  #skipNothing(): boolean {
    const start = this.#at;
    const value = this.#word();
    if (value === null || (typeof value === "number" && !Number.isFinite(value))) return true;
    this.#at = start;
    return false;
  }

  /**
   * Reads a number, null, true, false, or a float that is not finite; undefined for any other word. A whole
   * number beyond 2^53 is a `bigint`, a double again beyond 64 bits, and infinity beyond those.
   */
  #word(): Id | boolean | null | undefined {
    this.#peek();
    const start = this.#at;
    const { byteOffset } = this.#bytes;
    const first = byteOffset + start;
    // Most numbers are followed by a comma, which is found without a look at each byte.
    const comma = this.#hasValueBytes ? numberEnd(this.#view, first) : 0;
    if (comma > 0) {
      const amount = amountBetween(this.#view, first, comma);
      if (amount >= 0) {
        this.#at = comma - byteOffset;
        return amount;
      }
    }
    if (!this.#skipWord()) return undefined;
    const amount = amountBetween(this.#view, first, byteOffset + this.#at);
    if (amount >= 0) return amount;
    const word = decodeText(this.#bytes, start, this.#at - start);
    if (word === "null") return null;
    if (word === "true" || word === "false") return word === "true";
    if (!NUMBER.test(word)) return notFinite(word);
    return /[.e]/i.test(word) ? Number(word) : exactInteger(word);
  }

  /** Skips a word or a number, whether JSON has it or not; false, and nothing skipped, at punctuation. */
  #skipWord(): boolean {
    const start = this.#at;
    while (isPartOfWord(this.#bytes[this.#at] ?? 0)) this.#at++;
    return this.#at > start;
  }

  /** Reads a number, or a value in its place: null and an empty string as NaN, floats that are not finite by their names. */
  #number(expected: string): Id {
    const lead = this.#peek();
    const value = lead === QUOTE ? notFinite(this.text()) : this.#word();
    if (value === null) return Number.NaN;
    if (typeof value === "number" || typeof value === "bigint") return value;
    throw badMessage(expected, describe(lead));
  }

  /** Finds the string that starts here and moves behind it. */
  #text(expected: string): void {
    if (this.#peek() !== QUOTE) throw badMessage(expected, describe(this.#peek()));
    this.#findText();
  }

  /** As {@link #text}; false, and behind it, for a value that means no value. */
  #textOrNothing(expected: string): boolean {
    if (this.#peek() !== QUOTE && this.#skipNothing()) return false;
    this.#text(expected);
    return true;
  }

  #findText(): void {
    const bytes = this.#bytes;
    const start = this.#at + 1;
    let at = start;
    this.#isEscaped = false;
    for (;;) {
      const byte = bytes[at];
      if (byte === QUOTE) break;
      if (byte === BACKSLASH) {
        this.#isEscaped = true;
        at++;
      }
      if (at >= bytes.length) throw badFrame("the frame ends inside a string");
      at++;
    }
    this.#textStart = start;
    this.#textLength = at - start;
    this.#at = at + 1;
  }

  /** The string that {@link #text} found, interned. */
  #interned(): string {
    return this.#isEscaped ? this.#string() : internText(this.#bytes, this.#textStart, this.#textLength);
  }

  /** The string that {@link #text} found. */
  #string(): string {
    if (!this.#isEscaped) return decodeText(this.#bytes, this.#textStart, this.#textLength);
    try {
      // Escapes are rare: the platform reads them. The quotes are part of the string here.
      return JSON.parse(decodeText(this.#bytes, this.#textStart - 1, this.#textLength + 2)) as string; // a string by its quotes
    } catch {
      throw badMessage("a string with the escapes of JSON", "others");
    }
  }

  #expect(byte: number, expected: string): void {
    const next = this.#peek();
    if (next !== byte) throw badMessage(expected, describe(next));
    this.#at++;
  }

  /** Skips white space and returns the byte that follows, which is not skipped. */
  #peek(): number {
    const bytes = this.#bytes;
    for (;;) {
      const byte = bytes[this.#at];
      if (byte === undefined) return END;
      if (byte > 0x20) return byte;
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
      this.#at++;
    }
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}

function isLetter(byte: number): boolean {
  const small = byte | 0x20;
  return small >= 0x61 && small <= 0x7a;
}

/** Whether a byte may be part of a number or word. */
function isPartOfWord(byte: number): boolean {
  return isDigit(byte) || isLetter(byte) || byte === POINT || byte === MINUS || byte === PLUS;
}

function describe(byte: number): string {
  if (byte === END) return "the end of the frame";
  if (byte === QUOTE) return "a string";
  if (byte === OPEN_MAP) return "an object";
  if (byte === OPEN_LIST) return "an array";
  if (byte === MINUS || isDigit(byte)) return "a number";
  if (byte === 0x6e) return "null";
  if (byte === 0x74 || byte === 0x66) return "a boolean";
  if (isLetter(byte)) return "a word";
  return byte > 0x20 && byte < 0x7f ? `"${String.fromCharCode(byte)}"` : `the byte 0x${byte.toString(16)}`;
}
