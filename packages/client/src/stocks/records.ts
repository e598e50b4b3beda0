// Generated from packages/client/schema/stocks.ts: change that, then run `npm run generate`.

import { type Id, MarketRecord } from "../wire/market-record.ts";
import type { Channel } from "./channels.ts";

/** A trade report. Wire type `t`, channel `trades`. */
export class Trade extends MarketRecord {
  /** The exchange's id of the trade: unique per symbol, exchange and day; 0 if none was sent. */
  readonly id: Id;
  /** The exchange's one-letter code; `D` is the trade reporting facilities. */
  readonly exchange: string;
  /** US dollars per share. */
  readonly price: number;
  /** Shares. */
  readonly size: number;
  /** Sale conditions of the tape, such as `["@", "I"]`; a space is one. Frozen and shared. */
  readonly conditions: readonly string[];
  /** The consolidated tape: A, B, C, N (overnight) or O (OTC). */
  readonly tape: string;
  /** When Alpaca received it, in nanoseconds since the Unix epoch. Undocumented and seldom sent. */
  readonly receivedNs: bigint | undefined;

  constructor(
    symbol: string,
    seconds: number,
    nanos: number,
    id: Id,
    exchange: string,
    price: number,
    size: number,
    conditions: readonly string[],
    tape: string,
    receivedNs?: bigint,
  ) {
    super(symbol, seconds, nanos);
    this.id = id;
    this.exchange = exchange;
    this.price = price;
    this.size = size;
    this.conditions = conditions;
    this.tape = tape;
    this.receivedNs = receivedNs;
  }

  get channel(): "trades" {
    return "trades";
  }
}

/** A best bid and offer. A price of 0 means that the side has no active order. Wire type `q`, channel `quotes`. */
export class Quote extends MarketRecord {
  /** The exchange of the bid, one letter; a space if there is no bid. */
  readonly bidExchange: string;
  /** US dollars per share; 0 without an active bid. */
  readonly bidPrice: number;
  /** Shares since 2025-11-03, round lots before. */
  readonly bidSize: number;
  /** The exchange of the offer, one letter; a space if there is no offer. */
  readonly askExchange: string;
  /** US dollars per share; 0 without an active offer. */
  readonly askPrice: number;
  /** Shares since 2025-11-03, round lots before. */
  readonly askSize: number;
  /** Quote conditions: one for both sides, or the bid's and the offer's. Frozen and shared. */
  readonly conditions: readonly string[];
  /** The consolidated tape: A, B, C, N (overnight) or O (OTC). */
  readonly tape: string;
  /** When Alpaca received it, in nanoseconds since the Unix epoch. Undocumented and seldom sent. */
  readonly receivedNs: bigint | undefined;

  constructor(
    symbol: string,
    seconds: number,
    nanos: number,
    bidExchange: string,
    bidPrice: number,
    bidSize: number,
    askExchange: string,
    askPrice: number,
    askSize: number,
    conditions: readonly string[],
    tape: string,
    receivedNs?: bigint,
  ) {
    super(symbol, seconds, nanos);
    this.bidExchange = bidExchange;
    this.bidPrice = bidPrice;
    this.bidSize = bidSize;
    this.askExchange = askExchange;
    this.askPrice = askPrice;
    this.askSize = askSize;
    this.conditions = conditions;
    this.tape = tape;
    this.receivedNs = receivedNs;
  }

  get channel(): "quotes" {
    return "quotes";
  }
}

/** The channels of {@link Bar}. */
export type BarChannel = "bars" | "updatedBars" | "dailyBars";

/**
 * A minute, updated or daily bar. The time is the bar's left edge. Wire types `b`, `u`, `d`, channels `bars`,
 * `updatedBars`, `dailyBars`.
 */
export class Bar extends MarketRecord {
  /** The channel that the record came by. */
  readonly channel: BarChannel;
  /** US dollars per share. */
  readonly open: number;
  /** US dollars per share. */
  readonly high: number;
  /** US dollars per share. */
  readonly low: number;
  /** US dollars per share. */
  readonly close: number;
  /** Shares. */
  readonly volume: number;
  /** Trades in the bar; undefined if the server sent none, as in older data. */
  readonly tradeCount: number | undefined;
  /** Volume weighted average price in US dollars; undefined if the server sent none. */
  readonly vwap: number | undefined;

  constructor(
    channel: BarChannel,
    symbol: string,
    seconds: number,
    nanos: number,
    open: number,
    high: number,
    low: number,
    close: number,
    volume: number,
    tradeCount?: number,
    vwap?: number,
  ) {
    super(symbol, seconds, nanos);
    this.channel = channel;
    this.open = open;
    this.high = high;
    this.low = low;
    this.close = close;
    this.volume = volume;
    this.tradeCount = tradeCount;
    this.vwap = vwap;
  }
}

/** A halt, a resumption or another change of a symbol's trading. Wire type `s`, channel `statuses`. */
export class TradingStatus extends MarketRecord {
  /** CTA code on tapes A and B, UTP code (H, Q, T, P) on C and O. */
  readonly statusCode: string;
  /** The status in words. */
  readonly statusMessage: string;
  /** The reason's code, such as `T12`; may be empty. */
  readonly reasonCode: string;
  /** The reason in words; may be empty. */
  readonly reasonMessage: string;
  /** The consolidated tape: A, B, C, N (overnight) or O (OTC). */
  readonly tape: string;

  constructor(
    symbol: string,
    seconds: number,
    nanos: number,
    statusCode: string,
    statusMessage: string,
    reasonCode: string,
    reasonMessage: string,
    tape: string,
  ) {
    super(symbol, seconds, nanos);
    this.statusCode = statusCode;
    this.statusMessage = statusMessage;
    this.reasonCode = reasonCode;
    this.reasonMessage = reasonMessage;
    this.tape = tape;
  }

  get channel(): "statuses" {
    return "statuses";
  }
}

/** Limit up, limit down price bands. Wire type `l`, channel `lulds`. */
export class Luld extends MarketRecord {
  /** Upper band, US dollars per share. */
  readonly limitUpPrice: number;
  /** Lower band, US dollars per share. */
  readonly limitDownPrice: number;
  /** The LULD indicator of the SIP, one letter. */
  readonly indicator: string;
  /** The consolidated tape: A, B, C, N (overnight) or O (OTC). */
  readonly tape: string;

  constructor(
    symbol: string,
    seconds: number,
    nanos: number,
    limitUpPrice: number,
    limitDownPrice: number,
    indicator: string,
    tape: string,
  ) {
    super(symbol, seconds, nanos);
    this.limitUpPrice = limitUpPrice;
    this.limitDownPrice = limitDownPrice;
    this.indicator = indicator;
    this.tape = tape;
  }

  get channel(): "lulds" {
    return "lulds";
  }
}

/** An order imbalance, seen mainly in LULD halts. Wire type `i`, channel `imbalances`. */
export class Imbalance extends MarketRecord {
  /** US dollars per share. */
  readonly price: number;
  /** The consolidated tape: A, B, C, N (overnight) or O (OTC). */
  readonly tape: string;

  constructor(symbol: string, seconds: number, nanos: number, price: number, tape: string) {
    super(symbol, seconds, nanos);
    this.price = price;
    this.tape = tape;
  }

  get channel(): "imbalances" {
    return "imbalances";
  }
}

/** An earlier trade and its corrected values. Wire type `c`, channel `corrections`. */
export class TradeCorrection extends MarketRecord {
  /** The exchange's one-letter code; `D` is the trade reporting facilities. */
  readonly exchange: string;
  /** Id of the trade as it was reported. */
  readonly originalId: Id;
  /** Price as reported, US dollars per share. */
  readonly originalPrice: number;
  /** Size as reported, in shares. */
  readonly originalSize: number;
  /** Sale conditions as reported. Frozen and shared. */
  readonly originalConditions: readonly string[];
  /** Id of the corrected trade. */
  readonly correctedId: Id;
  /** Corrected price, US dollars per share. */
  readonly correctedPrice: number;
  /** Corrected size in shares. */
  readonly correctedSize: number;
  /** Corrected sale conditions. Frozen and shared. */
  readonly correctedConditions: readonly string[];
  /** The consolidated tape: A, B, C, N (overnight) or O (OTC). */
  readonly tape: string;

  constructor(
    symbol: string,
    seconds: number,
    nanos: number,
    exchange: string,
    originalId: Id,
    originalPrice: number,
    originalSize: number,
    originalConditions: readonly string[],
    correctedId: Id,
    correctedPrice: number,
    correctedSize: number,
    correctedConditions: readonly string[],
    tape: string,
  ) {
    super(symbol, seconds, nanos);
    this.exchange = exchange;
    this.originalId = originalId;
    this.originalPrice = originalPrice;
    this.originalSize = originalSize;
    this.originalConditions = originalConditions;
    this.correctedId = correctedId;
    this.correctedPrice = correctedPrice;
    this.correctedSize = correctedSize;
    this.correctedConditions = correctedConditions;
    this.tape = tape;
  }

  get channel(): "corrections" {
    return "corrections";
  }
}

/** An earlier trade that is cancelled. Wire type `x`, channel `cancelErrors`. */
export class TradeCancel extends MarketRecord {
  /** Id of the trade as it was reported. */
  readonly id: Id;
  /** The exchange's one-letter code; `D` is the trade reporting facilities. */
  readonly exchange: string;
  /** Price of the cancelled trade, US dollars per share. */
  readonly price: number;
  /** Size of the cancelled trade in shares. */
  readonly size: number;
  /** `C` cancelled, `E` reported in error. */
  readonly action: string;
  /** The consolidated tape: A, B, C, N (overnight) or O (OTC). */
  readonly tape: string;

  constructor(
    symbol: string,
    seconds: number,
    nanos: number,
    id: Id,
    exchange: string,
    price: number,
    size: number,
    action: string,
    tape: string,
  ) {
    super(symbol, seconds, nanos);
    this.id = id;
    this.exchange = exchange;
    this.price = price;
    this.size = size;
    this.action = action;
    this.tape = tape;
  }

  get channel(): "cancelErrors" {
    return "cancelErrors";
  }
}

/** The record that each channel carries. */
export interface RecordByChannel {
  trades: Trade;
  quotes: Quote;
  bars: Bar;
  updatedBars: Bar;
  dailyBars: Bar;
  statuses: TradingStatus;
  lulds: Luld;
  imbalances: Imbalance;
  corrections: TradeCorrection;
  cancelErrors: TradeCancel;
}

/** Any record of the stock stream; `channel` is the discriminant. */
export type AnyRecord = RecordByChannel[Channel];
