// Generated from packages/client/schema/crypto.ts: change that, then run `npm run generate`.

import { writeLevels } from "../wire/price-levels.ts";
import type { WireWriter } from "../wire/wire-writer.ts";
import type { AnyRecord, CryptoBar, CryptoOrderBook, CryptoQuote, CryptoTrade } from "./records.ts";

/**
 * Writes a record: `T` first, as official clients need it, then `S`, then the order of the
 * documentation.
 *
 * @throws TypeError for a record without a known channel.
 */
export function writeRecord(writer: WireWriter, record: AnyRecord): void {
  switch (record.channel) {
    case "trades":
      return writeCryptoTrade(writer, record);
    case "quotes":
      return writeCryptoQuote(writer, record);
    case "bars":
    case "updatedBars":
    case "dailyBars":
      return writeCryptoBar(writer, record);
    case "orderbooks":
      return writeCryptoOrderBook(writer, record);
    default:
      // Such as a raw record: written as nothing, it would corrupt the frame around it.
      throw new TypeError(`a record needs a channel, got ${String((record as AnyRecord).channel)}`);
  }
}

function writeCryptoTrade(writer: WireWriter, cryptoTrade: CryptoTrade): void {
  writer.beginRecord(0x74, 7);
  writer.text(0x53, cryptoTrade.symbol); // S
  writer.price(0x70, cryptoTrade.price); // p
  writer.price(0x73, cryptoTrade.size); // s
  writer.time(0x74, cryptoTrade.seconds, cryptoTrade.nanos); // t
  writer.count(0x69, cryptoTrade.id); // i
  writer.text(0x736b74, cryptoTrade.takerSide); // tks
  writer.endRecord();
}

function writeCryptoQuote(writer: WireWriter, cryptoQuote: CryptoQuote): void {
  writer.beginRecord(0x71, 7);
  writer.text(0x53, cryptoQuote.symbol); // S
  writer.price(0x7062, cryptoQuote.bidPrice); // bp
  writer.price(0x7362, cryptoQuote.bidSize); // bs
  writer.price(0x7061, cryptoQuote.askPrice); // ap
  writer.price(0x7361, cryptoQuote.askSize); // as
  writer.time(0x74, cryptoQuote.seconds, cryptoQuote.nanos); // t
  writer.endRecord();
}

const CRYPTO_BAR_LETTERS = { bars: 0x62, updatedBars: 0x75, dailyBars: 0x64 } as const;

function writeCryptoBar(writer: WireWriter, cryptoBar: CryptoBar): void {
  writer.beginRecord(
    CRYPTO_BAR_LETTERS[cryptoBar.channel],
    8 + (cryptoBar.tradeCount != null ? 1 : 0) + (cryptoBar.vwap != null ? 1 : 0),
  );
  writer.text(0x53, cryptoBar.symbol); // S
  writer.price(0x6f, cryptoBar.open); // o
  writer.price(0x68, cryptoBar.high); // h
  writer.price(0x6c, cryptoBar.low); // l
  writer.price(0x63, cryptoBar.close); // c
  writer.price(0x76, cryptoBar.volume); // v
  writer.time(0x74, cryptoBar.seconds, cryptoBar.nanos); // t
  if (cryptoBar.tradeCount != null) writer.count(0x6e, cryptoBar.tradeCount); // n
  if (cryptoBar.vwap != null) writer.price(0x7776, cryptoBar.vwap); // vw
  writer.endRecord();
}

function writeCryptoOrderBook(writer: WireWriter, cryptoOrderBook: CryptoOrderBook): void {
  writer.beginRecord(0x6f, 5 + (cryptoOrderBook.isSnapshot ? 1 : 0));
  writer.text(0x53, cryptoOrderBook.symbol); // S
  writer.time(0x74, cryptoOrderBook.seconds, cryptoOrderBook.nanos); // t
  writeLevels(writer, 0x62, cryptoOrderBook.bids); // b
  writeLevels(writer, 0x61, cryptoOrderBook.asks); // a
  if (cryptoOrderBook.isSnapshot) writer.data(0x72, true); // r
  writer.endRecord();
}
