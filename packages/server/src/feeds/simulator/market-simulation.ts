import { type AnyRecord, Trade } from "@tickerplant/client";
import { BarBuilder } from "../../bars/bar-builder.ts";
import { Instrument } from "./instrument.ts";
import type { Listing } from "./listing.ts";
import { HALTS } from "./market-codes.ts";
import { Random, WeightedIndex } from "./random.ts";
import { Schedule } from "./schedule.ts";

const SECOND_NS = 1_000_000_000;
const HALF_MINUTE_S = 30;

/** Bars are sent this long after their mark; Alpaca's came 20 to 100 ms after it (forum posts of 2022). */
const BAR_DELAY_NS = 25_000_000;

/** One late trade, correction and cancel in about so many trades: far more than in life, to be met soon. */
const TRADES_PER_LATE = 30;
const TRADES_PER_CORRECTION = 300;
const TRADES_PER_CANCEL = 300;

/** One pair of LULD bands in about so many quotes and trades. */
const TICKS_PER_BAND = 100;

/** Mean time between halts. With few stocks they are rarer, so that each trades most of the time. */
const HALT_INTERVAL_S = 25;
const HALT_INTERVAL_PER_STOCK_S = 900;

/** What a {@link MarketSimulation} is made from. */
export interface MarketSimulationOptions {
  /** Seed of all that is drawn. */
  readonly seed: number;
  /** The stocks; at least one. */
  readonly listings: readonly Listing[];
  /** Quotes and trades a second of simulated time, on average; above 0. */
  readonly rate: number;
  /** The share of trades among them, from 0 to 1. */
  readonly tradeShare: number;
  /** Whether there are halts, bands, late trades, corrections, cancels, updated and daily bars as well. */
  readonly hasIncidents: boolean;
  /** When it begins, in milliseconds since the Unix epoch. */
  readonly startMs: number;
}

/**
 * The simulated tape: an endless sequence of records, each due at a time that never goes back. No
 * clock, no timer; the same options always give the same records.
 */
export class MarketSimulation {
  readonly #options: MarketSimulationOptions;
  readonly #random: Random;
  readonly #instruments: readonly Instrument[];
  readonly #activity: WeightedIndex;
  readonly #schedule = new Schedule();
  readonly #bars = new BarBuilder();
  readonly #meanGapNs: number;

  /** Records of one moment. The list only grows: to empty it for every record would cost more than the draw. */
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
    const startSeconds = Math.floor(options.startMs / 1000);
    this.#seconds = this.#tickSeconds = startSeconds;
    this.#nanos = this.#tickNanos = Math.floor((options.startMs - startSeconds * 1000) * 1e6);
    this.#bars.advanceTo(startSeconds);
    this.#ticksToBand = this.#about(TICKS_PER_BAND);
    this.#tradesToLate = this.#about(TRADES_PER_LATE);
    this.#tradesToCorrection = this.#about(TRADES_PER_CORRECTION);
    this.#tradesToCancel = this.#about(TRADES_PER_CANCEL);
    this.#nextHaltSeconds = startSeconds + 10;
    this.#scheduleNextTick();
    this.#scheduleBars((Math.floor(startSeconds / HALF_MINUTE_S) + 1) * HALF_MINUTE_S);
    this.#fill();
  }

  /** When the record that `next` gives is due, in milliseconds of simulated time since the start. */
  get elapsedMs(): number {
    return this.#seconds * 1000 - this.#options.startMs + this.#nanos / 1e6;
  }

  /** The next record. */
  next(): AnyRecord {
    const record = this.#records[this.#sent++] as AnyRecord; // #fill left at least one
    if (this.#sent === this.#count) this.#fill();
    return record;
  }

  /** Lets time go on to the next moment that has records. */
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

  /** Ticks are a Poisson flow, at least a nanosecond apart. */
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

  /** A stock that trades; undefined when those drawn are all halted, and the moment passes. */
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

  /** A trade that happens now and is heard of later. In a halt no report comes any more. */
  #reportLater(instrument: Instrument): void {
    const trade = instrument.trade(this.#seconds, this.#nanos);
    this.#later(1, 20, () => {
      if (!instrument.isHalted) this.#send(instrument.reportLate(trade, this.#seconds - trade.seconds));
    });
  }

  /** The busiest eightieth stays open: a demo whose first stocks fall silent shows little. */
  #mayHalt(instrument: Instrument): boolean {
    return this.#instruments.indexOf(instrument) >= Math.floor(this.#instruments.length / 80);
  }

  /** Halts a stock for 15 to 45 seconds: minutes in life, here short enough to see the end. */
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

  /** Does something between `fromS` and `toS` from now, at any nanosecond. */
  #later(fromS: number, toS: number, act: () => void): void {
    const nanos = this.#nanos + this.#random.integer(SECOND_NS);
    const carry = nanos >= SECOND_NS ? 1 : 0;
    const seconds = this.#seconds + fromS + this.#random.integer(toS - fromS);
    this.#schedule.add(seconds + carry, nanos - carry * SECOND_NS, act);
  }

  /** A whole number from half of `mean` to one and a half times it. */
  #about(mean: number): number {
    return Math.ceil(mean / 2) + this.#random.integer(mean);
  }
}
