// Generated from packages/client/schema/crypto.ts: change that, then run `npm run generate`.

import { type Id, MarketRecord } from "../wire/market-record.ts";
import type { PriceLevel } from "../wire/price-levels.ts";
import type { Channel } from "./channels.ts";

/** A trade of a pair. Wire type `t`, channel `trades`. */
export class CryptoTrade extends MarketRecord {
  /** In the quote currency: dollars for `BTC/USD`. */
  readonly price: number;
  /** In the base currency, a fraction as a rule. */
  readonly size: number;
  /** The trade's id, beyond 2^53 as a rule; 0 if none was sent. */
  readonly id: Id;
  /** The side of the taker: `B` buyer, `S` seller. */
  readonly takerSide: string;

  constructor(symbol: string, seconds: number, nanos: number, price: number, size: number, id: Id, takerSide: string) {
    super(symbol, seconds, nanos);
    this.price = price;
    this.size = size;
    this.id = id;
    this.takerSide = takerSide;
  }

  get channel(): "trades" {
    return "trades";
  }
}

/** A best bid and offer. A price of 0 means that the side has no order. Wire type `q`, channel `quotes`. */
export class CryptoQuote extends MarketRecord {
  /** In the quote currency; 0 without a bid. */
  readonly bidPrice: number;
  /** In the base currency. */
  readonly bidSize: number;
  /** In the quote currency; 0 without an offer. */
  readonly askPrice: number;
  /** In the base currency. */
  readonly askSize: number;

  constructor(
    symbol: string,
    seconds: number,
    nanos: number,
    bidPrice: number,
    bidSize: number,
    askPrice: number,
    askSize: number,
  ) {
    super(symbol, seconds, nanos);
    this.bidPrice = bidPrice;
    this.bidSize = bidSize;
    this.askPrice = askPrice;
    this.askSize = askSize;
  }

  get channel(): "quotes" {
    return "quotes";
  }
}

/** The channels of {@link CryptoBar}. */
export type CryptoBarChannel = "bars" | "updatedBars" | "dailyBars";

/**
 * A minute, updated or daily bar. The time is the bar's left edge. Prices include the midpoints of quotes, so that a
 * bar without a trade has prices and a volume of 0. Wire types `b`, `u`, `d`, channels `bars`, `updatedBars`,
 * `dailyBars`.
 */
export class CryptoBar extends MarketRecord {
  /** The channel that the record came by. */
  readonly channel: CryptoBarChannel;
  /** In the quote currency. */
  readonly open: number;
  /** In the quote currency. */
  readonly high: number;
  /** In the quote currency. */
  readonly low: number;
  /** In the quote currency. */
  readonly close: number;
  /** In the base currency; 0 without a trade. */
  readonly volume: number;
  /** Trades in the bar; undefined if the server sent none. */
  readonly tradeCount: number | undefined;
  /** Volume weighted average price; 0 without a trade, undefined if the server sent none. */
  readonly vwap: number | undefined;

  constructor(
    channel: CryptoBarChannel,
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

/**
 * A whole order book, or the levels of one that changed. A level of size 0 is removed. Wire type `o`, channel
 * `orderbooks`.
 */
export class CryptoOrderBook extends MarketRecord {
  /** Levels of the bid, those alone that changed in an update. */
  readonly bids: readonly PriceLevel[];
  /** Levels of the offer, those alone that changed in an update. */
  readonly asks: readonly PriceLevel[];
  /** Whether it is the whole book, which replaces what is known: the first record after subscribing as a rule. */
  readonly isSnapshot: boolean;

  constructor(
    symbol: string,
    seconds: number,
    nanos: number,
    bids: readonly PriceLevel[],
    asks: readonly PriceLevel[],
    isSnapshot: boolean,
  ) {
    super(symbol, seconds, nanos);
    this.bids = bids;
    this.asks = asks;
    this.isSnapshot = isSnapshot;
  }

  get channel(): "orderbooks" {
    return "orderbooks";
  }
}

/** The record that each channel carries. */
export interface RecordByChannel {
  trades: CryptoTrade;
  quotes: CryptoQuote;
  bars: CryptoBar;
  updatedBars: CryptoBar;
  dailyBars: CryptoBar;
  orderbooks: CryptoOrderBook;
}

/** Any record of the crypto stream; `channel` is the discriminant. */
export type AnyRecord = RecordByChannel[Channel];
