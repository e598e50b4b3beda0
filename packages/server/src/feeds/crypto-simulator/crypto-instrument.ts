import {
  type AnyCryptoRecord,
  CryptoOrderBook,
  CryptoQuote,
  CryptoTrade,
  OrderBook,
  type PriceLevel,
} from "@tickerplant/client";
import type { Random } from "../simulator/random.ts";
import type { CryptoPair } from "./crypto-pair.ts";

/** Levels on each side of a new book. */
const LEVELS = 20;

/** Most levels on one side: then the worst one is removed, so that a book stays about as deep as it was. */
const MAX_LEVELS = 40;

/** Orders are this many dollars on average. */
const MEAN_ORDER_DOLLARS = 4_000;

/** The side of the book that a change concerns. */
type Side = "bids" | "asks";

/** One simulated pair: an order book around a price that wanders, and the trades that take from it. */
export class CryptoInstrument {
  readonly pair: CryptoPair;
  readonly book: OrderBook = new OrderBook();
  readonly #random: Random;
  readonly #nextId: () => bigint;
  /** Where buyers and sellers meet, in steps of the price. */
  #middleSteps: number;
  #lastBid: PriceLevel | undefined;
  #lastAsk: PriceLevel | undefined;

  constructor(pair: CryptoPair, random: Random, nextId: () => bigint) {
    this.pair = pair;
    this.#random = random;
    this.#nextId = nextId;
    this.#middleSteps = pair.priceSteps;
  }

  /** The midpoint of the best prices; undefined without one. */
  get midpoint(): number | undefined {
    const { bestBid, bestAsk } = this.book;
    return bestBid === undefined || bestAsk === undefined ? undefined : (bestBid.price + bestAsk.price) / 2;
  }

  /** Makes the whole book, and the first quote. */
  open(seconds: number, nanos: number): AnyCryptoRecord[] {
    const side = (direction: 1 | -1): PriceLevel[] =>
      Array.from({ length: LEVELS }, (_, index) => this.#level(direction * (index + 1) * this.pair.spreadSteps));
    return this.#changed(side(-1), side(1), true, seconds, nanos);
  }

  /** Lets the price wander, and makes the trade or the change of the book that follows. */
  step(tradeShare: number, seconds: number, nanos: number): AnyCryptoRecord[] {
    this.#wander();
    const { bestBid, bestAsk } = this.book;
    if (bestAsk !== undefined && bestAsk.price <= this.#price(this.#middleSteps))
      return this.#trade("asks", bestAsk, 1, seconds, nanos);
    if (bestBid !== undefined && bestBid.price >= this.#price(this.#middleSteps))
      return this.#trade("bids", bestBid, 1, seconds, nanos);
    const side = this.#random.chance(0.5) ? "bids" : "asks";
    const best = side === "bids" ? bestBid : bestAsk;
    if (best !== undefined && this.#random.chance(tradeShare))
      return this.#trade(side, best, this.#random.uniform(), seconds, nanos);
    return this.#order(side, seconds, nanos);
  }

  /** A third of the spread a step at most, and back towards the first price, so that a long run stays near it. */
  #wander(): void {
    const { spreadSteps, priceSteps } = this.pair;
    const step = (this.#random.uniform() + this.#random.uniform() - 1) * spreadSteps * 0.33;
    this.#middleSteps += step + (priceSteps - this.#middleSteps) * 0.0001;
  }

  /** Trades a fraction of a level. */
  #trade(side: Side, level: PriceLevel, fraction: number, seconds: number, nanos: number): AnyCryptoRecord[] {
    const left = fraction === 1 ? 0 : this.#size(level.size * (1 - fraction));
    const size = this.#size(level.size - left);
    if (size === 0) return this.#order(side, seconds, nanos);
    const { symbol } = this.pair;
    const takerSide = side === "asks" ? "B" : "S";
    const trade = new CryptoTrade(symbol, seconds, nanos, level.price, size, this.#nextId(), takerSide);
    return [trade, ...this.#setLevel(side, { price: level.price, size: left }, seconds, nanos)];
  }

  /** Places an order, or cancels one at the same price. */
  #order(side: Side, seconds: number, nanos: number): AnyCryptoRecord[] {
    const direction = side === "asks" ? 1 : -1;
    const distance = (0.5 + this.#random.exponential() * 3) * this.pair.spreadSteps;
    const level = this.#level(direction * distance);
    const isKnown = this.book[side].some(({ price }) => price === level.price);
    return this.#setLevel(side, isKnown && this.#random.chance(0.5) ? { ...level, size: 0 } : level, seconds, nanos);
  }

  #setLevel(side: Side, level: PriceLevel, seconds: number, nanos: number): AnyCryptoRecord[] {
    const changes = [level];
    const levels = this.book[side];
    const worst = levels.at(-1);
    if (levels.length >= MAX_LEVELS && worst !== undefined && worst.price !== level.price)
      changes.push({ price: worst.price, size: 0 });
    return side === "bids"
      ? this.#changed(changes, [], false, seconds, nanos)
      : this.#changed([], changes, false, seconds, nanos);
  }

  /** Changes the book. Returns the change, and the quote if the best prices have changed. */
  #changed(
    bids: readonly PriceLevel[],
    asks: readonly PriceLevel[],
    isSnapshot: boolean,
    seconds: number,
    nanos: number,
  ): AnyCryptoRecord[] {
    const { symbol } = this.pair;
    const change = new CryptoOrderBook(symbol, seconds, nanos, bids, asks, isSnapshot);
    this.book.apply(change);
    const { bestBid, bestAsk } = this.book;
    if (bestBid === this.#lastBid && bestAsk === this.#lastAsk) return [change];
    this.#lastBid = bestBid;
    this.#lastAsk = bestAsk;
    const [bid, ask] = [bestBid ?? NO_ORDER, bestAsk ?? NO_ORDER];
    return [change, new CryptoQuote(symbol, seconds, nanos, bid.price, bid.size, ask.price, ask.size)];
  }

  /** A level of random size, so many steps from the middle. */
  #level(offsetSteps: number): PriceLevel {
    const price = this.#price(this.#middleSteps + offsetSteps);
    return { price, size: this.#size(((0.1 + this.#random.exponential()) * MEAN_ORDER_DOLLARS) / price) };
  }

  #price(steps: number): number {
    return Math.max(1, Math.round(steps)) / 10 ** this.pair.decimals;
  }

  #size(size: number): number {
    const scale = 10 ** this.pair.sizeDecimals;
    return Math.round(size * scale) / scale;
  }
}

const NO_ORDER: PriceLevel = { price: 0, size: 0 };
