// Generated from packages/client/schema/stocks.ts: change that, then run `npm run generate`.

import { writeNanoseconds } from "../wire/record-values.ts";
import type { WireWriter } from "../wire/wire-writer.ts";
import type {
  AnyRecord,
  Bar,
  Imbalance,
  Luld,
  Quote,
  Trade,
  TradeCancel,
  TradeCorrection,
  TradingStatus,
} from "./records.ts";

/**
 * Writes a record: `T` first, as official clients need it, then `S`, then the order of the
 * documentation.
 *
 * @throws TypeError for a record without a known channel.
 */
export function writeRecord(writer: WireWriter, record: AnyRecord): void {
  switch (record.channel) {
    case "trades":
      return writeTrade(writer, record);
    case "quotes":
      return writeQuote(writer, record);
    case "bars":
    case "updatedBars":
    case "dailyBars":
      return writeBar(writer, record);
    case "statuses":
      return writeTradingStatus(writer, record);
    case "lulds":
      return writeLuld(writer, record);
    case "imbalances":
      return writeImbalance(writer, record);
    case "corrections":
      return writeTradeCorrection(writer, record);
    case "cancelErrors":
      return writeTradeCancel(writer, record);
    default:
      // Such as a raw record: written as nothing, it would corrupt the frame around it.
      throw new TypeError(`a record needs a channel, got ${String((record as AnyRecord).channel)}`);
  }
}

function writeTrade(writer: WireWriter, trade: Trade): void {
  writer.beginRecord(0x74, 9 + (trade.receivedNs != null ? 1 : 0));
  writer.text(0x53, trade.symbol); // S
  writer.count(0x69, trade.id); // i
  writer.text(0x78, trade.exchange); // x
  writer.price(0x70, trade.price); // p
  writer.count(0x73, trade.size); // s
  writer.conditions(0x63, trade.conditions); // c
  writer.time(0x74, trade.seconds, trade.nanos); // t
  writer.text(0x7a, trade.tape); // z
  if (trade.receivedNs != null) writeNanoseconds(writer, 0x72, trade.receivedNs); // r
  writer.endRecord();
}

function writeQuote(writer: WireWriter, quote: Quote): void {
  writer.beginRecord(0x71, 11 + (quote.receivedNs != null ? 1 : 0));
  writer.text(0x53, quote.symbol); // S
  writer.text(0x7862, quote.bidExchange); // bx
  writer.price(0x7062, quote.bidPrice); // bp
  writer.count(0x7362, quote.bidSize); // bs
  writer.text(0x7861, quote.askExchange); // ax
  writer.price(0x7061, quote.askPrice); // ap
  writer.count(0x7361, quote.askSize); // as
  writer.conditions(0x63, quote.conditions); // c
  writer.time(0x74, quote.seconds, quote.nanos); // t
  writer.text(0x7a, quote.tape); // z
  if (quote.receivedNs != null) writeNanoseconds(writer, 0x72, quote.receivedNs); // r
  writer.endRecord();
}

const BAR_LETTERS = { bars: 0x62, updatedBars: 0x75, dailyBars: 0x64 } as const;

function writeBar(writer: WireWriter, bar: Bar): void {
  writer.beginRecord(BAR_LETTERS[bar.channel], 8 + (bar.tradeCount != null ? 1 : 0) + (bar.vwap != null ? 1 : 0));
  writer.text(0x53, bar.symbol); // S
  writer.price(0x6f, bar.open); // o
  writer.price(0x68, bar.high); // h
  writer.price(0x6c, bar.low); // l
  writer.price(0x63, bar.close); // c
  writer.count(0x76, bar.volume); // v
  if (bar.tradeCount != null) writer.count(0x6e, bar.tradeCount); // n
  if (bar.vwap != null) writer.price(0x7776, bar.vwap); // vw
  writer.time(0x74, bar.seconds, bar.nanos); // t
  writer.endRecord();
}

function writeTradingStatus(writer: WireWriter, tradingStatus: TradingStatus): void {
  writer.beginRecord(0x73, 8);
  writer.text(0x53, tradingStatus.symbol); // S
  writer.text(0x6373, tradingStatus.statusCode); // sc
  writer.text(0x6d73, tradingStatus.statusMessage); // sm
  writer.text(0x6372, tradingStatus.reasonCode); // rc
  writer.text(0x6d72, tradingStatus.reasonMessage); // rm
  writer.time(0x74, tradingStatus.seconds, tradingStatus.nanos); // t
  writer.text(0x7a, tradingStatus.tape); // z
  writer.endRecord();
}

function writeLuld(writer: WireWriter, luld: Luld): void {
  writer.beginRecord(0x6c, 7);
  writer.text(0x53, luld.symbol); // S
  writer.price(0x75, luld.limitUpPrice); // u
  writer.price(0x64, luld.limitDownPrice); // d
  writer.text(0x69, luld.indicator); // i
  writer.time(0x74, luld.seconds, luld.nanos); // t
  writer.text(0x7a, luld.tape); // z
  writer.endRecord();
}

function writeImbalance(writer: WireWriter, imbalance: Imbalance): void {
  writer.beginRecord(0x69, 5);
  writer.text(0x53, imbalance.symbol); // S
  writer.price(0x70, imbalance.price); // p
  writer.time(0x74, imbalance.seconds, imbalance.nanos); // t
  writer.text(0x7a, imbalance.tape); // z
  writer.endRecord();
}

function writeTradeCorrection(writer: WireWriter, tradeCorrection: TradeCorrection): void {
  writer.beginRecord(0x63, 13);
  writer.text(0x53, tradeCorrection.symbol); // S
  writer.text(0x78, tradeCorrection.exchange); // x
  writer.count(0x696f, tradeCorrection.originalId); // oi
  writer.price(0x706f, tradeCorrection.originalPrice); // op
  writer.count(0x736f, tradeCorrection.originalSize); // os
  writer.conditions(0x636f, tradeCorrection.originalConditions); // oc
  writer.count(0x6963, tradeCorrection.correctedId); // ci
  writer.price(0x7063, tradeCorrection.correctedPrice); // cp
  writer.count(0x7363, tradeCorrection.correctedSize); // cs
  writer.conditions(0x6363, tradeCorrection.correctedConditions); // cc
  writer.time(0x74, tradeCorrection.seconds, tradeCorrection.nanos); // t
  writer.text(0x7a, tradeCorrection.tape); // z
  writer.endRecord();
}

function writeTradeCancel(writer: WireWriter, tradeCancel: TradeCancel): void {
  writer.beginRecord(0x78, 9);
  writer.text(0x53, tradeCancel.symbol); // S
  writer.count(0x69, tradeCancel.id); // i
  writer.text(0x78, tradeCancel.exchange); // x
  writer.price(0x70, tradeCancel.price); // p
  writer.count(0x73, tradeCancel.size); // s
  writer.text(0x61, tradeCancel.action); // a
  writer.time(0x74, tradeCancel.seconds, tradeCancel.nanos); // t
  writer.text(0x7a, tradeCancel.tape); // z
  writer.endRecord();
}
