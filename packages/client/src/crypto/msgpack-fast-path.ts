// Generated from packages/client/schema/crypto.ts: change that, then run `npm run generate`.

import { asciiText, knownSymbol, numberedText } from "../wire/interning.ts";
import type { MarketRecord, RawRecord } from "../wire/market-record.ts";
import { integerAt, integerBytes } from "../wire/msgpack/fast-values.ts";
import type { FastPath } from "../wire/stream-schema.ts";
import { formatTimestamp } from "../wire/timestamp.ts";
import type { RecordSink } from "../wire/wire-reader.ts";
import { CryptoQuote, CryptoTrade } from "./records.ts";

/** Bytes of the longest message that is read here, fetched without a look at the end. */
const MAX_BYTES = 88;

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
        record = readCryptoQuote(view, at, end, raw);
        channel = "quotes";
      } else if (type === 0xa154a174) {
        record = readCryptoTrade(view, at, end, raw);
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
function readCryptoQuote(
  view: DataView,
  start: number,
  end: number,
  raw: boolean,
): CryptoQuote | RawRecord | undefined {
  const symbolBytes = view.getUint8(start + 7) - 0xa0;
  const symbol = knownSymbol(view, start + 8, symbolBytes);
  if (
    view.getUint8(start) !== 0x87 || // a map of 7 keys
    view.getUint16(start + 5) !== 0xa153 || // S
    symbolBytes < 1 ||
    symbol === 0
  )
    return undefined;
  const at = (start + 8 + symbolBytes) | 0;
  const bidPrice = view.getFloat64(at + 4);
  const bidSize = view.getFloat64(at + 16);
  const askPrice = view.getFloat64(at + 28);
  const askSize = view.getFloat64(at + 40);
  const timeHigh = view.getUint32(at + 52);
  const nanos = timeHigh >>> 2;
  const seconds = view.getUint32(at + 56);
  const next = (at + 60) | 0;
  if (
    view.getUint32(at) !== 0xa26270cb || // bp
    view.getUint32(at + 12) !== 0xa26273cb || // bs
    bidSize < 0 ||
    view.getUint32(at + 24) !== 0xa26170cb || // ap
    view.getUint32(at + 36) !== 0xa26173cb || // as
    askSize < 0 ||
    view.getUint32(at + 48) !== 0xa174d7ff || // t
    (timeHigh & 3) !== 0 ||
    nanos > 999_999_999 ||
    bidPrice - bidPrice + (bidSize - bidSize) + (askPrice - askPrice) + (askSize - askSize) !== 0 ||
    next > end
  )
    return undefined;

  const symbolText = numberedText(symbol);
  message.end = next;
  message.symbol = symbol;
  message.seconds = seconds;
  message.nanos = nanos;
  return raw
    ? {
        T: "q",
        S: symbolText,
        bp: bidPrice,
        bs: bidSize,
        ap: askPrice,
        as: askSize,
        t: formatTimestamp(seconds, nanos),
      }
    : new CryptoQuote(symbolText, seconds, nanos, bidPrice, bidSize, askPrice, askSize);
}

/** Reads one message. Returns its record; undefined for another form. */
function readCryptoTrade(
  view: DataView,
  start: number,
  end: number,
  raw: boolean,
): CryptoTrade | RawRecord | undefined {
  const symbolBytes = view.getUint8(start + 7) - 0xa0;
  const symbol = knownSymbol(view, start + 8, symbolBytes);
  if (
    view.getUint8(start) !== 0x87 || // a map of 7 keys
    view.getUint16(start + 5) !== 0xa153 || // S
    symbolBytes < 1 ||
    symbol === 0
  )
    return undefined;
  let at = (start + 8 + symbolBytes) | 0;
  const price = view.getFloat64(at + 3);
  const size = view.getFloat64(at + 14);
  const timeHigh = view.getUint32(at + 26);
  const nanos = timeHigh >>> 2;
  const seconds = view.getUint32(at + 30);
  const idLead = view.getUint8(at + 36);
  const idBytes = integerBytes(idLead);
  if (
    view.getUint32(at) >>> 8 !== 0xa170cb || // p
    view.getUint32(at + 11) >>> 8 !== 0xa173cb || // s
    size < 0 ||
    view.getUint32(at + 22) !== 0xa174d7ff || // t
    (timeHigh & 3) !== 0 ||
    nanos > 999_999_999 ||
    view.getUint16(at + 34) !== 0xa169 || // i
    idBytes < 0
  )
    return undefined;
  const id = integerAt(view, at + 36, idLead);
  at = (at + 37 + idBytes) | 0;

  const takerSide = view.getUint8(at + 5);
  const next = (at + 6) | 0;
  if (
    view.getUint32(at) !== 0xa3746b73 ||
    view.getUint8(at + 4) !== 0xa1 || // tks
    takerSide > 0x7f ||
    price - price + (size - size) !== 0 ||
    next > end
  )
    return undefined;

  const symbolText = numberedText(symbol);
  message.end = next;
  message.symbol = symbol;
  message.seconds = seconds;
  message.nanos = nanos;
  return raw
    ? { T: "t", S: symbolText, p: price, s: size, t: formatTimestamp(seconds, nanos), i: id, tks: asciiText(takerSide) }
    : new CryptoTrade(symbolText, seconds, nanos, price, size, id, asciiText(takerSide));
}
