// Generated from packages/client/schema/stocks.ts: change that, then run `npm run generate`.

import { asciiText, knownConditions, knownSymbol, numberedText, ownConditions } from "../wire/interning.ts";
import type { MarketRecord, RawRecord } from "../wire/market-record.ts";
import { conditionsKey, integerAt, integerBytes, shortIntegerAt } from "../wire/msgpack/fast-values.ts";
import type { FastPath } from "../wire/stream-schema.ts";
import { formatTimestamp } from "../wire/timestamp.ts";
import type { RecordSink } from "../wire/wire-reader.ts";
import { Quote, Trade } from "./records.ts";

/** Bytes of the longest message that is read here, fetched without a look at the end. */
const MAX_BYTES = 105;

class MsgpackFastPath implements FastPath {
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
      const type = view.getUint32(at + 1);
      let record: MarketRecord | RawRecord | undefined;
      let channel = "";
      if (type === 0xa154a171) {
        record = readQuote(view, at, end, raw);
        channel = "quotes";
      } else if (type === 0xa154a174) {
        record = readTrade(view, at, end, raw);
        channel = "trades";
      }
      if (record === undefined) break;
      count = (count + 1) | 0;
      done = message.end; // before the sink, which may decode another frame
      sink.record(record, channel, numberedText(message.symbol), message.symbol, message.seconds, message.nanos);
      at = done;
    }
    this.count = count;
    return done;
  }
}

/**
 * What a reader returns beside the record. Readers do not call the sink: V8 inlines only so much into one
 * function, and the code of the sink would displace the constructor of the record.
 */
const message = { end: 0, symbol: 0, seconds: 0, nanos: 0 };

/** Makes the fast path of msgpack; a bundle for browsers has `wire/no-fast-path.ts` in its place. */
export const msgpackFastPath: (() => FastPath) | undefined = () => new MsgpackFastPath();

/** Reads one message. Returns its record; undefined for another form. */
function readQuote(view: DataView, start: number, end: number, raw: boolean): Quote | RawRecord | undefined {
  const symbolBytes = view.getUint8(start + 7) - 0xa0;
  const symbol = knownSymbol(view, start + 8, symbolBytes);
  if (
    view.getUint8(start) !== 0x8b || // a map of 11 keys
    view.getUint16(start + 5) !== 0xa153 || // S
    symbolBytes < 1 ||
    symbol === 0
  )
    return undefined;
  let at = (start + 8 + symbolBytes) | 0;
  const bidExchange = view.getUint8(at + 4);
  const bidPrice = view.getFloat64(at + 9);
  const bidSizeLead = view.getUint8(at + 20);
  const bidSizeBytes = integerBytes(bidSizeLead);
  if (
    view.getUint32(at) !== 0xa26278a1 || // bx
    view.getUint32(at + 5) !== 0xa26270cb || // bp
    view.getUint32(at + 17) >>> 8 !== 0xa26273 || // bs
    bidSizeBytes < 0 ||
    bidSizeBytes > 4
  )
    return undefined;
  const bidSize = shortIntegerAt(view, at + 20, bidSizeLead);
  at = (at + 21 + bidSizeBytes) | 0;

  const askExchange = view.getUint8(at + 4);
  const askPrice = view.getFloat64(at + 9);
  const askSizeLead = view.getUint8(at + 20);
  const askSizeBytes = integerBytes(askSizeLead);
  if (
    view.getUint32(at) !== 0xa26178a1 || // ax
    view.getUint32(at + 5) !== 0xa26170cb || // ap
    view.getUint32(at + 17) >>> 8 !== 0xa26173 || // as
    askSizeBytes < 0 ||
    askSizeBytes > 4
  )
    return undefined;
  const askSize = shortIntegerAt(view, at + 20, askSizeLead);
  at = (at + 21 + askSizeBytes) | 0;

  const conditionsCount = view.getUint8(at + 2) - 0x90;
  const keyOfConditions = conditionsKey(view, at + 3, conditionsCount);
  const conditions = raw ? ownConditions(keyOfConditions) : knownConditions(keyOfConditions);
  if (
    view.getUint16(at) !== 0xa163 || // c
    conditions === undefined
  )
    return undefined;
  at = (at + 3 + 2 * conditionsCount) | 0;

  // Servers write the tape behind the time or before it.
  const isTimeFirst = view.getUint16(at) === 0xa174;
  const timeAt = isTimeFirst ? at : (at + 4) | 0;
  const tapeAt = isTimeFirst ? (at + 12) | 0 : at;
  const timeHigh = view.getUint32(timeAt + 4);
  const nanos = timeHigh >>> 2;
  const seconds = view.getUint32(timeAt + 8);
  const tape = view.getUint8(tapeAt + 3);
  const next = (at + 16) | 0;
  if (
    view.getUint32(timeAt) !== 0xa174d7ff || // t
    (timeHigh & 3) !== 0 ||
    nanos > 999_999_999 ||
    view.getUint32(tapeAt) >>> 8 !== 0xa17aa1 || // z
    (bidExchange | askExchange | tape) > 0x7f ||
    bidPrice - bidPrice + (askPrice - askPrice) !== 0 ||
    next > end
  )
    return undefined;

  const symbolText = numberedText(symbol);
  message.end = next;
  message.symbol = symbol;
  message.seconds = seconds;
  message.nanos = nanos;
  return raw
    ? isTimeFirst
      ? {
          T: "q",
          S: symbolText,
          bx: asciiText(bidExchange),
          bp: bidPrice,
          bs: bidSize,
          ax: asciiText(askExchange),
          ap: askPrice,
          as: askSize,
          c: conditions,
          t: formatTimestamp(seconds, nanos),
          z: asciiText(tape),
        }
      : {
          T: "q",
          S: symbolText,
          bx: asciiText(bidExchange),
          bp: bidPrice,
          bs: bidSize,
          ax: asciiText(askExchange),
          ap: askPrice,
          as: askSize,
          c: conditions,
          z: asciiText(tape),
          t: formatTimestamp(seconds, nanos),
        }
    : new Quote(
        symbolText,
        seconds,
        nanos,
        asciiText(bidExchange),
        bidPrice,
        bidSize,
        asciiText(askExchange),
        askPrice,
        askSize,
        conditions,
        asciiText(tape),
      );
}

/** Reads one message. Returns its record; undefined for another form. */
function readTrade(view: DataView, start: number, end: number, raw: boolean): Trade | RawRecord | undefined {
  const symbolBytes = view.getUint8(start + 7) - 0xa0;
  const symbol = knownSymbol(view, start + 8, symbolBytes);
  if (
    view.getUint8(start) !== 0x89 || // a map of 9 keys
    view.getUint16(start + 5) !== 0xa153 || // S
    symbolBytes < 1 ||
    symbol === 0
  )
    return undefined;
  let at = (start + 8 + symbolBytes) | 0;
  const idLead = view.getUint8(at + 2);
  const idBytes = integerBytes(idLead);
  if (
    view.getUint16(at) !== 0xa169 || // i
    idBytes < 0
  )
    return undefined;
  const id = integerAt(view, at + 2, idLead);
  at = (at + 3 + idBytes) | 0;

  const exchange = view.getUint8(at + 3);
  const price = view.getFloat64(at + 7);
  const sizeLead = view.getUint8(at + 17);
  const sizeBytes = integerBytes(sizeLead);
  if (
    view.getUint32(at) >>> 8 !== 0xa178a1 || // x
    view.getUint32(at + 4) >>> 8 !== 0xa170cb || // p
    view.getUint16(at + 15) !== 0xa173 || // s
    sizeBytes < 0 ||
    sizeBytes > 4
  )
    return undefined;
  const size = shortIntegerAt(view, at + 17, sizeLead);
  at = (at + 18 + sizeBytes) | 0;

  const conditionsCount = view.getUint8(at + 2) - 0x90;
  const keyOfConditions = conditionsKey(view, at + 3, conditionsCount);
  const conditions = raw ? ownConditions(keyOfConditions) : knownConditions(keyOfConditions);
  if (
    view.getUint16(at) !== 0xa163 || // c
    conditions === undefined
  )
    return undefined;
  at = (at + 3 + 2 * conditionsCount) | 0;

  // Servers write the tape behind the time or before it.
  const isTimeFirst = view.getUint16(at) === 0xa174;
  const timeAt = isTimeFirst ? at : (at + 4) | 0;
  const tapeAt = isTimeFirst ? (at + 12) | 0 : at;
  const timeHigh = view.getUint32(timeAt + 4);
  const nanos = timeHigh >>> 2;
  const seconds = view.getUint32(timeAt + 8);
  const tape = view.getUint8(tapeAt + 3);
  const next = (at + 16) | 0;
  if (
    view.getUint32(timeAt) !== 0xa174d7ff || // t
    (timeHigh & 3) !== 0 ||
    nanos > 999_999_999 ||
    view.getUint32(tapeAt) >>> 8 !== 0xa17aa1 || // z
    (exchange | tape) > 0x7f ||
    price - price !== 0 ||
    next > end
  )
    return undefined;

  const symbolText = numberedText(symbol);
  message.end = next;
  message.symbol = symbol;
  message.seconds = seconds;
  message.nanos = nanos;
  return raw
    ? isTimeFirst
      ? {
          T: "t",
          S: symbolText,
          i: id,
          x: asciiText(exchange),
          p: price,
          s: size,
          c: conditions,
          t: formatTimestamp(seconds, nanos),
          z: asciiText(tape),
        }
      : {
          T: "t",
          S: symbolText,
          i: id,
          x: asciiText(exchange),
          p: price,
          s: size,
          c: conditions,
          z: asciiText(tape),
          t: formatTimestamp(seconds, nanos),
        }
    : new Trade(symbolText, seconds, nanos, id, asciiText(exchange), price, size, conditions, asciiText(tape));
}
