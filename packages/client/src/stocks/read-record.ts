// Generated from packages/client/schema/stocks.ts: change that, then run `npm run generate`.

import { NO_CONDITIONS } from "../wire/interning.ts";
import { NO_KEY } from "../wire/keys.ts";
import type { Id } from "../wire/market-record.ts";
import { checkRequired, MISSING, orUndefined, orZero, readNanoseconds } from "../wire/record-values.ts";
import { badMessage, type WireReader } from "../wire/wire-reader.ts";
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
 * Reads a record of a known type whose map has just been entered: keys in any order, unknown keys
 * skipped.
 *
 * A record without its symbol, its time or a price is rejected, because acting on a wrong one costs
 * money. Fields with a default are 0, "" or an empty array if they are missing, others undefined. A key
 * without a value, such as null, counts as missing. `outerSymbol` is the symbol of a record that has
 * no key for it, such as one in a page of history.
 *
 * @throws StreamError `bad_message`.
 */
export function readRecord(reader: WireReader, type: number, outerSymbol = ""): AnyRecord {
  switch (type) {
    case 0x74: // t
      return readTrade(reader, outerSymbol);
    case 0x71: // q
      return readQuote(reader, outerSymbol);
    case 0x62: // b
      return readBar(reader, outerSymbol, "bars");
    case 0x75: // u
      return readBar(reader, outerSymbol, "updatedBars");
    case 0x64: // d
      return readBar(reader, outerSymbol, "dailyBars");
    case 0x73: // s
      return readTradingStatus(reader, outerSymbol);
    case 0x6c: // l
      return readLuld(reader, outerSymbol);
    case 0x69: // i
      return readImbalance(reader, outerSymbol);
    case 0x63: // c
      return readTradeCorrection(reader, outerSymbol);
    case 0x78: // x
      return readTradeCancel(reader, outerSymbol);
    default:
      throw badMessage("a type of stock record", String.fromCharCode(type));
  }
}

function readTrade(reader: WireReader, outerSymbol: string): Trade {
  let symbol = outerSymbol;
  let seconds = MISSING;
  let nanos = 0;
  let id: Id = 0;
  let exchange = "";
  let price = MISSING;
  let size = 0;
  let conditions = NO_CONDITIONS;
  let tape = "";
  let receivedNs: bigint | undefined;
  for (let key = reader.nextKey(); key !== NO_KEY; key = reader.nextKey()) {
    switch (key) {
      case 0x53: // S
        symbol = reader.symbol();
        break;
      case 0x69: // i
        id = reader.id();
        break;
      case 0x78: // x
        exchange = reader.code();
        break;
      case 0x70: // p
        price = reader.number();
        break;
      case 0x73: // s
        size = orZero(reader.count());
        break;
      case 0x63: // c
        conditions = reader.conditions();
        break;
      case 0x74: // t
        reader.time();
        seconds = reader.seconds;
        nanos = reader.nanos;
        break;
      case 0x7a: // z
        tape = reader.code();
        break;
      case 0x72: // r
        receivedNs = readNanoseconds(reader);
        break;
      default:
        reader.skip();
    }
  }
  checkRequired(symbol, seconds, price);
  return new Trade(symbol, seconds, nanos, id, exchange, price, size, conditions, tape, receivedNs);
}

function readQuote(reader: WireReader, outerSymbol: string): Quote {
  let symbol = outerSymbol;
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
  let receivedNs: bigint | undefined;
  for (let key = reader.nextKey(); key !== NO_KEY; key = reader.nextKey()) {
    switch (key) {
      case 0x53: // S
        symbol = reader.symbol();
        break;
      case 0x7862: // bx
        bidExchange = reader.code();
        break;
      case 0x7062: // bp
        bidPrice = orZero(reader.number());
        break;
      case 0x7362: // bs
        bidSize = orZero(reader.count());
        break;
      case 0x7861: // ax
        askExchange = reader.code();
        break;
      case 0x7061: // ap
        askPrice = orZero(reader.number());
        break;
      case 0x7361: // as
        askSize = orZero(reader.count());
        break;
      case 0x63: // c
        conditions = reader.conditions();
        break;
      case 0x74: // t
        reader.time();
        seconds = reader.seconds;
        nanos = reader.nanos;
        break;
      case 0x7a: // z
        tape = reader.code();
        break;
      case 0x72: // r
        receivedNs = readNanoseconds(reader);
        break;
      default:
        reader.skip();
    }
  }
  checkRequired(symbol, seconds, 0);
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
    receivedNs,
  );
}

function readBar(reader: WireReader, outerSymbol: string, channel: BarChannel): Bar {
  let symbol = outerSymbol;
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
      case 0x53: // S
        symbol = reader.symbol();
        break;
      case 0x6f: // o
        open = reader.number();
        break;
      case 0x68: // h
        high = reader.number();
        break;
      case 0x6c: // l
        low = reader.number();
        break;
      case 0x63: // c
        close = reader.number();
        break;
      case 0x76: // v
        volume = orZero(reader.count());
        break;
      case 0x6e: // n
        tradeCount = orUndefined(reader.count());
        break;
      case 0x7776: // vw
        vwap = orUndefined(reader.number());
        break;
      case 0x74: // t
        reader.time();
        seconds = reader.seconds;
        nanos = reader.nanos;
        break;
      default:
        reader.skip();
    }
  }
  checkRequired(symbol, seconds, open + high + low + close);
  return new Bar(channel, symbol, seconds, nanos, open, high, low, close, volume, tradeCount, vwap);
}

function readTradingStatus(reader: WireReader, outerSymbol: string): TradingStatus {
  let symbol = outerSymbol;
  let seconds = MISSING;
  let nanos = 0;
  let statusCode = "";
  let statusMessage = "";
  let reasonCode = "";
  let reasonMessage = "";
  let tape = "";
  for (let key = reader.nextKey(); key !== NO_KEY; key = reader.nextKey()) {
    switch (key) {
      case 0x53: // S
        symbol = reader.symbol();
        break;
      case 0x6373: // sc
        statusCode = reader.code();
        break;
      case 0x6d73: // sm
        statusMessage = reader.text();
        break;
      case 0x6372: // rc
        reasonCode = reader.code();
        break;
      case 0x6d72: // rm
        reasonMessage = reader.text();
        break;
      case 0x74: // t
        reader.time();
        seconds = reader.seconds;
        nanos = reader.nanos;
        break;
      case 0x7a: // z
        tape = reader.code();
        break;
      default:
        reader.skip();
    }
  }
  checkRequired(symbol, seconds, 0);
  return new TradingStatus(symbol, seconds, nanos, statusCode, statusMessage, reasonCode, reasonMessage, tape);
}

function readLuld(reader: WireReader, outerSymbol: string): Luld {
  let symbol = outerSymbol;
  let seconds = MISSING;
  let nanos = 0;
  let limitUpPrice = MISSING;
  let limitDownPrice = MISSING;
  let indicator = "";
  let tape = "";
  for (let key = reader.nextKey(); key !== NO_KEY; key = reader.nextKey()) {
    switch (key) {
      case 0x53: // S
        symbol = reader.symbol();
        break;
      case 0x75: // u
        limitUpPrice = reader.number();
        break;
      case 0x64: // d
        limitDownPrice = reader.number();
        break;
      case 0x69: // i
        indicator = reader.code();
        break;
      case 0x74: // t
        reader.time();
        seconds = reader.seconds;
        nanos = reader.nanos;
        break;
      case 0x7a: // z
        tape = reader.code();
        break;
      default:
        reader.skip();
    }
  }
  checkRequired(symbol, seconds, limitUpPrice + limitDownPrice);
  return new Luld(symbol, seconds, nanos, limitUpPrice, limitDownPrice, indicator, tape);
}

function readImbalance(reader: WireReader, outerSymbol: string): Imbalance {
  let symbol = outerSymbol;
  let seconds = MISSING;
  let nanos = 0;
  let price = MISSING;
  let tape = "";
  for (let key = reader.nextKey(); key !== NO_KEY; key = reader.nextKey()) {
    switch (key) {
      case 0x53: // S
        symbol = reader.symbol();
        break;
      case 0x70: // p
        price = reader.number();
        break;
      case 0x74: // t
        reader.time();
        seconds = reader.seconds;
        nanos = reader.nanos;
        break;
      case 0x7a: // z
        tape = reader.code();
        break;
      default:
        reader.skip();
    }
  }
  checkRequired(symbol, seconds, price);
  return new Imbalance(symbol, seconds, nanos, price, tape);
}

function readTradeCorrection(reader: WireReader, outerSymbol: string): TradeCorrection {
  let symbol = outerSymbol;
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
      case 0x53: // S
        symbol = reader.symbol();
        break;
      case 0x78: // x
        exchange = reader.code();
        break;
      case 0x696f: // oi
        originalId = reader.id();
        break;
      case 0x706f: // op
        originalPrice = reader.number();
        break;
      case 0x736f: // os
        originalSize = orZero(reader.count());
        break;
      case 0x636f: // oc
        originalConditions = reader.conditions();
        break;
      case 0x6963: // ci
        correctedId = reader.id();
        break;
      case 0x7063: // cp
        correctedPrice = reader.number();
        break;
      case 0x7363: // cs
        correctedSize = orZero(reader.count());
        break;
      case 0x6363: // cc
        correctedConditions = reader.conditions();
        break;
      case 0x74: // t
        reader.time();
        seconds = reader.seconds;
        nanos = reader.nanos;
        break;
      case 0x7a: // z
        tape = reader.code();
        break;
      default:
        reader.skip();
    }
  }
  checkRequired(symbol, seconds, originalPrice + correctedPrice);
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

function readTradeCancel(reader: WireReader, outerSymbol: string): TradeCancel {
  let symbol = outerSymbol;
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
      case 0x53: // S
        symbol = reader.symbol();
        break;
      case 0x69: // i
        id = reader.id();
        break;
      case 0x78: // x
        exchange = reader.code();
        break;
      case 0x70: // p
        price = reader.number();
        break;
      case 0x73: // s
        size = orZero(reader.count());
        break;
      case 0x61: // a
        action = reader.code();
        break;
      case 0x74: // t
        reader.time();
        seconds = reader.seconds;
        nanos = reader.nanos;
        break;
      case 0x7a: // z
        tape = reader.code();
        break;
      default:
        reader.skip();
    }
  }
  checkRequired(symbol, seconds, price);
  return new TradeCancel(symbol, seconds, nanos, id, exchange, price, size, action, tape);
}
