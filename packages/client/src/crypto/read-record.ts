// Generated from packages/client/schema/crypto.ts: change that, then run `npm run generate`.

import { NO_KEY } from "../wire/keys.ts";
import type { Id } from "../wire/market-record.ts";
import { NO_LEVELS, readLevels } from "../wire/price-levels.ts";
import { checkRequired, MISSING, orUndefined, orZero, readFlag } from "../wire/record-values.ts";
import { badMessage, type WireReader } from "../wire/wire-reader.ts";
import {
  type AnyRecord,
  CryptoBar,
  type CryptoBarChannel,
  CryptoOrderBook,
  CryptoQuote,
  CryptoTrade,
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
      return readCryptoTrade(reader, outerSymbol);
    case 0x71: // q
      return readCryptoQuote(reader, outerSymbol);
    case 0x62: // b
      return readCryptoBar(reader, outerSymbol, "bars");
    case 0x75: // u
      return readCryptoBar(reader, outerSymbol, "updatedBars");
    case 0x64: // d
      return readCryptoBar(reader, outerSymbol, "dailyBars");
    case 0x6f: // o
      return readCryptoOrderBook(reader, outerSymbol);
    default:
      throw badMessage("a type of crypto record", String.fromCharCode(type));
  }
}

function readCryptoTrade(reader: WireReader, outerSymbol: string): CryptoTrade {
  let symbol = outerSymbol;
  let seconds = MISSING;
  let nanos = 0;
  let price = MISSING;
  let size = 0;
  let id: Id = 0;
  let takerSide = "";
  for (let key = reader.nextKey(); key !== NO_KEY; key = reader.nextKey()) {
    switch (key) {
      case 0x53: // S
        symbol = reader.symbol();
        break;
      case 0x70: // p
        price = reader.number();
        break;
      case 0x73: // s
        size = orZero(reader.count());
        break;
      case 0x74: // t
        reader.time();
        seconds = reader.seconds;
        nanos = reader.nanos;
        break;
      case 0x69: // i
        id = reader.id();
        break;
      case 0x736b74: // tks
        takerSide = reader.code();
        break;
      default:
        reader.skip();
    }
  }
  checkRequired(symbol, seconds, price);
  return new CryptoTrade(symbol, seconds, nanos, price, size, id, takerSide);
}

function readCryptoQuote(reader: WireReader, outerSymbol: string): CryptoQuote {
  let symbol = outerSymbol;
  let seconds = MISSING;
  let nanos = 0;
  let bidPrice = 0;
  let bidSize = 0;
  let askPrice = 0;
  let askSize = 0;
  for (let key = reader.nextKey(); key !== NO_KEY; key = reader.nextKey()) {
    switch (key) {
      case 0x53: // S
        symbol = reader.symbol();
        break;
      case 0x7062: // bp
        bidPrice = orZero(reader.number());
        break;
      case 0x7362: // bs
        bidSize = orZero(reader.count());
        break;
      case 0x7061: // ap
        askPrice = orZero(reader.number());
        break;
      case 0x7361: // as
        askSize = orZero(reader.count());
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
  checkRequired(symbol, seconds, 0);
  return new CryptoQuote(symbol, seconds, nanos, bidPrice, bidSize, askPrice, askSize);
}

function readCryptoBar(reader: WireReader, outerSymbol: string, channel: CryptoBarChannel): CryptoBar {
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
      case 0x74: // t
        reader.time();
        seconds = reader.seconds;
        nanos = reader.nanos;
        break;
      case 0x6e: // n
        tradeCount = orUndefined(reader.count());
        break;
      case 0x7776: // vw
        vwap = orUndefined(reader.number());
        break;
      default:
        reader.skip();
    }
  }
  checkRequired(symbol, seconds, open + high + low + close);
  return new CryptoBar(channel, symbol, seconds, nanos, open, high, low, close, volume, tradeCount, vwap);
}

function readCryptoOrderBook(reader: WireReader, outerSymbol: string): CryptoOrderBook {
  let symbol = outerSymbol;
  let seconds = MISSING;
  let nanos = 0;
  let bids = NO_LEVELS;
  let asks = NO_LEVELS;
  let isSnapshot = false;
  for (let key = reader.nextKey(); key !== NO_KEY; key = reader.nextKey()) {
    switch (key) {
      case 0x53: // S
        symbol = reader.symbol();
        break;
      case 0x74: // t
        reader.time();
        seconds = reader.seconds;
        nanos = reader.nanos;
        break;
      case 0x62: // b
        bids = readLevels(reader);
        break;
      case 0x61: // a
        asks = readLevels(reader);
        break;
      case 0x72: // r
        isSnapshot = readFlag(reader);
        break;
      default:
        reader.skip();
    }
  }
  checkRequired(symbol, seconds, 0);
  return new CryptoOrderBook(symbol, seconds, nanos, bids, asks, isSnapshot);
}
