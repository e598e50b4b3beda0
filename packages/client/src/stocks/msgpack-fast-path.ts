import {
  asciiText,
  EMPTY_CONDITIONS_KEY,
  internConditionsByKey,
  internWords,
  mixCondition,
  NO_CONDITIONS,
  numberedText,
} from "../wire/interning.ts";
import type { FastPath } from "../wire/stream-schema.ts";
import type { RecordSink } from "../wire/wire-reader.ts";
import * as Key from "./keys.ts";
import * as RecordType from "./record-types.ts";
import { Quote, Trade } from "./records.ts";

/**
 * A quote and a trade as servers write them, by the million: short keys, one-letter codes, prices as
 * doubles. Such a message is read in one go, out of locals; whatever is unusual about one makes it
 * the reader's business, which takes everything and gives the errors. Nothing is decided here that
 * is not decided the same way there: this is its fast half, not another decoder.
 *
 * Keys are looked for in the order of Alpaca's documentation, each compared as one integer together
 * with the header of what follows. In another order they are found in a second pass.
 */

const word = (...bytes: readonly number[]): number => bytes.reduce((value, byte) => ((value << 8) | byte) >>> 0, 0);
const shortKey = (key: number): number => word(0xa1, key);
const longKey = (key: number, lead: number): number => word(0xa2, key & 0xff, key >> 8, lead);

const LETTER = 0xa1;
const DOUBLE = 0xcb;

const TYPE_QUOTE = word(0xa1, Key.T, LETTER, RecordType.quote);
const TYPE_TRADE = word(0xa1, Key.T, LETTER, RecordType.trade);
const S = shortKey(Key.S);
const I = shortKey(Key.i);
const P = shortKey(Key.p);
const SIZE = shortKey(Key.s);
const C = shortKey(Key.c);
const T_64 = word(0xa1, Key.t, 0xd7, 0xff);
const X = word(0xa1, Key.x, LETTER);
const Z = word(0xa1, Key.z, LETTER);
const BX = longKey(Key.bx, LETTER);
const BP = longKey(Key.bp, DOUBLE);
const BS = longKey(Key.bs, 0) >>> 8;
const AX = longKey(Key.ax, LETTER);
const AP = longKey(Key.ap, DOUBLE);
const AS = longKey(Key.as, 0) >>> 8;

/** Bytes from which a symbol is fetched, whatever its length. */
const SYMBOL_BYTES = 8;
const NANOS_PER_SECOND = 1_000_000_000;

/** Reads messages that are as usual, out of one buffer after another. */
export class MsgpackFastPath implements FastPath {
  /** Where the message that was read ends. */
  end = 0;
  /** Where the value that was read last ends. */
  #after = 0;

  /** Hands the record that starts at `at` to the sink; false, and nothing done, if it is not as usual. */
  read(bytes: Uint8Array, view: DataView, at: number, end: number, sink: RecordSink): boolean {
    if (end - at < 5) return false;
    const keys = view.getUint8(at) - 0x80;
    if (keys < 0 || keys > 0x0f) return false;
    const type = view.getUint32(at + 1);
    if (type === TYPE_QUOTE) return this.#quote(bytes, view, at + 5, end, keys - 1, sink);
    if (type === TYPE_TRADE) return this.#trade(bytes, view, at + 5, end, keys - 1, sink);
    return false;
  }

  #quote(bytes: Uint8Array, view: DataView, start: number, end: number, keys: number, sink: RecordSink): boolean {
    let at = start;
    let left = keys;
    let symbol = 0;
    let seconds = -1;
    let nanos = 0;
    let bidExchange = "";
    let bidPrice = 0;
    let bidSize = 0;
    let askExchange = "";
    let askPrice = 0;
    let askSize = 0;
    let conditions = NO_CONDITIONS;
    let tape = "";
    while (left > 0) {
      const before = left;
      if (end - at >= 3 + SYMBOL_BYTES && view.getUint16(at) === S) {
        const length = view.getUint8(at + 2) - 0xa0;
        if (length < 1 || length > SYMBOL_BYTES) return false;
        symbol = internWords(view.getInt32(at + 3), view.getInt32(at + 7), bytes, at + 3, length);
        if (symbol === 0) return false;
        at += 3 + length;
        left--;
      }
      if (end - at >= 5 && view.getUint32(at) === BX) {
        const letter = view.getUint8(at + 4);
        if (letter >= 0x80) return false;
        bidExchange = asciiText(letter);
        at += 5;
        left--;
      }
      if (end - at >= 12 && view.getUint32(at) === BP) {
        bidPrice = view.getFloat64(at + 4);
        if (bidPrice - bidPrice !== 0) return false; // not finite
        at += 12;
        left--;
      }
      if (end - at >= 8 && view.getUint32(at) >>> 8 === BS) {
        bidSize = view.getUint8(at + 3);
        at += 4;
        if (bidSize >= 0x80) {
          bidSize = this.#sizeAt(view, at - 1);
          if (bidSize < 0) return false;
          at = this.#after;
        }
        left--;
      }
      if (end - at >= 5 && view.getUint32(at) === AX) {
        const letter = view.getUint8(at + 4);
        if (letter >= 0x80) return false;
        askExchange = asciiText(letter);
        at += 5;
        left--;
      }
      if (end - at >= 12 && view.getUint32(at) === AP) {
        askPrice = view.getFloat64(at + 4);
        if (askPrice - askPrice !== 0) return false; // not finite
        at += 12;
        left--;
      }
      if (end - at >= 8 && view.getUint32(at) >>> 8 === AS) {
        askSize = view.getUint8(at + 3);
        at += 4;
        if (askSize >= 0x80) {
          askSize = this.#sizeAt(view, at - 1);
          if (askSize < 0) return false;
          at = this.#after;
        }
        left--;
      }
      if (end - at >= 12 && view.getUint16(at) === C) {
        const key = this.#conditionsAt(view, at + 2);
        if (key < 0) return false;
        conditions = internConditionsByKey(key);
        at = this.#after;
        left--;
      }
      if (end - at >= 12 && view.getUint32(at) === T_64) {
        const high = view.getUint32(at + 4);
        nanos = high >>> 2;
        if (nanos >= NANOS_PER_SECOND || (high & 3) !== 0) return false;
        seconds = view.getUint32(at + 8);
        at += 12;
        left--;
      }
      if (end - at >= 4 && view.getUint32(at) >>> 8 === Z) {
        const letter = view.getUint8(at + 3);
        if (letter >= 0x80) return false;
        tape = asciiText(letter);
        at += 4;
        left--;
      }
      if (left === before) return false;
    }
    if (symbol === 0 || seconds < 0) return false;
    this.end = at;
    const text = numberedText(symbol);
    const quote = new Quote(
      text,
      seconds,
      nanos,
      bidExchange,
      bidPrice,
      bidSize,
      askExchange,
      askPrice,
      askSize,
      conditions,
      tape,
    );
    sink.record(quote, "quotes", text, symbol, seconds, nanos);
    return true;
  }

  #trade(bytes: Uint8Array, view: DataView, start: number, end: number, keys: number, sink: RecordSink): boolean {
    let at = start;
    let left = keys;
    let symbol = 0;
    let seconds = -1;
    let nanos = 0;
    let id = 0;
    let exchange = "";
    let price = Number.NaN;
    let size = 0;
    let conditions = NO_CONDITIONS;
    let tape = "";
    while (left > 0) {
      const before = left;
      if (end - at >= 3 + SYMBOL_BYTES && view.getUint16(at) === S) {
        const length = view.getUint8(at + 2) - 0xa0;
        if (length < 1 || length > SYMBOL_BYTES) return false;
        symbol = internWords(view.getInt32(at + 3), view.getInt32(at + 7), bytes, at + 3, length);
        if (symbol === 0) return false;
        at += 3 + length;
        left--;
      }
      if (end - at >= 11 && view.getUint16(at) === I) {
        id = this.#idAt(view, at + 2);
        if (id < 0) return false;
        at = this.#after;
        left--;
      }
      if (end - at >= 4 && view.getUint32(at) >>> 8 === X) {
        const letter = view.getUint8(at + 3);
        if (letter >= 0x80) return false;
        exchange = asciiText(letter);
        at += 4;
        left--;
      }
      if (end - at >= 11 && view.getUint16(at) === P && view.getUint8(at + 2) === DOUBLE) {
        price = view.getFloat64(at + 3);
        if (price - price !== 0) return false; // not finite
        at += 11;
        left--;
      }
      if (end - at >= 7 && view.getUint16(at) === SIZE) {
        size = this.#sizeAt(view, at + 2);
        if (size < 0) return false;
        at = this.#after;
        left--;
      }
      if (end - at >= 12 && view.getUint16(at) === C) {
        const key = this.#conditionsAt(view, at + 2);
        if (key < 0) return false;
        conditions = internConditionsByKey(key);
        at = this.#after;
        left--;
      }
      if (end - at >= 12 && view.getUint32(at) === T_64) {
        const high = view.getUint32(at + 4);
        nanos = high >>> 2;
        if (nanos >= NANOS_PER_SECOND || (high & 3) !== 0) return false;
        seconds = view.getUint32(at + 8);
        at += 12;
        left--;
      }
      if (end - at >= 4 && view.getUint32(at) >>> 8 === Z) {
        const letter = view.getUint8(at + 3);
        if (letter >= 0x80) return false;
        tape = asciiText(letter);
        at += 4;
        left--;
      }
      if (left === before) return false;
    }
    if (symbol === 0 || seconds < 0 || Number.isNaN(price)) return false;
    this.end = at;
    const text = numberedText(symbol);
    const trade = new Trade(text, seconds, nanos, id, exchange, price, size, conditions, tape);
    sink.record(trade, "trades", text, symbol, seconds, nanos);
    return true;
  }

  /** The whole number whose lead byte is at `at`, with 5 bytes to read; -1 for another number. */
  #sizeAt(view: DataView, at: number): number {
    const lead = view.getUint8(at);
    this.#after = at + 1;
    if (lead < 0x80) return lead;
    this.#after = at + 2;
    if (lead === 0xcc) return view.getUint8(at + 1);
    this.#after = at + 3;
    if (lead === 0xcd) return view.getUint16(at + 1);
    this.#after = at + 5;
    return lead === 0xce ? view.getUint32(at + 1) : -1;
  }

  /** As {@link #sizeAt}, with 9 bytes to read, up to 2^53. */
  #idAt(view: DataView, at: number): number {
    if (view.getUint8(at) !== 0xcf) return this.#sizeAt(view, at);
    const high = view.getUint32(at + 1);
    this.#after = at + 9;
    return high < 0x20_0000 ? high * 4_294_967_296 + view.getUint32(at + 5) : -1;
  }

  /** The key of the list of at most four one-letter conditions whose header is at `at`; -1 for another list. */
  #conditionsAt(view: DataView, at: number): number {
    const length = view.getUint8(at) - 0x90;
    if (length < 0 || length > 4) return -1;
    let key = EMPTY_CONDITIONS_KEY;
    for (let index = 0; index < length; index++) {
      if (view.getUint8(at + 1 + 2 * index) !== LETTER) return -1;
      key = mixCondition(key, view.getUint8(at + 2 + 2 * index));
    }
    this.#after = at + 1 + 2 * length;
    return key;
  }
}

/** Makes the fast path of msgpack; a bundle for browsers has `wire/no-fast-path.ts` in its place. */
export const msgpackFastPath: (() => FastPath) | undefined = () => new MsgpackFastPath();
