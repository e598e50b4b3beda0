import { type Id, MarketRecord } from "../wire/market-record.ts";
import type { Channel } from "./channels.ts";

/** A trade report. Wire type `t`, channel `trades`. */
export class Trade extends MarketRecord {
  /** The exchange's id of the trade: unique per symbol, exchange and day; 0 where none was sent. */
  readonly id: Id;
  /** The exchange's one-letter code; `D` is the trade reporting facilities. */
  readonly exchange: string;
  /** US dollars a share. */
  readonly price: number;
  /** Shares. */
  readonly size: number;
  /** Sale conditions of the tape, such as `["@", "I"]`. Frozen and shared. */
  readonly conditions: readonly string[];
  /** The consolidated tape: A, B, C, N (overnight) or O (OTC). */
  readonly tape: string;
  /** When Alpaca received it, in nanoseconds since the epoch; undocumented and seldom sent. */
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

/** A best bid and offer. Wire type `q`, channel `quotes`. A price of 0 means: no active side. */
export class Quote extends MarketRecord {
  /** The exchange of the bid, one letter; a blank where there is none. */
  readonly bidExchange: string;
  /** US dollars a share; 0 without an active bid. */
  readonly bidPrice: number;
  /** Shares since 2025-11-03, round lots before (OpenAPI of the market data API, `stock_quote`). */
  readonly bidSize: number;
  /** The exchange of the offer, one letter; a blank where there is none. */
  readonly askExchange: string;
  /** US dollars a share; 0 without an active offer. */
  readonly askPrice: number;
  /** Shares since 2025-11-03, round lots before. */
  readonly askSize: number;
  /** Quote conditions: one for both sides, or the bid's and the offer's. Frozen and shared. */
  readonly conditions: readonly string[];
  /** The consolidated tape: A, B, C, N (overnight) or O (OTC). */
  readonly tape: string;
  /** When Alpaca received it, in nanoseconds since the epoch; undocumented and seldom sent. */
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

/** The channels that carry bars. */
export type BarChannel = "bars" | "updatedBars" | "dailyBars";

/** A minute, updated or daily bar: wire types `b`, `u`, `d`. The time is the bar's left edge. */
export class Bar extends MarketRecord {
  /** `bars`, `updatedBars` (a minute bar changed by a late trade) or `dailyBars`. */
  readonly channel: BarChannel;
  /** US dollars a share. */
  readonly open: number;
  /** US dollars a share. */
  readonly high: number;
  /** US dollars a share. */
  readonly low: number;
  /** US dollars a share. */
  readonly close: number;
  /** Shares. */
  readonly volume: number;
  /** Trades in the bar; undefined where the server sent none (older data). */
  readonly tradeCount: number | undefined;
  /** Volume weighted average price in US dollars; undefined where the server sent none. */
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
  /** The consolidated tape: A, B, C, N or O. */
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
  /** Upper band, US dollars a share. */
  readonly limitUpPrice: number;
  /** Lower band, US dollars a share. */
  readonly limitDownPrice: number;
  /** The LULD indicator of the SIP, one letter. */
  readonly indicator: string;
  /** The consolidated tape: A, B, C, N or O. */
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
  /** US dollars a share. */
  readonly price: number;
  /** The consolidated tape: A, B, C, N or O. */
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

/** An earlier trade and what it should have been. Wire type `c`, channel `corrections`. */
export class TradeCorrection extends MarketRecord {
  /** The exchange's one-letter code. */
  readonly exchange: string;
  /** Id of the trade as it was reported. */
  readonly originalId: Id;
  /** Its price, US dollars a share. */
  readonly originalPrice: number;
  /** Its size in shares. */
  readonly originalSize: number;
  /** Its sale conditions. Frozen and shared. */
  readonly originalConditions: readonly string[];
  /** Id of the corrected trade. */
  readonly correctedId: Id;
  /** Corrected price, US dollars a share. */
  readonly correctedPrice: number;
  /** Corrected size in shares. */
  readonly correctedSize: number;
  /** Corrected sale conditions. Frozen and shared. */
  readonly correctedConditions: readonly string[];
  /** The consolidated tape: A, B, C, N or O. */
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

/** An earlier trade that does not stand. Wire type `x`, channel `cancelErrors`. */
export class TradeCancel extends MarketRecord {
  /** Id of the trade as it was reported. */
  readonly id: Id;
  /** The exchange's one-letter code. */
  readonly exchange: string;
  /** Price of the cancelled trade, US dollars a share. */
  readonly price: number;
  /** Size of the cancelled trade in shares. */
  readonly size: number;
  /** `C` cancelled, `E` reported in error. */
  readonly action: string;
  /** The consolidated tape: A, B, C, N or O. */
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

/** Any record of the stock stream; `channel` tells which. */
export type AnyRecord = RecordByChannel[Channel];
