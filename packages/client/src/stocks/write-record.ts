import { fromNanoseconds } from "../wire/timestamp.ts";
import type { WireWriter } from "../wire/wire-writer.ts";
import * as Key from "./keys.ts";
import * as RecordType from "./record-types.ts";
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
 * Writes a record: `T` first, as official clients need it, then `S`, then the order of Alpaca's
 * documentation. `read-record.ts` is its mirror.
 *
 * @throws TypeError for a record without a channel that is known.
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
      // A raw record, for example: written as nothing, it would corrupt the frame around it.
      throw new TypeError(`a record needs a channel, got ${String((record as AnyRecord).channel)}`);
  }
}

function writeReceived(writer: WireWriter, received: bigint | undefined): void {
  if (received === undefined) return;
  const { seconds, nanos } = fromNanoseconds(received);
  writer.time(Key.r, seconds, nanos);
}

function writeTrade(writer: WireWriter, trade: Trade): void {
  writer.beginRecord(RecordType.trade, trade.receivedNs === undefined ? 9 : 10);
  writer.text(Key.S, trade.symbol);
  writer.count(Key.i, trade.id);
  writer.text(Key.x, trade.exchange);
  writer.price(Key.p, trade.price);
  writer.count(Key.s, trade.size);
  writer.conditions(Key.c, trade.conditions);
  writer.time(Key.t, trade.seconds, trade.nanos);
  writer.text(Key.z, trade.tape);
  writeReceived(writer, trade.receivedNs);
  writer.endRecord();
}

function writeQuote(writer: WireWriter, quote: Quote): void {
  writer.beginRecord(RecordType.quote, quote.receivedNs === undefined ? 11 : 12);
  writer.text(Key.S, quote.symbol);
  writer.text(Key.bx, quote.bidExchange);
  writer.price(Key.bp, quote.bidPrice);
  writer.count(Key.bs, quote.bidSize);
  writer.text(Key.ax, quote.askExchange);
  writer.price(Key.ap, quote.askPrice);
  writer.count(Key.as, quote.askSize);
  writer.conditions(Key.c, quote.conditions);
  writer.time(Key.t, quote.seconds, quote.nanos);
  writer.text(Key.z, quote.tape);
  writeReceived(writer, quote.receivedNs);
  writer.endRecord();
}

const BAR_TYPES = {
  bars: RecordType.bar,
  updatedBars: RecordType.updatedBar,
  dailyBars: RecordType.dailyBar,
} as const;

function writeBar(writer: WireWriter, bar: Bar): void {
  const tradeCount = bar.tradeCount ?? undefined; // null, where the types of TypeScript were not heeded
  const vwap = bar.vwap ?? undefined;
  writer.beginRecord(BAR_TYPES[bar.channel], 8 + (tradeCount === undefined ? 0 : 1) + (vwap === undefined ? 0 : 1));
  writer.text(Key.S, bar.symbol);
  writer.price(Key.o, bar.open);
  writer.price(Key.h, bar.high);
  writer.price(Key.l, bar.low);
  writer.price(Key.c, bar.close);
  writer.count(Key.v, bar.volume);
  if (tradeCount !== undefined) writer.count(Key.n, tradeCount);
  if (vwap !== undefined) writer.price(Key.vw, vwap);
  writer.time(Key.t, bar.seconds, bar.nanos);
  writer.endRecord();
}

function writeTradingStatus(writer: WireWriter, status: TradingStatus): void {
  writer.beginRecord(RecordType.tradingStatus, 8);
  writer.text(Key.S, status.symbol);
  writer.text(Key.sc, status.statusCode);
  writer.text(Key.sm, status.statusMessage);
  writer.text(Key.rc, status.reasonCode);
  writer.text(Key.rm, status.reasonMessage);
  writer.time(Key.t, status.seconds, status.nanos);
  writer.text(Key.z, status.tape);
  writer.endRecord();
}

function writeLuld(writer: WireWriter, luld: Luld): void {
  writer.beginRecord(RecordType.luld, 7);
  writer.text(Key.S, luld.symbol);
  writer.price(Key.u, luld.limitUpPrice);
  writer.price(Key.d, luld.limitDownPrice);
  writer.text(Key.i, luld.indicator);
  writer.time(Key.t, luld.seconds, luld.nanos);
  writer.text(Key.z, luld.tape);
  writer.endRecord();
}

function writeImbalance(writer: WireWriter, imbalance: Imbalance): void {
  writer.beginRecord(RecordType.imbalance, 5);
  writer.text(Key.S, imbalance.symbol);
  writer.price(Key.p, imbalance.price);
  writer.time(Key.t, imbalance.seconds, imbalance.nanos);
  writer.text(Key.z, imbalance.tape);
  writer.endRecord();
}

function writeTradeCorrection(writer: WireWriter, correction: TradeCorrection): void {
  writer.beginRecord(RecordType.tradeCorrection, 13);
  writer.text(Key.S, correction.symbol);
  writer.text(Key.x, correction.exchange);
  writer.count(Key.oi, correction.originalId);
  writer.price(Key.op, correction.originalPrice);
  writer.count(Key.os, correction.originalSize);
  writer.conditions(Key.oc, correction.originalConditions);
  writer.count(Key.ci, correction.correctedId);
  writer.price(Key.cp, correction.correctedPrice);
  writer.count(Key.cs, correction.correctedSize);
  writer.conditions(Key.cc, correction.correctedConditions);
  writer.time(Key.t, correction.seconds, correction.nanos);
  writer.text(Key.z, correction.tape);
  writer.endRecord();
}

function writeTradeCancel(writer: WireWriter, cancel: TradeCancel): void {
  writer.beginRecord(RecordType.tradeCancel, 9);
  writer.text(Key.S, cancel.symbol);
  writer.count(Key.i, cancel.id);
  writer.text(Key.x, cancel.exchange);
  writer.price(Key.p, cancel.price);
  writer.count(Key.s, cancel.size);
  writer.text(Key.a, cancel.action);
  writer.time(Key.t, cancel.seconds, cancel.nanos);
  writer.text(Key.z, cancel.tape);
  writer.endRecord();
}
