// Generated from packages/client/schema/stocks.ts: change that, then run `npm run generate`.

import { knownSymbol, numberedText } from "../wire/interning.ts";
import {
  conditionsAt,
  conditionsEnd,
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
import { Quote, Trade } from "./records.ts";

/** Bytes of the longest message that is read here, fetched without a look at the end. */
const MAX_BYTES = 187;

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
        record = readQuote(view, at, end, raw);
        channel = "quotes";
      } else if (type === 0x3a227422) {
        record = readTrade(view, at, end, raw);
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
function readQuote(view: DataView, start: number, end: number, raw: boolean): Quote | RawRecord | undefined {
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
  const bidExchange = letterText(view.getUint8(at + 8));
  let bidPricePoint = 0;
  let bidPriceDigits = 0;
  let bidPriceEnd = (at + 16) | 0;
  for (; bidPriceEnd < at + 26; bidPriceEnd = (bidPriceEnd + 1) | 0) {
    const digit = view.getUint8(bidPriceEnd) ^ 0x30; // 10 or more for anything else
    if (digit < 10) bidPriceDigits = (Math.imul(bidPriceDigits, 10) + digit) | 0;
    else if (digit === 0x1e && bidPricePoint === 0) bidPricePoint = bidPriceEnd;
    else break;
  }
  const bidPrice = bidPricePoint === 0 ? bidPriceDigits : scaled(bidPriceDigits, bidPriceEnd - bidPricePoint - 1);
  if (
    view.getUint32(at) !== 0x222c2262 ||
    view.getUint32(at + 4) !== 0x78223a22 || // ","bx":"
    bidExchange === "" ||
    view.getUint32(at + 9) !== 0x222c2262 ||
    view.getUint32(at + 12) !== 0x6270223a || // ","bp":
    (view.getUint16(at + 16) ^ 0x3030) < 10 ||
    bidPriceEnd === at + 16 ||
    bidPricePoint === at + 16 ||
    bidPriceEnd - bidPricePoint === 1 ||
    (bidPricePoint === 0 && bidPriceEnd === at + 26)
  )
    return undefined;
  at = bidPriceEnd | 0;

  let bidSizeDigits = 0;
  let bidSizeEnd = (at + 6) | 0;
  for (; bidSizeEnd < at + 15; bidSizeEnd = (bidSizeEnd + 1) | 0) {
    const digit = view.getUint8(bidSizeEnd) ^ 0x30; // 10 or more for anything else
    if (digit < 10) bidSizeDigits = (Math.imul(bidSizeDigits, 10) + digit) | 0;
    else break;
  }
  if (
    view.getUint32(at) !== 0x2c226273 ||
    view.getUint16(at + 4) !== 0x223a || // ,"bs":
    (view.getUint16(at + 6) ^ 0x3030) < 10 ||
    bidSizeEnd === at + 6
  )
    return undefined;
  at = bidSizeEnd | 0;

  const askExchange = letterText(view.getUint8(at + 7));
  let askPricePoint = 0;
  let askPriceDigits = 0;
  let askPriceEnd = (at + 15) | 0;
  for (; askPriceEnd < at + 25; askPriceEnd = (askPriceEnd + 1) | 0) {
    const digit = view.getUint8(askPriceEnd) ^ 0x30; // 10 or more for anything else
    if (digit < 10) askPriceDigits = (Math.imul(askPriceDigits, 10) + digit) | 0;
    else if (digit === 0x1e && askPricePoint === 0) askPricePoint = askPriceEnd;
    else break;
  }
  const askPrice = askPricePoint === 0 ? askPriceDigits : scaled(askPriceDigits, askPriceEnd - askPricePoint - 1);
  if (
    view.getUint32(at) !== 0x2c226178 ||
    view.getUint32(at + 3) !== 0x78223a22 || // ,"ax":"
    askExchange === "" ||
    view.getUint32(at + 8) !== 0x222c2261 ||
    view.getUint32(at + 11) !== 0x6170223a || // ","ap":
    (view.getUint16(at + 15) ^ 0x3030) < 10 ||
    askPriceEnd === at + 15 ||
    askPricePoint === at + 15 ||
    askPriceEnd - askPricePoint === 1 ||
    (askPricePoint === 0 && askPriceEnd === at + 25)
  )
    return undefined;
  at = askPriceEnd | 0;

  let askSizeDigits = 0;
  let askSizeEnd = (at + 6) | 0;
  for (; askSizeEnd < at + 15; askSizeEnd = (askSizeEnd + 1) | 0) {
    const digit = view.getUint8(askSizeEnd) ^ 0x30; // 10 or more for anything else
    if (digit < 10) askSizeDigits = (Math.imul(askSizeDigits, 10) + digit) | 0;
    else break;
  }
  if (
    view.getUint32(at) !== 0x2c226173 ||
    view.getUint16(at + 4) !== 0x223a || // ,"as":
    (view.getUint16(at + 6) ^ 0x3030) < 10 ||
    askSizeEnd === at + 6
  )
    return undefined;
  at = askSizeEnd | 0;

  const conditions = conditionsAt(view, at + 6, raw);
  if (
    view.getUint32(at) !== 0x2c226322 ||
    view.getUint16(at + 4) !== 0x3a5b || // ,"c":[
    conditions === undefined
  )
    return undefined;
  at = conditionsEnd(view, at + 6) | 0;

  // Servers write the tape behind the time or before it.
  const isTimeFirst = view.getUint8(at + 2) === 0x74;
  const timeAt = isTimeFirst ? at : (at + 8) | 0;
  const endOfTime = readTime(view, timeAt + 6);
  const tapeAt = isTimeFirst ? (endOfTime + 1) | 0 : at;
  const tape = letterText(view.getUint8(tapeAt + 6));
  if (
    view.getUint32(timeAt) !== 0x2c227422 ||
    view.getUint16(timeAt + 4) !== 0x3a22 || // ,"t":"
    endOfTime === 0 ||
    view.getUint32(tapeAt) !== 0x2c227a22 ||
    view.getUint16(tapeAt + 4) !== 0x3a22 || // ,"z":"
    tape === "" ||
    view.getUint8(tapeAt + 7) !== 0x22 // "
  )
    return undefined;
  at = (endOfTime + (isTimeFirst ? 9 : 1)) | 0;

  const next = (at + 1) | 0;
  if (
    view.getUint8(at) !== 0x7d || // }
    next > end
  )
    return undefined;

  const symbolText = numberedText(symbol);
  message.end = next;
  message.symbol = symbol;

  return raw
    ? isTimeFirst
      ? {
          T: "q",
          S: symbolText,
          bx: bidExchange,
          bp: bidPrice,
          bs: bidSizeDigits,
          ax: askExchange,
          ap: askPrice,
          as: askSizeDigits,
          c: conditions,
          t: timeText(endOfTime - timeAt - 6),
          z: tape,
        }
      : {
          T: "q",
          S: symbolText,
          bx: bidExchange,
          bp: bidPrice,
          bs: bidSizeDigits,
          ax: askExchange,
          ap: askPrice,
          as: askSizeDigits,
          c: conditions,
          z: tape,
          t: timeText(endOfTime - timeAt - 6),
        }
    : new Quote(
        symbolText,
        lastTime.seconds,
        lastTime.nanos,
        bidExchange,
        bidPrice,
        bidSizeDigits,
        askExchange,
        askPrice,
        askSizeDigits,
        conditions,
        tape,
      );
}

/** Reads one message. Returns its record; undefined for another form. */
function readTrade(view: DataView, start: number, end: number, raw: boolean): Trade | RawRecord | undefined {
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
  const idEnd = numberEnd(view, at + 6);
  const id = idBetween(view, at + 6, idEnd);
  if (
    view.getUint32(at) !== 0x222c2269 ||
    view.getUint16(at + 4) !== 0x223a || // ","i":
    id < 0
  )
    return undefined;
  at = idEnd | 0;

  const exchange = letterText(view.getUint8(at + 6));
  let pricePoint = 0;
  let priceDigits = 0;
  let priceEnd = (at + 13) | 0;
  for (; priceEnd < at + 23; priceEnd = (priceEnd + 1) | 0) {
    const digit = view.getUint8(priceEnd) ^ 0x30; // 10 or more for anything else
    if (digit < 10) priceDigits = (Math.imul(priceDigits, 10) + digit) | 0;
    else if (digit === 0x1e && pricePoint === 0) pricePoint = priceEnd;
    else break;
  }
  const price = pricePoint === 0 ? priceDigits : scaled(priceDigits, priceEnd - pricePoint - 1);
  if (
    view.getUint32(at) !== 0x2c227822 ||
    view.getUint16(at + 4) !== 0x3a22 || // ,"x":"
    exchange === "" ||
    view.getUint32(at + 7) !== 0x222c2270 ||
    view.getUint16(at + 11) !== 0x223a || // ","p":
    (view.getUint16(at + 13) ^ 0x3030) < 10 ||
    priceEnd === at + 13 ||
    pricePoint === at + 13 ||
    priceEnd - pricePoint === 1 ||
    (pricePoint === 0 && priceEnd === at + 23)
  )
    return undefined;
  at = priceEnd | 0;

  let sizeDigits = 0;
  let sizeEnd = (at + 5) | 0;
  for (; sizeEnd < at + 14; sizeEnd = (sizeEnd + 1) | 0) {
    const digit = view.getUint8(sizeEnd) ^ 0x30; // 10 or more for anything else
    if (digit < 10) sizeDigits = (Math.imul(sizeDigits, 10) + digit) | 0;
    else break;
  }
  if (
    view.getUint32(at) !== 0x2c227322 ||
    view.getUint8(at + 4) !== 0x3a || // ,"s":
    (view.getUint16(at + 5) ^ 0x3030) < 10 ||
    sizeEnd === at + 5
  )
    return undefined;
  at = sizeEnd | 0;

  const conditions = conditionsAt(view, at + 6, raw);
  if (
    view.getUint32(at) !== 0x2c226322 ||
    view.getUint16(at + 4) !== 0x3a5b || // ,"c":[
    conditions === undefined
  )
    return undefined;
  at = conditionsEnd(view, at + 6) | 0;

  // Servers write the tape behind the time or before it.
  const isTimeFirst = view.getUint8(at + 2) === 0x74;
  const timeAt = isTimeFirst ? at : (at + 8) | 0;
  const endOfTime = readTime(view, timeAt + 6);
  const tapeAt = isTimeFirst ? (endOfTime + 1) | 0 : at;
  const tape = letterText(view.getUint8(tapeAt + 6));
  if (
    view.getUint32(timeAt) !== 0x2c227422 ||
    view.getUint16(timeAt + 4) !== 0x3a22 || // ,"t":"
    endOfTime === 0 ||
    view.getUint32(tapeAt) !== 0x2c227a22 ||
    view.getUint16(tapeAt + 4) !== 0x3a22 || // ,"z":"
    tape === "" ||
    view.getUint8(tapeAt + 7) !== 0x22 // "
  )
    return undefined;
  at = (endOfTime + (isTimeFirst ? 9 : 1)) | 0;

  const next = (at + 1) | 0;
  if (
    view.getUint8(at) !== 0x7d || // }
    next > end
  )
    return undefined;

  const symbolText = numberedText(symbol);
  message.end = next;
  message.symbol = symbol;

  return raw
    ? isTimeFirst
      ? {
          T: "t",
          S: symbolText,
          i: id,
          x: exchange,
          p: price,
          s: sizeDigits,
          c: conditions,
          t: timeText(endOfTime - timeAt - 6),
          z: tape,
        }
      : {
          T: "t",
          S: symbolText,
          i: id,
          x: exchange,
          p: price,
          s: sizeDigits,
          c: conditions,
          z: tape,
          t: timeText(endOfTime - timeAt - 6),
        }
    : new Trade(symbolText, lastTime.seconds, lastTime.nanos, id, exchange, price, sizeDigits, conditions, tape);
}
