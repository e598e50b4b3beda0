// Generated from packages/client/schema/crypto.ts: change that, then run `npm run generate`.

import { knownSymbol, numberedText } from "../wire/interning.ts";
import {
  amountBetween,
  idBetween,
  lastTime,
  letterText,
  numberEnd,
  readTime,
  scaled,
  textEnd,
  timeText,
} from "../wire/json/fast-values.ts";
import type { MarketRecord, RawRecord } from "../wire/market-record.ts";
import type { FastPath } from "../wire/stream-schema.ts";
import type { RecordSink } from "../wire/wire-reader.ts";
import { CryptoQuote, CryptoTrade } from "./records.ts";

/** Bytes of the longest message that is read here, fetched without a look at the end. */
const MAX_BYTES = 161;

class JsonFastPath implements FastPath {
  readonly maxBytes: number = MAX_BYTES;
  count = 0;

  get messageEnd(): number {
    return message.end;
  }

  read(view: DataView, start: number, end: number, max: number, sink: RecordSink, raw: boolean): number {
    const last = view.byteLength - MAX_BYTES;
    let at = start;
    let done = start;
    let count = 0;
    while (count < max && at <= last) {
      const type = view.getUint32(at + 4);
      let record: MarketRecord | RawRecord | undefined;
      let channel = "";
      if (type === 0x3a227122) {
        record = readCryptoQuote(view, at, end, raw);
        channel = "quotes";
      } else if (type === 0x3a227422) {
        record = readCryptoTrade(view, at, end, raw);
        channel = "trades";
      }
      if (record === undefined) break;
      count = (count + 1) | 0;
      done = message.end; // before the sink, which may decode another frame
      sink.record(record, channel, numberedText(message.symbol), message.symbol, lastTime.seconds, lastTime.nanos);

      if (view.getUint8(done) !== 0x2c) break; // the comma of an array
      at = (done + 1) | 0;
    }
    this.count = count;
    return done;
  }
}

/**
 * What a reader returns beside the record. Readers do not call the sink: V8 inlines only so much into one
 * function, and the code of the sink would displace the constructor of the record.
 */
const message = { end: 0, symbol: 0 };

/** Makes the fast path of JSON. */
export const jsonFastPath: (() => FastPath) | undefined = () => new JsonFastPath();

/** Reads one message. Returns its record; undefined for another form. */
function readCryptoQuote(
  view: DataView,
  start: number,
  end: number,
  raw: boolean,
): CryptoQuote | RawRecord | undefined {
  const symbolEnd = textEnd(view, start + 14);
  const symbolBytes = symbolEnd - start - 14;
  const symbol = knownSymbol(view, start + 14, symbolBytes);
  if (
    view.getUint32(start) !== 0x7b225422 || // {"T"
    view.getUint32(start + 8) !== 0x2c225322 ||
    view.getUint16(start + 12) !== 0x3a22 || // ,"S":"
    symbolBytes < 1 ||
    symbol === 0
  )
    return undefined;
  let at = symbolEnd;
  let bidPricePoint = 0;
  let bidPriceDigits = 0;
  let bidPriceEnd = (at + 7) | 0;
  for (; bidPriceEnd < at + 17; bidPriceEnd = (bidPriceEnd + 1) | 0) {
    const digit = view.getUint8(bidPriceEnd) ^ 0x30; // 10 or more for anything else
    if (digit < 10) bidPriceDigits = (Math.imul(bidPriceDigits, 10) + digit) | 0;
    else if (digit === 0x1e && bidPricePoint === 0) bidPricePoint = bidPriceEnd;
    else break;
  }
  const bidPrice = bidPricePoint === 0 ? bidPriceDigits : scaled(bidPriceDigits, bidPriceEnd - bidPricePoint - 1);
  if (
    view.getUint32(at) !== 0x222c2262 ||
    view.getUint32(at + 3) !== 0x6270223a || // ","bp":
    (view.getUint16(at + 7) ^ 0x3030) < 10 ||
    bidPriceEnd === at + 7 ||
    bidPricePoint === at + 7 ||
    bidPriceEnd - bidPricePoint === 1 ||
    (bidPricePoint === 0 && bidPriceEnd === at + 17)
  )
    return undefined;
  at = bidPriceEnd | 0;

  const bidSizeEnd = numberEnd(view, at + 6);
  const bidSize = amountBetween(view, at + 6, bidSizeEnd);
  if (
    view.getUint32(at) !== 0x2c226273 ||
    view.getUint16(at + 4) !== 0x223a || // ,"bs":
    bidSize < 0
  )
    return undefined;
  at = bidSizeEnd | 0;

  let askPricePoint = 0;
  let askPriceDigits = 0;
  let askPriceEnd = (at + 6) | 0;
  for (; askPriceEnd < at + 16; askPriceEnd = (askPriceEnd + 1) | 0) {
    const digit = view.getUint8(askPriceEnd) ^ 0x30; // 10 or more for anything else
    if (digit < 10) askPriceDigits = (Math.imul(askPriceDigits, 10) + digit) | 0;
    else if (digit === 0x1e && askPricePoint === 0) askPricePoint = askPriceEnd;
    else break;
  }
  const askPrice = askPricePoint === 0 ? askPriceDigits : scaled(askPriceDigits, askPriceEnd - askPricePoint - 1);
  if (
    view.getUint32(at) !== 0x2c226170 ||
    view.getUint16(at + 4) !== 0x223a || // ,"ap":
    (view.getUint16(at + 6) ^ 0x3030) < 10 ||
    askPriceEnd === at + 6 ||
    askPricePoint === at + 6 ||
    askPriceEnd - askPricePoint === 1 ||
    (askPricePoint === 0 && askPriceEnd === at + 16)
  )
    return undefined;
  at = askPriceEnd | 0;

  const askSizeEnd = numberEnd(view, at + 6);
  const askSize = amountBetween(view, at + 6, askSizeEnd);
  if (
    view.getUint32(at) !== 0x2c226173 ||
    view.getUint16(at + 4) !== 0x223a || // ,"as":
    askSize < 0
  )
    return undefined;
  at = askSizeEnd | 0;

  const timeAt = (at + 6) | 0;
  const endOfTime = readTime(view, timeAt);
  if (
    view.getUint32(at) !== 0x2c227422 ||
    view.getUint16(at + 4) !== 0x3a22 || // ,"t":"
    endOfTime === 0
  )
    return undefined;
  at = endOfTime | 0;

  const next = (at + 2) | 0;
  if (
    view.getUint16(at) !== 0x227d || // "}
    next > end
  )
    return undefined;

  const symbolText = numberedText(symbol);
  message.end = next;
  message.symbol = symbol;

  return raw
    ? { T: "q", S: symbolText, bp: bidPrice, bs: bidSize, ap: askPrice, as: askSize, t: timeText(endOfTime - timeAt) }
    : new CryptoQuote(symbolText, lastTime.seconds, lastTime.nanos, bidPrice, bidSize, askPrice, askSize);
}

/** Reads one message. Returns its record; undefined for another form. */
function readCryptoTrade(
  view: DataView,
  start: number,
  end: number,
  raw: boolean,
): CryptoTrade | RawRecord | undefined {
  const symbolEnd = textEnd(view, start + 14);
  const symbolBytes = symbolEnd - start - 14;
  const symbol = knownSymbol(view, start + 14, symbolBytes);
  if (
    view.getUint32(start) !== 0x7b225422 || // {"T"
    view.getUint32(start + 8) !== 0x2c225322 ||
    view.getUint16(start + 12) !== 0x3a22 || // ,"S":"
    symbolBytes < 1 ||
    symbol === 0
  )
    return undefined;
  let at = symbolEnd;
  let pricePoint = 0;
  let priceDigits = 0;
  let priceEnd = (at + 6) | 0;
  for (; priceEnd < at + 16; priceEnd = (priceEnd + 1) | 0) {
    const digit = view.getUint8(priceEnd) ^ 0x30; // 10 or more for anything else
    if (digit < 10) priceDigits = (Math.imul(priceDigits, 10) + digit) | 0;
    else if (digit === 0x1e && pricePoint === 0) pricePoint = priceEnd;
    else break;
  }
  const price = pricePoint === 0 ? priceDigits : scaled(priceDigits, priceEnd - pricePoint - 1);
  if (
    view.getUint32(at) !== 0x222c2270 ||
    view.getUint16(at + 4) !== 0x223a || // ","p":
    (view.getUint16(at + 6) ^ 0x3030) < 10 ||
    priceEnd === at + 6 ||
    pricePoint === at + 6 ||
    priceEnd - pricePoint === 1 ||
    (pricePoint === 0 && priceEnd === at + 16)
  )
    return undefined;
  at = priceEnd | 0;

  const sizeEnd = numberEnd(view, at + 5);
  const size = amountBetween(view, at + 5, sizeEnd);
  if (
    view.getUint32(at) !== 0x2c227322 ||
    view.getUint8(at + 4) !== 0x3a || // ,"s":
    size < 0
  )
    return undefined;
  at = sizeEnd | 0;

  const timeAt = (at + 6) | 0;
  const endOfTime = readTime(view, timeAt);
  if (
    view.getUint32(at) !== 0x2c227422 ||
    view.getUint16(at + 4) !== 0x3a22 || // ,"t":"
    endOfTime === 0
  )
    return undefined;
  at = endOfTime | 0;

  const idEnd = numberEnd(view, at + 6);
  const id = idBetween(view, at + 6, idEnd);
  if (
    view.getUint32(at) !== 0x222c2269 ||
    view.getUint16(at + 4) !== 0x223a || // ","i":
    id < 0
  )
    return undefined;
  at = idEnd | 0;

  const takerSide = letterText(view.getUint8(at + 8));
  const next = (at + 11) | 0;
  if (
    view.getUint32(at) !== 0x2c22746b ||
    view.getUint32(at + 4) !== 0x73223a22 || // ,"tks":"
    takerSide === "" ||
    view.getUint16(at + 9) !== 0x227d || // "}
    next > end
  )
    return undefined;

  const symbolText = numberedText(symbol);
  message.end = next;
  message.symbol = symbol;

  return raw
    ? { T: "t", S: symbolText, p: price, s: size, t: timeText(endOfTime - timeAt), i: id, tks: takerSide }
    : new CryptoTrade(symbolText, lastTime.seconds, lastTime.nanos, price, size, id, takerSide);
}
