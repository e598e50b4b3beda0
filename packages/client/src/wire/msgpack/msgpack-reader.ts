import { decodeText, internConditions, internSymbol, internText, NO_CONDITIONS, numberedText } from "../interning.ts";
import { keyOf, NO_KEY } from "../keys.ts";
import * as WIRE_LIMITS from "../limits.ts";
import type { Id } from "../market-record.ts";
import type { FastPath } from "../stream-schema.ts";
import { FIRST_SECOND, formatTimestamp, LAST_SECOND, parseTimestamp } from "../timestamp.ts";
import {
  badFrame,
  badMessage,
  checkSymbolLength,
  notFinite,
  type RecordSink,
  type WireReader,
} from "../wire-reader.ts";

const EMPTY = new Uint8Array(0);
const NIL = 0xc0;
const TIMESTAMP_TYPE = 0xff; // extension type -1, as the byte that stands on the wire

/** Reads msgpack. Source: github.com/msgpack/msgpack, spec.md. */
export class MsgpackReader implements WireReader {
  symbolNumber = 0;
  seconds = 0;
  nanos = 0;
  /** The whole of the buffer that the frame is in, which many frames share: see {@link open}. */
  #buffer: ArrayBufferLike = EMPTY.buffer;
  #bytes: Uint8Array = EMPTY;
  #view: DataView = new DataView(EMPTY.buffer);
  #at = 0;
  /** Where the frame begins. */
  #start = 0;
  /** Where the frame ends. */
  #end = 0;
  #messagesLeft = 0;
  #keysLeft = 0;
  /** How many values {@link value} may still build. */
  #valuesLeft = 0;
  readonly #fastPath: FastPath | undefined;

  /** Without a fast path every message is read key by key. */
  constructor(fastPath?: FastPath) {
    this.#fastPath = fastPath;
  }

  open(frame: Uint8Array): void {
    const { buffer, byteOffset, byteLength } = frame;
    // A socket reads many frames into one buffer: a view is made for each buffer, not for each frame.
    if (buffer !== this.#buffer) {
      this.#buffer = buffer;
      this.#bytes = new Uint8Array(buffer);
      this.#view = new DataView(buffer);
    }
    this.#start = byteOffset;
    this.#at = byteOffset;
    this.#end = byteOffset + byteLength;
    const lead = this.#peek();
    if ((lead & 0xf0) === 0x90 || lead === 0xdc || lead === 0xdd) this.#messagesLeft = this.#arrayLength();
    else if (isMap(lead)) this.#messagesLeft = 1;
    else throw badFrame(`expected an array or a map of msgpack, got ${describe(lead)}`);
  }

  nextMessage(): boolean {
    if (this.#messagesLeft > 0) {
      this.#messagesLeft--;
      if (this.#at < this.#end) return true;
      throw badFrame(`the frame ends ${this.#messagesLeft + 1} messages early`);
    }
    if (this.#at < this.#end) throw badFrame(`${this.#end - this.#at} bytes follow the frame's end`);
    return false;
  }

  readFast(sink: RecordSink, raw: boolean): number {
    const fastPath = this.#fastPath;
    if (fastPath === undefined) return 0;
    this.#at = fastPath.read(this.#view, this.#at, this.#end, this.#messagesLeft, sink, raw);
    const { count } = fastPath;
    this.#messagesLeft -= count;
    return count;
  }

  get fastMessageEnd(): number {
    return (this.#fastPath?.messageEnd ?? 0) - this.#start;
  }

  get position(): number {
    return this.#at - this.#start;
  }

  mark(): number {
    return this.#at;
  }

  rewind(mark: number): void {
    this.#at = mark;
  }

  enterMap(): void {
    this.#keysLeft = this.#mapLength();
  }

  nextKey(): number {
    if (this.#keysLeft === 0) return NO_KEY;
    this.#keysLeft--;
    const lead = this.#byte();
    if (lead === 0xa1) return this.#byte();
    if (lead === 0xa2) return this.#byte() | (this.#byte() << 8);
    if (lead === 0xa3) return this.#byte() | (this.#byte() << 8) | (this.#byte() << 16);
    this.#at--;
    const length = this.#textLength("a key");
    const start = this.#advance(length);
    return keyOf(this.#bytes, start, length);
  }

  type(): number {
    const length = this.#textLength("the type T");
    const start = this.#advance(length);
    return length === 1 ? (this.#bytes[start] ?? 0) : 0;
  }

  number(): number {
    const lead = this.#byte();
    if (lead === 0xcb) return finite(this.#view.getFloat64(this.#advance(8)));
    if (lead === 0xca) return finite(this.#view.getFloat32(this.#advance(4)));
    return finite(Number(this.#integer(lead, "a number")));
  }

  count(): number {
    const value = this.number();
    if (value < 0) throw badMessage("a size or count of 0 or more", String(value));
    return value;
  }

  id(): Id {
    const lead = this.#byte();
    if (lead === 0xcb || lead === 0xca) {
      const value = lead === 0xcb ? this.#view.getFloat64(this.#advance(8)) : this.#view.getFloat32(this.#advance(4));
      if (Number.isSafeInteger(value)) return value;
      if (!Number.isFinite(value)) return 0;
      throw badMessage("a whole number", String(value));
    }
    const value = this.#integer(lead, "a whole number");
    return typeof value === "bigint" || Number.isFinite(value) ? value : 0;
  }

  symbol(): string {
    if (this.#skipNothing()) {
      this.symbolNumber = 0;
      return "";
    }
    const length = this.#textLength("a symbol");
    checkSymbolLength(length);
    const start = this.#advance(length);
    this.symbolNumber = internSymbol(this.#bytes, start, length);
    return this.symbolNumber === 0 ? decodeText(this.#bytes, start, length) : numberedText(this.symbolNumber);
  }

  code(): string {
    const lead = this.#byte();
    if (lead === 0xa1) return internText(this.#bytes, this.#advance(1), 1);
    this.#at--;
    if (this.#skipNothing()) return "";
    const length = this.#textLength("a string");
    return internText(this.#bytes, this.#advance(length), length);
  }

  text(): string {
    return this.#skipNothing() ? "" : this.#string("a string");
  }

  conditions(): readonly string[] {
    if (this.#skipNothing()) return NO_CONDITIONS;
    if (isText(this.#peek())) return internConditions(this.code());
    const list: string[] = [];
    for (let left = this.#arrayLength(); left > 0; left--) list.push(this.code());
    return internConditions(list);
  }

  time(): void {
    if (this.#timestamp()) {
      if (this.#isInRange()) return;
      throw badMessage("a time in the years 0 to 9999", `${this.seconds} s and ${this.nanos} ns`);
    }
    if (this.#skipNothing()) return this.#setTime(Number.NaN, 0);
    const text = this.#string("a timestamp");
    if (text === "") return this.#setTime(Number.NaN, 0);
    const time = parseTimestamp(text);
    if (time === undefined) throw badMessage("an RFC 3339 time of the years 0 to 9999", "another string");
    this.#setTime(time.seconds, time.nanos);
  }

  /** Reads a timestamp of any of the three forms, whatever time it is; false, and nothing read, before anything else. */
  #timestamp(): boolean {
    const lead = this.#peek();
    const at = this.#at + 1;
    if (lead === 0xd7 && this.#bytes[at] === TIMESTAMP_TYPE) this.#time64(this.#advance(10) + 2);
    else if (lead === 0xd6 && this.#bytes[at] === TIMESTAMP_TYPE) {
      this.#setTime(this.#view.getUint32(this.#advance(6) + 2), 0);
    } else if (lead === 0xc7 && this.#bytes[at] === 12 && this.#bytes[at + 1] === TIMESTAMP_TYPE) {
      this.#time96(this.#advance(15) + 3);
    } else return false;
    return true;
  }

  #time64(start: number): void {
    const high = this.#view.getUint32(start);
    this.#setTime((high & 3) * 4_294_967_296 + this.#view.getUint32(start + 4), high >>> 2);
  }

  #time96(start: number): void {
    const high = this.#view.getInt32(start + 4);
    this.#setTime(high * 4_294_967_296 + this.#view.getUint32(start + 8), this.#view.getUint32(start));
  }

  #setTime(seconds: number, nanos: number): void {
    this.seconds = seconds;
    this.nanos = nanos;
  }

  #isInRange(): boolean {
    return this.seconds >= FIRST_SECOND && this.seconds <= LAST_SECOND && this.nanos <= 999_999_999;
  }

  value(depth = 0): unknown {
    if (depth === 0) this.#valuesLeft = WIRE_LIMITS.maxValues;
    if (depth > WIRE_LIMITS.maxDepth || this.#valuesLeft-- === 0) {
      throw badMessage(`at most ${WIRE_LIMITS.maxDepth} levels and ${WIRE_LIMITS.maxValues} values`, "more");
    }
    const lead = this.#peek();
    if (isText(lead)) return this.#string("a string");
    if (isMap(lead)) return this.#mapValue(depth);
    if (isArray(lead)) {
      const list: unknown[] = [];
      for (let left = this.#arrayLength(); left > 0; left--) list.push(this.value(depth + 1));
      return list;
    }
    if (isExtension(lead)) return this.#extensionValue();
    this.#at++;
    if (lead === NIL) return null;
    if (lead === 0xc2 || lead === 0xc3) return lead === 0xc3;
    if (lead === 0xcb) return this.#view.getFloat64(this.#advance(8));
    if (lead === 0xca) return this.#view.getFloat32(this.#advance(4));
    return this.#integer(lead, "a value");
  }

  #mapValue(depth: number): unknown {
    const map: Record<string, unknown> = {};
    for (let left = this.#mapLength(); left > 0; left--) {
      const name = this.#string("a key");
      const value = this.value(depth + 1);
      // A key of this name would replace the object's prototype instead of being stored.
      if (name !== "__proto__") map[name] = value;
    }
    return map;
  }

  /** A timestamp as a string; any other extension, and a timestamp of no year of RFC 3339, as its bytes. */
  #extensionValue(): string | Uint8Array | undefined {
    if (this.#skipNothing()) return undefined;
    const start = this.#at;
    if (this.#timestamp() && this.#isInRange()) return formatTimestamp(this.seconds, this.nanos);
    this.#at = start;
    this.skip();
    return this.#bytes.slice(start, this.#at);
  }

  skip(): void {
    // A counter instead of recursion: depth costs nothing, and each value at least one byte.
    for (let left = 1; left > 0; left--) {
      const lead = this.#byte();
      if (lead < 0x80 || lead >= 0xe0) continue;
      if (lead < 0x90) left += 2 * (lead & 0x0f);
      else if (lead < 0xa0) left += lead & 0x0f;
      else if (lead < 0xc0) this.#advance(lead & 0x1f);
      else {
        this.#at--;
        if (isText(lead)) this.#advance(this.#textLength("a string"));
        else if (isArray(lead)) left += this.#arrayLength();
        else if (isMap(lead)) left += 2 * this.#mapLength();
        else if (isExtension(lead)) this.#advance(this.#extensionLength());
        else this.#advance(1 + scalarLength(lead));
      }
    }
  }

  /** Skips a value that means no value and returns true; false, and nothing skipped, for any other. */
  #skipNothing(): boolean {
    const lead = this.#peek();
    if (lead === NIL || this.#isUndefined()) {
      this.skip();
      return true;
    }
    if (lead !== 0xca && lead !== 0xcb) return false;
    const start = this.#at;
    if (Number.isNaN(this.number())) return true;
    this.#at = start;
    return false;
  }

  /** Whether the extension is here by which msgpackr writes JavaScript's `undefined`: of type 0, with a byte of 0. */
  #isUndefined(): boolean {
    const at = this.#at;
    return this.#bytes[at] === 0xd4 && this.#end - at >= 3 && this.#bytes[at + 1] === 0 && this.#bytes[at + 2] === 0;
  }

  /** Reads what follows an integer's lead byte, or the value in its place. */
  #integer(lead: number, expected: string): Id {
    if (lead < 0x80) return lead;
    if (lead >= 0xe0) return lead - 256;
    switch (lead) {
      case 0xcc:
        return this.#byte();
      case 0xcd:
        return this.#view.getUint16(this.#advance(2));
      case 0xce:
        return this.#view.getUint32(this.#advance(4));
      case 0xcf:
        return narrow(this.#view.getBigUint64(this.#advance(8)));
      case 0xd0:
        return this.#view.getInt8(this.#advance(1));
      case 0xd1:
        return this.#view.getInt16(this.#advance(2));
      case 0xd2:
        return this.#view.getInt32(this.#advance(4));
      case 0xd3:
        return narrow(this.#view.getBigInt64(this.#advance(8)));
      default:
        return this.#numberWord(lead, expected);
    }
  }

  /** Reads a value in place of a number: null and an empty string as NaN, floats that are not finite by their names. */
  #numberWord(lead: number, expected: string): number {
    this.#at--;
    if (this.#skipNothing()) return Number.NaN;
    const value = isText(lead) ? notFinite(this.text()) : undefined;
    if (value === undefined) throw badMessage(expected, describe(lead));
    return value;
  }

  #string(expected: string): string {
    const length = this.#textLength(expected);
    return decodeText(this.#bytes, this.#advance(length), length);
  }

  #textLength(expected: string): number {
    const lead = this.#byte();
    if ((lead & 0xe0) === 0xa0) return lead & 0x1f;
    if (lead === 0xd9 || lead === 0xc4) return this.#byte();
    if (lead === 0xda || lead === 0xc5) return this.#view.getUint16(this.#advance(2));
    if (lead === 0xdb || lead === 0xc6) return this.#view.getUint32(this.#advance(4));
    throw badMessage(expected, describe(lead));
  }

  #arrayLength(): number {
    const lead = this.#byte();
    let length = lead & 0x0f;
    if (lead === 0xdc) length = this.#view.getUint16(this.#advance(2));
    else if (lead === 0xdd) length = this.#view.getUint32(this.#advance(4));
    else if ((lead & 0xf0) !== 0x90) throw badMessage("an array", describe(lead));
    return this.#claim(length);
  }

  #mapLength(): number {
    const lead = this.#byte();
    let length = lead & 0x0f;
    if (lead === 0xde) length = this.#view.getUint16(this.#advance(2));
    else if (lead === 0xdf) length = this.#view.getUint32(this.#advance(4));
    else if ((lead & 0xf0) !== 0x80) throw badMessage("a map", describe(lead));
    this.#claim(2 * length);
    return length;
  }

  #extensionLength(): number {
    const lead = this.#byte();
    if (lead >= 0xd4) return 1 + (1 << (lead - 0xd4));
    if (lead === 0xc7) return 1 + this.#byte();
    if (lead === 0xc8) return 1 + this.#view.getUint16(this.#advance(2));
    return 1 + this.#view.getUint32(this.#advance(4));
  }

  /** A header may claim only as many values as there are bytes left. */
  #claim(values: number): number {
    if (values > this.#end - this.#at) throw badFrame(`a header claims ${values} values, more than the frame holds`);
    return values;
  }

  #peek(): number {
    if (this.#at >= this.#end) throw badFrame("the frame ends early");
    return this.#bytes[this.#at] ?? 0;
  }

  #byte(): number {
    if (this.#at >= this.#end) throw badFrame("the frame ends early");
    return this.#bytes[this.#at++] ?? 0;
  }

  /** Moves over `length` bytes and returns where they start. */
  #advance(length: number): number {
    const start = this.#at;
    if (length > this.#end - start) throw badFrame("the frame ends early");
    this.#at = start + length;
    return start;
  }
}

function isText(lead: number): boolean {
  return (lead & 0xe0) === 0xa0 || (lead >= 0xd9 && lead <= 0xdb) || (lead >= 0xc4 && lead <= 0xc6);
}

function isArray(lead: number): boolean {
  return (lead & 0xf0) === 0x90 || lead === 0xdc || lead === 0xdd;
}

function isMap(lead: number): boolean {
  return (lead & 0xf0) === 0x80 || lead === 0xde || lead === 0xdf;
}

function isExtension(lead: number): boolean {
  return (lead >= 0xc7 && lead <= 0xc9) || (lead >= 0xd4 && lead <= 0xd8);
}

/** Bytes after the lead byte of null, a boolean or a number. */
function scalarLength(lead: number): number {
  if (lead === NIL || lead === 0xc2 || lead === 0xc3) return 0;
  if (lead === 0xca) return 4;
  if (lead === 0xcb) return 8;
  if (lead >= 0xcc && lead <= 0xd3) return 1 << (lead & 3);
  throw badFrame(`the byte ${describe(lead)} starts no value`);
}

function describe(lead: number): string {
  if (isText(lead)) return "a string";
  if (isArray(lead)) return "an array";
  if (isMap(lead)) return "a map";
  if (isExtension(lead)) return "an extension";
  if (lead === NIL) return "null";
  if (lead === 0xc2 || lead === 0xc3) return "a boolean";
  if (lead < 0x80 || lead >= 0xca) return "a number";
  return `0x${lead.toString(16)}`;
}

function finite(value: number): number {
  return value - value === 0 ? value : Number.NaN; // only finite numbers minus themselves are 0
}

function narrow(value: bigint): Id {
  return value <= 9_007_199_254_740_991n && value >= -9_007_199_254_740_991n ? Number(value) : value;
}
