import { NO_CONDITIONS } from "../wire/interning.ts";
import { NO_KEY } from "../wire/keys.ts";
import type { Id } from "../wire/market-record.ts";
import { StreamError } from "../wire/stream-error.ts";
import { toNanoseconds } from "../wire/timestamp.ts";
import { badMessage, type WireReader } from "../wire/wire-reader.ts";
import * as Key from "./keys.ts";
import * as RecordType from "./record-types.ts";
import {
  type AnyRecord,
  Bar,
  type BarChannel,
  Imbalance,
  Luld,
  Quote,
  Trade,
  TradeCancel,
  TradeCorrection,
  TradingStatus,
} from "./records.ts";

/**
 * Reads a record whose map has just been entered, and whose type is known: keys in any order,
 * unknown ones passed over. `write-record.ts` is its
 * mirror.
 *
 * A record without a symbol, a time or a price is refused, because acting on a made-up one costs
 * money. A quote's price defaults to 0, which is how the protocol says "no active side". Texts
 * default to "", conditions to none, sizes and ids to 0. A key without a value, such as null, is
 * the same as a key that did not come.
 */
export function readRecord(reader: WireReader, type: number): AnyRecord {
  switch (type) {
    case RecordType.quote:
      return readQuote(reader);
    case RecordType.trade:
      return readTrade(reader);
    case RecordType.bar:
      return readBar(reader, "bars");
    case RecordType.updatedBar:
      return readBar(reader, "updatedBars");
    case RecordType.dailyBar:
      return readBar(reader, "dailyBars");
    case RecordType.tradingStatus:
      return readTradingStatus(reader);
    case RecordType.luld:
      return readLuld(reader);
    case RecordType.imbalance:
      return readImbalance(reader);
    case RecordType.tradeCorrection:
      return readTradeCorrection(reader);
    case RecordType.tradeCancel:
      return readTradeCancel(reader);
    default:
      throw badMessage("a type of stock record", String.fromCharCode(type));
  }
}

/** Stands for a price or a time that has not come yet. */
const MISSING = Number.NaN;

function required(symbol: string, seconds: number, price: number): void {
  if (symbol === "") throw badMessage("a symbol S", "none");
  if (Number.isNaN(seconds)) throw badMessage("a time t", "none");
  if (Number.isNaN(price)) throw badMessage("every price", "none for at least one");
}

/** The receive time. Unreadable it counts as missing: it is undocumented, and no reason to lose a record. */
function receivedNs(reader: WireReader): bigint | undefined {
  const start = reader.mark();
  try {
    reader.time();
  } catch (error) {
    if (!(error instanceof StreamError) || error.code !== "bad_message") throw error;
    reader.rewind(start);
    reader.skip();
    return undefined;
  }
  return Number.isNaN(reader.seconds) ? undefined : toNanoseconds(reader.seconds, reader.nanos);
}

function orZero(value: number): number {
  return Number.isNaN(value) ? 0 : value;
}

function orUndefined(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}

function readTrade(reader: WireReader): Trade {
  let symbol = "";
  let seconds = MISSING;
  let nanos = 0;
  let id: Id = 0;
  let exchange = "";
  let price = MISSING;
  let size = 0;
  let conditions = NO_CONDITIONS;
  let tape = "";
  let received: bigint | undefined;
  for (let key = reader.nextKey(); key !== NO_KEY; key = reader.nextKey()) {
    switch (key) {
      case Key.S:
        symbol = reader.symbol();
        break;
      case Key.i:
        id = reader.id();
        break;
      case Key.x:
        exchange = reader.code();
        break;
      case Key.p:
        price = reader.number();
        break;
      case Key.s:
        size = orZero(reader.count());
        break;
      case Key.c:
        conditions = reader.conditions();
        break;
      case Key.z:
        tape = reader.code();
        break;
      case Key.t:
        reader.time();
        seconds = reader.seconds;
        nanos = reader.nanos;
        break;
      case Key.r:
        received = receivedNs(reader);
        break;
      default:
        reader.skip();
    }
  }
  required(symbol, seconds, price);
  return new Trade(symbol, seconds, nanos, id, exchange, price, size, conditions, tape, received);
}

function readQuote(reader: WireReader): Quote {
  let symbol = "";
  let seconds = MISSING;
  let nanos = 0;
  let bidExchange = "";
  let bidPrice = 0;
  let bidSize = 0;
  let askExchange = "";
  let askPrice = 0;
  let askSize = 0;
  let conditions = NO_CONDITIONS;
  let tape = "";
  let received: bigint | undefined;
  for (let key = reader.nextKey(); key !== NO_KEY; key = reader.nextKey()) {
    switch (key) {
      case Key.S:
        symbol = reader.symbol();
        break;
      case Key.bx:
        bidExchange = reader.code();
        break;
      case Key.bp:
        bidPrice = orZero(reader.number());
        break;
      case Key.bs:
        bidSize = orZero(reader.count());
        break;
      case Key.ax:
        askExchange = reader.code();
        break;
      case Key.ap:
        askPrice = orZero(reader.number());
        break;
      case Key.as:
        askSize = orZero(reader.count());
        break;
      case Key.c:
        conditions = reader.conditions();
        break;
      case Key.z:
        tape = reader.code();
        break;
      case Key.t:
        reader.time();
        seconds = reader.seconds;
        nanos = reader.nanos;
        break;
      case Key.r:
        received = receivedNs(reader);
        break;
      default:
        reader.skip();
    }
  }
  required(symbol, seconds, 0);
  return new Quote(
    symbol,
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
    received,
  );
}

function readBar(reader: WireReader, channel: BarChannel): Bar {
  let symbol = "";
  let seconds = MISSING;
  let nanos = 0;
  let open = MISSING;
  let high = MISSING;
  let low = MISSING;
  let close = MISSING;
  let volume = 0;
  let tradeCount: number | undefined;
  let vwap: number | undefined;
  for (let key = reader.nextKey(); key !== NO_KEY; key = reader.nextKey()) {
    switch (key) {
      case Key.S:
        symbol = reader.symbol();
        break;
      case Key.o:
        open = reader.number();
        break;
      case Key.h:
        high = reader.number();
        break;
      case Key.l:
        low = reader.number();
        break;
      case Key.c:
        close = reader.number();
        break;
      case Key.v:
        volume = orZero(reader.count());
        break;
      case Key.n:
        tradeCount = orUndefined(reader.count());
        break;
      case Key.vw:
        vwap = orUndefined(reader.number());
        break;
      case Key.t:
        reader.time();
        seconds = reader.seconds;
        nanos = reader.nanos;
        break;
      default:
        reader.skip();
    }
  }
  required(symbol, seconds, open + high + low + close);
  return new Bar(channel, symbol, seconds, nanos, open, high, low, close, volume, tradeCount, vwap);
}

function readTradingStatus(reader: WireReader): TradingStatus {
  let symbol = "";
  let seconds = MISSING;
  let nanos = 0;
  let statusCode = "";
  let statusMessage = "";
  let reasonCode = "";
  let reasonMessage = "";
  let tape = "";
  for (let key = reader.nextKey(); key !== NO_KEY; key = reader.nextKey()) {
    switch (key) {
      case Key.S:
        symbol = reader.symbol();
        break;
      case Key.sc:
        statusCode = reader.code();
        break;
      case Key.sm:
        statusMessage = reader.text();
        break;
      case Key.rc:
        reasonCode = reader.code();
        break;
      case Key.rm:
        reasonMessage = reader.text();
        break;
      case Key.z:
        tape = reader.code();
        break;
      case Key.t:
        reader.time();
        seconds = reader.seconds;
        nanos = reader.nanos;
        break;
      default:
        reader.skip();
    }
  }
  required(symbol, seconds, 0);
  return new TradingStatus(symbol, seconds, nanos, statusCode, statusMessage, reasonCode, reasonMessage, tape);
}

function readLuld(reader: WireReader): Luld {
  let symbol = "";
  let seconds = MISSING;
  let nanos = 0;
  let limitUpPrice = MISSING;
  let limitDownPrice = MISSING;
  let indicator = "";
  let tape = "";
  for (let key = reader.nextKey(); key !== NO_KEY; key = reader.nextKey()) {
    switch (key) {
      case Key.S:
        symbol = reader.symbol();
        break;
      case Key.u:
        limitUpPrice = reader.number();
        break;
      case Key.d:
        limitDownPrice = reader.number();
        break;
      case Key.i:
        indicator = reader.code();
        break;
      case Key.z:
        tape = reader.code();
        break;
      case Key.t:
        reader.time();
        seconds = reader.seconds;
        nanos = reader.nanos;
        break;
      default:
        reader.skip();
    }
  }
  required(symbol, seconds, limitUpPrice + limitDownPrice);
  return new Luld(symbol, seconds, nanos, limitUpPrice, limitDownPrice, indicator, tape);
}

function readImbalance(reader: WireReader): Imbalance {
  let symbol = "";
  let seconds = MISSING;
  let nanos = 0;
  let price = MISSING;
  let tape = "";
  for (let key = reader.nextKey(); key !== NO_KEY; key = reader.nextKey()) {
    switch (key) {
      case Key.S:
        symbol = reader.symbol();
        break;
      case Key.p:
        price = reader.number();
        break;
      case Key.z:
        tape = reader.code();
        break;
      case Key.t:
        reader.time();
        seconds = reader.seconds;
        nanos = reader.nanos;
        break;
      default:
        reader.skip();
    }
  }
  required(symbol, seconds, price);
  return new Imbalance(symbol, seconds, nanos, price, tape);
}

function readTradeCorrection(reader: WireReader): TradeCorrection {
  let symbol = "";
  let seconds = MISSING;
  let nanos = 0;
  let exchange = "";
  let originalId: Id = 0;
  let originalPrice = MISSING;
  let originalSize = 0;
  let originalConditions = NO_CONDITIONS;
  let correctedId: Id = 0;
  let correctedPrice = MISSING;
  let correctedSize = 0;
  let correctedConditions = NO_CONDITIONS;
  let tape = "";
  for (let key = reader.nextKey(); key !== NO_KEY; key = reader.nextKey()) {
    switch (key) {
      case Key.S:
        symbol = reader.symbol();
        break;
      case Key.x:
        exchange = reader.code();
        break;
      case Key.oi:
        originalId = reader.id();
        break;
      case Key.op:
        originalPrice = reader.number();
        break;
      case Key.os:
        originalSize = orZero(reader.count());
        break;
      case Key.oc:
        originalConditions = reader.conditions();
        break;
      case Key.ci:
        correctedId = reader.id();
        break;
      case Key.cp:
        correctedPrice = reader.number();
        break;
      case Key.cs:
        correctedSize = orZero(reader.count());
        break;
      case Key.cc:
        correctedConditions = reader.conditions();
        break;
      case Key.z:
        tape = reader.code();
        break;
      case Key.t:
        reader.time();
        seconds = reader.seconds;
        nanos = reader.nanos;
        break;
      default:
        reader.skip();
    }
  }
  required(symbol, seconds, originalPrice + correctedPrice);
  return new TradeCorrection(
    symbol,
    seconds,
    nanos,
    exchange,
    originalId,
    originalPrice,
    originalSize,
    originalConditions,
    correctedId,
    correctedPrice,
    correctedSize,
    correctedConditions,
    tape,
  );
}

function readTradeCancel(reader: WireReader): TradeCancel {
  let symbol = "";
  let seconds = MISSING;
  let nanos = 0;
  let id: Id = 0;
  let exchange = "";
  let price = MISSING;
  let size = 0;
  let action = "";
  let tape = "";
  for (let key = reader.nextKey(); key !== NO_KEY; key = reader.nextKey()) {
    switch (key) {
      case Key.S:
        symbol = reader.symbol();
        break;
      case Key.i:
        id = reader.id();
        break;
      case Key.x:
        exchange = reader.code();
        break;
      case Key.p:
        price = reader.number();
        break;
      case Key.s:
        size = orZero(reader.count());
        break;
      case Key.a:
        action = reader.code();
        break;
      case Key.z:
        tape = reader.code();
        break;
      case Key.t:
        reader.time();
        seconds = reader.seconds;
        nanos = reader.nanos;
        break;
      default:
        reader.skip();
    }
  }
  required(symbol, seconds, price);
  return new TradeCancel(symbol, seconds, nanos, id, exchange, price, size, action, tape);
}
