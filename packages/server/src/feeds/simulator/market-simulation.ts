import { type AnyRecord, Trade } from "@tickerplant/client";
import { BarBuilder } from "../../bars/bar-builder.ts";
import { Instrument } from "./instrument.ts";
import type { Listing } from "./listing.ts";
import { HALTS } from "./market-codes.ts";
import { drawDailyBar, previousTradingDay } from "./previous-day.ts";
import { Random, WeightedIndex } from "./random.ts";
import { Schedule } from "./schedule.ts";

const SECOND_NS = 1_000_000_000;
const HALF_MINUTE_S = 30;

/** Bars are sent this long after their mark; Alpaca's came 20 to 100 ms after it (forum posts of 2022). */
const BAR_DELAY_NS = 25_000_000;

/** About one late trade, correction and cancel per this many trades: far more than in reality, so that they show up quickly. */
const TRADES_PER_LATE = 30;
const TRADES_PER_CORRECTION = 300;
const TRADES_PER_CANCEL = 300;

/** About one pair of LULD bands per this many quotes and trades. */
const TICKS_PER_BAND = 100;

/** Mean time between halts. With few stocks, halts are rarer, so that each stock trades most of the time. */
const HALT_INTERVAL_S = 25;
const HALT_INTERVAL_PER_STOCK_S = 900;

/**
 * Most quotes and trades of the past, which are drawn and published before anything else: fewer than half a second's
 * work, and less than an eighth of what the history holds by default.
 */
const MAX_PAST_TICKS = 200_000;

/** Options of a {@link MarketSimulation}. */
export interface MarketSimulationOptions {
  /** Seed of the random numbers. */
  readonly seed: number;
  /** The stocks; at least one. */
  readonly listings: readonly Listing[];
  /** Quotes and trades per second of simulated time, on average; above 0. */
  readonly rate: number;
  /** The share of trades among them, from 0 to 1. */
  readonly tradeShare: number;
  /** Whether to simulate halts, bands, late trades, corrections, cancels, updated and daily bars as well. */
  readonly hasIncidents: boolean;
  /** Start of the simulated time, in milliseconds since the Unix epoch. */
  readonly startMs: number;
  /**
   * Simulated seconds before the start. The past has no halts, whose jumps would be most of a chart, and at most
   * 200,000 quotes and trades, with larger steps of the price if these are fewer than its rate would give.
   *
   * @defaultValue 0
   */
  readonly pastS?: number;
}

/**
 * An endless sequence of simulated records, each due at a time that never goes back. Uses no clock and no
 * timer; the same options always give the same records.
 */
export class MarketSimulation {
  readonly #options: MarketSimulationOptions;
  readonly #random: Random;
  readonly #instruments: readonly Instrument[];
  readonly #activity: WeightedIndex;
  readonly #schedule = new Schedule();
  readonly #bars = new BarBuilder();
  /** Mean time between quotes and trades; longer in the past. */
  #meanGapNs: number;

  /** Records of one moment. The array only grows: emptying it for every record would cost more than drawing one. */
  readonly #records: AnyRecord[] = [];
  #count = 0;
  #sent = 0;
  #seconds: number;
  #nanos: number;
  #tickSeconds: number;
  #tickNanos: number;

  #ticksToBand: number;
  #tradesToLate: number;
  #tradesToCorrection: number;
  #tradesToCancel: number;
  #nextHaltSeconds: number;
  #haltCount = 0;

  constructor(options: MarketSimulationOptions) {
    this.#options = options;
    const random = new Random(options.seed);
    this.#random = random;
    this.#instruments = options.listings.map((listing) => new Instrument(listing, random));
    this.#activity = new WeightedIndex(options.listings.map(({ weight }) => weight));
    this.#meanGapNs = SECOND_NS / options.rate;
    const { startMs, pastS = 0 } = options;
    const firstMs = startMs - pastS * 1000;
    const startSeconds = Math.floor(firstMs / 1000);
    this.#seconds = this.#tickSeconds = startSeconds;
    this.#nanos = this.#tickNanos = Math.floor((firstMs - startSeconds * 1000) * 1e6);
    if (pastS > 0) this.#beginPast(pastS);
    this.#bars.advanceTo(startSeconds);
    this.#ticksToBand = this.#about(TICKS_PER_BAND);
    this.#tradesToLate = this.#about(TRADES_PER_LATE);
    this.#tradesToCorrection = this.#about(TRADES_PER_CORRECTION);
    this.#tradesToCancel = this.#about(TRADES_PER_CANCEL);
    this.#nextHaltSeconds = Math.floor(startMs / 1000) + 10;
    this.#scheduleNextTick();
    this.#scheduleBars((Math.floor(startSeconds / HALF_MINUTE_S) + 1) * HALF_MINUTE_S);
    this.#fill();
  }

  /** Time at which the next record is due, in milliseconds of simulated time since the start; negative in the past. */
  get elapsedMs(): number {
    return this.#seconds * 1000 - this.#options.startMs + this.#nanos / 1e6;
  }

  /** Removes and returns the next record. */
  next(): AnyRecord {
    const record = this.#records[this.#sent++] as AnyRecord; // #fill left at least one
    if (this.#sent === this.#count) this.#fill();
    return record;
  }

  /** Draws the daily bars of the previous trading day, and sets the rate of the past, up to the start. */
  #beginPast(pastS: number): void {
    const { listings, rate, tradeShare, startMs } = this.#options;
    const pastRate = Math.min(rate, MAX_PAST_TICKS / pastS);
    this.#setPace(pastRate);
    const daySeconds = previousTradingDay(this.#seconds);
    this.#schedule.add(this.#seconds, this.#nanos, () => {
      const weights = listings.reduce((sum, { weight }) => sum + weight, 0);
      for (const listing of listings) {
        const tradesPerSecond = (rate * tradeShare * listing.weight) / weights;
        this.#send(drawDailyBar(listing, daySeconds, tradesPerSecond, this.#random));
      }
    });
    const present = Math.floor(startMs / 1000);
    this.#schedule.add(present, Math.floor((startMs - present * 1000) * 1e6), () => this.#setPace(rate));
  }

  /** Sets the rate of quotes and trades. With fewer of them the price moves as far by larger steps, as a random walk does. */
  #setPace(rate: number): void {
    this.#meanGapNs = SECOND_NS / rate;
    const scale = Math.round(Math.sqrt(this.#options.rate / rate));
    for (const instrument of this.#instruments) instrument.scaleSteps(scale);
  }

  /** Advances to the next moment that has records. */
  #fill(): void {
    this.#sent = 0;
    this.#count = 0;
    while (this.#count === 0) {
      const { dueSeconds } = this.#schedule;
      const isTickNext =
        this.#tickSeconds < dueSeconds ||
        (this.#tickSeconds === dueSeconds && this.#tickNanos < this.#schedule.dueNanos);
      if (isTickNext) {
        this.#seconds = this.#tickSeconds;
        this.#nanos = this.#tickNanos;
        this.#tick();
        this.#scheduleNextTick();
      } else {
        this.#seconds = dueSeconds;
        this.#nanos = this.#schedule.dueNanos;
        this.#schedule.pop()?.();
      }
    }
  }

  #send(record: AnyRecord): void {
    if (record instanceof Trade) this.#bars.add(record);
    this.#records[this.#count++] = record;
  }

  /** Ticks are a Poisson process, at least a nanosecond apart. */
  #scheduleNextTick(): void {
    const gapNs = 1 + Math.floor(this.#random.exponential() * this.#meanGapNs);
    const nanos = this.#tickNanos + gapNs;
    const carry = Math.floor(nanos / SECOND_NS);
    this.#tickSeconds += carry;
    this.#tickNanos = nanos - carry * SECOND_NS;
  }

  #tick(): void {
    const instrument = this.#drawInstrument();
    if (instrument === undefined) return;
    const { tradeShare, hasIncidents } = this.#options;
    if (hasIncidents && this.#seconds >= this.#nextHaltSeconds && this.#mayHalt(instrument)) {
      this.#halt(instrument);
      return;
    }
    if (this.#random.chance(tradeShare) && instrument.isQuoted) this.#trade(instrument);
    else this.#send(instrument.quote(this.#seconds, this.#nanos));
    if (hasIncidents && --this.#ticksToBand <= 0) {
      this.#ticksToBand = this.#about(TICKS_PER_BAND);
      this.#send(instrument.band(this.#seconds, this.#nanos));
    }
  }

  /** Draws a stock that trades; undefined if all drawn stocks are halted: then nothing happens at this moment. */
  #drawInstrument(): Instrument | undefined {
    for (let attempt = 0; attempt < 8; attempt++) {
      const instrument = this.#instruments[this.#activity.draw(this.#random)];
      if (instrument?.isHalted === false) return instrument;
    }
    return undefined;
  }

  #trade(instrument: Instrument): void {
    const { hasIncidents } = this.#options;
    if (hasIncidents && !instrument.isOpening && --this.#tradesToLate <= 0) {
      this.#tradesToLate = this.#about(TRADES_PER_LATE);
      this.#reportLater(instrument);
      return;
    }
    const trade = instrument.trade(this.#seconds, this.#nanos);
    this.#send(trade);
    if (!hasIncidents) return;
    if (--this.#tradesToCorrection <= 0) {
      this.#tradesToCorrection = this.#about(TRADES_PER_CORRECTION);
      this.#later(2, 15, () => this.#send(instrument.correct(trade, this.#seconds, this.#nanos)));
    } else if (--this.#tradesToCancel <= 0) {
      this.#tradesToCancel = this.#about(TRADES_PER_CANCEL);
      this.#later(2, 15, () => this.#send(instrument.cancel(trade, this.#seconds, this.#nanos)));
    }
  }

  /** Makes a trade that happens now and is reported later; not at all if the stock is halted by then. */
  #reportLater(instrument: Instrument): void {
    const trade = instrument.trade(this.#seconds, this.#nanos);
    this.#later(1, 20, () => {
      if (!instrument.isHalted) this.#send(instrument.reportLate(trade, this.#seconds - trade.seconds));
    });
  }

  /** Whether a stock can be halted. The busiest eightieth cannot: a demo without its first stocks shows little. */
  #mayHalt(instrument: Instrument): boolean {
    return this.#instruments.indexOf(instrument) >= Math.floor(this.#instruments.length / 80);
  }

  /** Halts a stock for 15 to 45 seconds: real halts take minutes, these are short enough to see the end. */
  #halt(instrument: Instrument): void {
    const intervalS = Math.max(HALT_INTERVAL_S, HALT_INTERVAL_PER_STOCK_S / this.#instruments.length);
    this.#nextHaltSeconds = this.#seconds + Math.ceil(intervalS * this.#random.exponential());
    const isPause = this.#haltCount++ % 3 !== 2;
    const { halt, resumption } = HALTS[instrument.listing.tape][isPause ? "pause" : "news"];
    instrument.isHalted = true;
    if (isPause) this.#send(instrument.band(this.#seconds, this.#nanos));
    this.#send(instrument.status(halt, this.#seconds, this.#nanos));
    if (isPause) this.#scheduleImbalance(instrument);

    this.#later(15, 45, () => {
      const [first, ...others] = resumption;
      if (first === undefined) return;
      this.#send(instrument.status(first, this.#seconds, this.#nanos));
      if (others.length === 0) this.#resume(instrument);
      for (const texts of others) {
        this.#later(1, 2, () => {
          this.#send(instrument.status(texts, this.#seconds, this.#nanos));
          this.#resume(instrument);
        });
      }
    });
  }

  #resume(instrument: Instrument): void {
    instrument.isHalted = false;
    this.#send(instrument.reopen(this.#seconds, this.#nanos));
  }

  #scheduleImbalance(instrument: Instrument): void {
    this.#later(1, 4, () => {
      if (!instrument.isHalted) return;
      this.#send(instrument.imbalance(this.#seconds, this.#nanos));
      this.#scheduleImbalance(instrument);
    });
  }

  #scheduleBars(markSeconds: number): void {
    this.#schedule.add(markSeconds, BAR_DELAY_NS, () => {
      const { hasIncidents } = this.#options;
      for (const bar of this.#bars.advanceTo(markSeconds)) {
        if (hasIncidents || bar.channel === "bars") this.#send(bar);
      }
      this.#scheduleBars(markSeconds + HALF_MINUTE_S);
    });
  }

  /** Schedules an action between `fromS` and `toS` seconds from now, at any nanosecond. */
  #later(fromS: number, toS: number, act: () => void): void {
    const nanos = this.#nanos + this.#random.integer(SECOND_NS);
    const carry = nanos >= SECOND_NS ? 1 : 0;
    const seconds = this.#seconds + fromS + this.#random.integer(toS - fromS);
    this.#schedule.add(seconds + carry, nanos - carry * SECOND_NS, act);
  }

  /** Draws an integer from half of `mean` to one and a half times `mean`. */
  #about(mean: number): number {
    return Math.ceil(mean / 2) + this.#random.integer(mean);
  }
}
