import { Imbalance, Luld, Quote, Trade, TradeCancel, TradeCorrection, TradingStatus } from "@tickerplant/client";
import { type Listing, snapToTick, tickUnits, UNITS_PER_DOLLAR } from "./listing.ts";
import {
  BAND_INDICATORS,
  LONG_ID_BASE,
  LONG_ID_EXCHANGES,
  QUOTE_CONDITIONS,
  QUOTE_EXCHANGES,
  SaleKind,
  type StatusTexts,
  saleConditions,
  TRADE_EXCHANGES,
} from "./market-codes.ts";
import type { Random } from "./random.ts";

/** Round lots in a quote, to draw from evenly. */
const QUOTE_LOTS = [1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 6, 8, 10, 12, 15, 20, 40, 90];

/** Round lots in a trade that is not an odd lot: few large ones, which make up much of the volume. */
const TRADE_LOTS = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 4, 5, 6, 8, 10, 15, 30, 120];

/** Largest step of the book that is a multiple of the normal one, as a share of the price. */
const MAX_SCALED_STEP = 0.0005;

/** The state of one simulated stock: its book, its price bands and its trade ids. Makes all its records. */
export class Instrument {
  readonly listing: Listing;
  /** Whether trading is halted; set by the simulation. */
  isHalted = false;
  /** Whether the last quote had two sides, without which a trade would have no price. */
  isQuoted = false;
  /** The kind of the next trade if it is an opening or reopening print. */
  #nextKind: SaleKind;
  readonly #random: Random;
  #bidUnits: number;
  /** Ticks from bid to offer; 0 while locked, negative while crossed. */
  #spreadTicks: number;
  #upperUnits = 0;
  #lowerUnits = 0;
  #hasSentBand = false;
  /** Multiplies the steps of the book. */
  #stepScale = 1;
  /** The last trade id of each exchange, by its letter. */
  readonly #ids = new Float64Array(26);

  constructor(listing: Listing, random: Random) {
    this.listing = listing;
    this.#random = random;
    this.#bidUnits = listing.priceUnits;
    this.#spreadTicks = listing.spreadTicks;
    // Most stocks opened before the simulation starts.
    this.#nextKind = random.chance(0.2) ? SaleKind.OPENING : SaleKind.REGULAR;
    this.#centreBands();
  }

  /** Multiplies the steps of the book, as far as they stay small: those of low prices are large as they are. */
  scaleSteps(scale: number): void {
    const { priceUnits, maxStepTicks } = this.listing;
    const limit = Math.floor((priceUnits * MAX_SCALED_STEP) / (maxStepTicks * tickUnits(priceUnits)));
    this.#stepScale = Math.max(1, Math.min(scale, limit));
  }

  /** Whether the next trade is an opening or reopening print, which is never late. */
  get isOpening(): boolean {
    return this.#nextKind !== SaleKind.REGULAR;
  }

  /** Makes the next quote: the best bid and offer. */
  quote(seconds: number, nanos: number): Quote {
    const random = this.#random;
    const { symbol, tape, roundLot } = this.listing;
    this.#moveBook();
    const exchanges = QUOTE_EXCHANGES[tape];
    const oddity = random.integer(10_000);
    // Occasionally one side is empty: it has no exchange, price or size.
    const hasBid = oddity !== 0;
    const hasAsk = oddity !== 1;
    this.isQuoted = hasBid && hasAsk;
    const isSlow = tape !== "C" && oddity >= 9_980;
    return new Quote(
      symbol,
      seconds,
      nanos,
      hasBid ? random.pick(exchanges) : " ",
      hasBid ? this.#bidUnits / UNITS_PER_DOLLAR : 0,
      hasBid ? random.pick(QUOTE_LOTS) * roundLot : 0,
      hasAsk ? random.pick(exchanges) : " ",
      hasAsk ? this.#askUnits() / UNITS_PER_DOLLAR : 0,
      hasAsk ? random.pick(QUOTE_LOTS) * roundLot : 0,
      isSlow
        ? random.pick(QUOTE_CONDITIONS.slow)
        : this.isQuoted
          ? QUOTE_CONDITIONS.regular
          : QUOTE_CONDITIONS.oneSided,
      tape,
    );
  }

  /** Makes a trade at the last quote or inside it. */
  trade(seconds: number, nanos: number): Trade {
    const random = this.#random;
    const { symbol, tape, roundLot } = this.listing;
    const isPrint = this.#nextKind !== SaleKind.REGULAR;
    const kind = isPrint ? this.#nextKind : this.#drawKind();
    this.#nextKind = SaleKind.REGULAR;
    const isOffExchange = kind >= SaleKind.CONTINGENT;
    const exchange = isPrint ? this.listing.exchange : isOffExchange ? "D" : random.pick(TRADE_EXCHANGES[tape]);
    const isOddLot = !isPrint && !isOffExchange && random.chance(0.55);
    const size = isOddLot ? this.#oddLot() : random.pick(TRADE_LOTS) * roundLot * (isPrint ? 5 : 1);
    const isSweep = !isPrint && exchange !== "D" && random.chance(0.35);
    return new Trade(
      symbol,
      seconds,
      nanos,
      this.#nextId(exchange),
      exchange,
      this.#tradeUnits(exchange) / UNITS_PER_DOLLAR,
      size,
      saleConditions(tape, kind, isSweep, isOddLot),
      tape,
    );
  }

  /** Makes the late report of a trade: with the next id at that time, and the condition for late reports after ten seconds. */
  reportLate(trade: Trade, delaySeconds: number): Trade {
    const { symbol, seconds, nanos, exchange, price, size } = trade;
    const { tape } = this.listing;
    const conditions =
      delaySeconds > 10
        ? saleConditions(tape, SaleKind.LATE, trade.conditions.includes("F"), trade.conditions.includes("I"))
        : trade.conditions;
    return new Trade(symbol, seconds, nanos, this.#nextId(exchange), exchange, price, size, conditions, tape);
  }

  /** Makes a correction of the price or size of a trade that was sent. */
  correct(trade: Trade, seconds: number, nanos: number): TradeCorrection {
    const units = Math.round(trade.price * UNITS_PER_DOLLAR);
    const isPriceWrong = this.#random.chance(0.6);
    const correctedUnits = isPriceWrong ? units + tickUnits(units) * (1 + this.#random.integer(5)) : units;
    return new TradeCorrection(
      trade.symbol,
      seconds,
      nanos,
      trade.exchange,
      trade.id,
      trade.price,
      trade.size,
      trade.conditions,
      this.#nextId(trade.exchange),
      correctedUnits / UNITS_PER_DOLLAR,
      isPriceWrong ? trade.size : trade.size * 2,
      trade.conditions,
      trade.tape,
    );
  }

  /** Makes the cancel, or less often the error report, of a trade that was sent. */
  cancel(trade: Trade, seconds: number, nanos: number): TradeCancel {
    const action = this.#random.chance(0.8) ? "C" : "E";
    const { symbol, id, exchange, price, size, tape } = trade;
    return new TradeCancel(symbol, seconds, nanos, id, exchange, price, size, action, tape);
  }

  /** Makes new price bands around the present book. */
  band(seconds: number, nanos: number): Luld {
    this.#centreBands();
    return this.#sentBand(seconds, nanos, this.#hasSentBand ? BAND_INDICATORS.INTRADAY : BAND_INDICATORS.OPENING);
  }

  /** Moves the book, as the auction at the end of a halt does, and makes the new bands. */
  reopen(seconds: number, nanos: number): Luld {
    const jump = Math.floor((this.#bidUnits * this.#random.integer(41)) / 1000);
    this.#bidUnits = snapToTick(this.#bidUnits + (this.#drawIsUp() ? jump : -jump));
    this.#spreadTicks = this.listing.spreadTicks;
    this.#centreBands();
    this.#nextKind = SaleKind.REOPENING;
    this.isQuoted = false;
    return this.#sentBand(seconds, nanos, BAND_INDICATORS.REOPENING);
  }

  /** Makes a trading status. */
  status(texts: StatusTexts, seconds: number, nanos: number): TradingStatus {
    const { symbol, tape } = this.listing;
    const { code, message, reasonCode, reasonMessage } = texts;
    return new TradingStatus(symbol, seconds, nanos, code, message, reasonCode, reasonMessage, tape);
  }

  /** Makes an order imbalance, with the price at which an auction would clear now. */
  imbalance(seconds: number, nanos: number): Imbalance {
    const ticks = this.#random.integer(21) - 10;
    const units = Math.max(1, this.#bidUnits + ticks * tickUnits(this.#bidUnits));
    return new Imbalance(this.listing.symbol, seconds, nanos, snapToTick(units) / UNITS_PER_DOLLAR, this.listing.tape);
  }

  #askUnits(): number {
    return snapToTick(this.#bidUnits + this.#spreadTicks * tickUnits(this.#bidUnits));
  }

  /** Moves the book one step; most quotes change only a size or an exchange. */
  #moveBook(): void {
    const random = this.#random;
    const { spreadTicks, maxStepTicks } = this.listing;
    if (this.#spreadTicks <= 0) this.#spreadTicks = spreadTicks;
    const lot = random.integer(1000);
    if (lot < 5) this.#spreadTicks = 0;
    else if (lot < 6) this.#spreadTicks = -1;
    else if (lot < 130) {
      const change = random.chance(this.#spreadTicks > spreadTicks ? 0.3 : 0.7) ? 1 : -1;
      this.#spreadTicks = Math.max(1, Math.min(3 * spreadTicks + 2, this.#spreadTicks + change));
    } else if (lot < 400) {
      const step = (1 + random.integer(maxStepTicks)) * this.#stepScale * tickUnits(this.#bidUnits);
      this.#bidUnits = snapToTick(this.#bidUnits + (this.#drawIsUp() ? step : -step));
    }
    this.#stayInBands();
  }

  /** Draws the direction of a step. Far from its start the price tends back, so that it stays plausible for days. */
  #drawIsUp(): boolean {
    const { priceUnits } = this.listing;
    const isHigh = this.#bidUnits > priceUnits * 1.25;
    const isLow = this.#bidUnits < priceUnits * 0.8;
    return this.#random.chance(isHigh ? 0.3 : isLow ? 0.7 : 0.5);
  }

  #stayInBands(): void {
    this.#bidUnits = Math.max(this.#bidUnits, this.#lowerUnits + tickUnits(this.#lowerUnits));
    if (this.#askUnits() <= this.#upperUnits) return;
    this.#spreadTicks = 1;
    if (this.#askUnits() <= this.#upperUnits) return;
    this.#bidUnits = snapToTick(this.#upperUnits - tickUnits(this.#upperUnits));
  }

  #centreBands(): void {
    const distance = Math.floor((this.#bidUnits * this.listing.bandPercent) / 100);
    // The quotes of thinly traded stocks can be wider than their bands: add room for the widest quote.
    const tick = tickUnits(this.#bidUnits);
    const room = (3 * this.listing.spreadTicks + 4) * tick;
    this.#upperUnits = snapToTick(this.#bidUnits + distance + room);
    this.#lowerUnits = snapToTick(this.#bidUnits - distance);
  }

  #sentBand(seconds: number, nanos: number, indicator: string): Luld {
    this.#hasSentBand = true;
    const { symbol, tape } = this.listing;
    const upper = this.#upperUnits / UNITS_PER_DOLLAR;
    return new Luld(symbol, seconds, nanos, upper, this.#lowerUnits / UNITS_PER_DOLLAR, indicator, tape);
  }

  /** Draws a price, mostly the bid or the offer; off exchange also between ticks, as price improvement does. */
  #tradeUnits(exchange: string): number {
    const bid = this.#bidUnits;
    const ask = this.#askUnits();
    const place = this.#random.integer(100);
    if (place >= 92 && exchange === "D") return bid + Math.floor(((ask - bid) * this.#random.integer(11)) / 10);
    if (place >= 86) return bid + Math.floor((ask - bid) / 2);
    return place % 2 === 0 ? bid : ask;
  }

  #drawKind(): SaleKind {
    const lot = this.#random.integer(1000);
    if (lot < 20) return SaleKind.EXTENDED;
    if (lot < 24) return SaleKind.CONTINGENT;
    if (lot < 28) return SaleKind.AVERAGE;
    return lot < 32 ? SaleKind.DERIVED : SaleKind.REGULAR;
  }

  #oddLot(): number {
    const below = this.#random.chance(0.5) ? Math.min(11, this.listing.roundLot) : this.listing.roundLot;
    return 1 + this.#random.integer(below - 1);
  }

  #nextId(exchange: string): number {
    const slot = exchange.charCodeAt(0) - 65;
    const last = this.#ids[slot] || (LONG_ID_EXCHANGES.includes(exchange) ? LONG_ID_BASE : 0);
    const id = last + 1 + this.#random.integer(8);
    this.#ids[slot] = id;
    return id;
  }
}
