import type { Channel } from "./channels.ts";
import { formatNanoseconds, toNanoseconds } from "../wire/timestamp.ts";

/** A whole number that is exact: a `number` up to 2^53, a `bigint` beyond. */
export type Id = number | bigint;

/**
 * What every record has: a symbol and a time. The time is held as two integers; `timestamp` and
 * `timestampNs` are made when asked for.
 *
 * Spread, `structuredClone` and `postMessage` copy own fields alone and lose those two and
 * `channel`: call {@link MarketRecord.toObject} first.
 */
export abstract class MarketRecord {
  /** The ticker, as Alpaca lists it. */
  readonly symbol: string;
  /** Whole seconds of the record's time since the Unix epoch. */
  readonly seconds: number;
  /** Nanoseconds of that second, 0 to 999,999,999. */
  readonly nanos: number;

  constructor(symbol: string, seconds: number, nanos: number) {
    this.symbol = symbol;
    this.seconds = seconds;
    this.nanos = nanos;
  }

  /** The channel that the record came by: the discriminant of {@link AnyRecord}. */
  abstract readonly channel: Channel;

  /** The record's time, cut to milliseconds. A new `Date` on every read. */
  get timestamp(): Date {
    return new Date(this.seconds * 1000 + Math.floor(this.nanos / 1e6));
  }

  /** The record's time in nanoseconds since the Unix epoch, exact. */
  get timestampNs(): bigint {
    return toNanoseconds(this.seconds, this.nanos);
  }

  /**
   * A plain object with every property of the record, the channel first. It keeps them in a spread,
   * `structuredClone`, `postMessage` and CSV libraries. Lists of conditions stay frozen and shared.
   *
   * @example `worker.postMessage(trades.map((trade) => trade.toObject()))`
   */
  toObject(): PlainRecord<this> {
    const { channel, symbol, timestamp, timestampNs } = this;
    return Object.assign({ channel, symbol, timestamp, timestampNs }, this);
  }

  /**
   * Fields by name, the channel first, `timestamp` in ISO 8601 with nine digits, ids beyond 2^53 as
   * strings. Called by `JSON.stringify`.
   */
  toJSON(): Record<string, unknown> {
    const json = shownFields(this);
    for (const [name, value] of Object.entries(json)) {
      if (typeof value === "bigint") json[name] = value.toString();
    }
    return json;
  }

  static {
    // What `console.log` shows on Node, Bun and Deno.
    Object.defineProperty(MarketRecord.prototype, Symbol.for("nodejs.util.inspect.custom"), {
      value(
        this: MarketRecord,
        _depth: number,
        options: object,
        inspect?: (value: unknown, options: object) => string,
      ) {
        const shown = shownFields(this);
        return inspect === undefined ? shown : `${this.constructor.name} ${inspect(shown, options)}`;
      },
    });
  }
}

/** What JSON and consoles show. No private method, which would put its mark on every record that is made. */
function shownFields(record: MarketRecord): Record<string, unknown> {
  const shown: Record<string, unknown> = {
    channel: record.channel,
    symbol: record.symbol,
    timestamp: formatNanoseconds(record.seconds, record.nanos),
  };
  for (const [name, value] of Object.entries(record)) {
    if (name !== "seconds" && name !== "nanos" && value !== undefined) shown[name] = value;
  }
  return shown;
}

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

/**
 * A record as a plain object: every property, accessors too, and no method. See
 * {@link MarketRecord.toObject}.
 */
export type PlainRecord<R extends MarketRecord> = {
  readonly [Name in keyof R as Exclude<Name, "toJSON" | "toObject">]: R[Name];
};

/**
 * A record as the wire has it: short keys, every key that the server sent, values unchanged, null
 * and NaN too. Timestamps of msgpack become RFC 3339 text, and whole numbers beyond 2^53 `bigint`.
 */
export interface RawRecord {
  /** The wire's type letter. */
  readonly T: string;
  /** The symbol. */
  readonly S: string;
  /** The time: RFC 3339 with up to nine digits, unless the server sent something else or nothing. */
  readonly t?: unknown;
  readonly [key: string]: unknown;
}
