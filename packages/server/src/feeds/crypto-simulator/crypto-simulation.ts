import { type AnyCryptoRecord, CryptoQuote, CryptoTrade } from "@tickerplant/client";
import { Random, WeightedIndex } from "../simulator/random.ts";
import { Schedule } from "../simulator/schedule.ts";
import type { Simulation } from "../simulator/simulation-feed.ts";
import { CryptoBars } from "./crypto-bars.ts";
import { CryptoInstrument } from "./crypto-instrument.ts";
import type { CryptoPair } from "./crypto-pair.ts";

const SECOND_NS = 1_000_000_000;
const HALF_MINUTE_S = 30;

/** Bars are sent this long after their mark, as those of stocks. */
const BAR_DELAY_NS = 25_000_000;

/** Trades among the changes of books and trades; those that the wandering price causes are additional. */
const TRADE_SHARE = 0.1;

/** One late trade in so many: far more often than in reality, so that updated bars appear quickly. */
const TRADES_PER_LATE = 30;

/** A late trade is reported within so many seconds. */
const LATE_S = 20;

/** Alpaca's ids are of this magnitude, beyond 2^53. */
const FIRST_ID = 3_447_222_699_101_865_076n;

/** Options of a {@link CryptoSimulation}. */
export interface CryptoSimulationOptions {
  readonly seed: number;
  /** At least one. */
  readonly pairs: readonly CryptoPair[];
  /** Changes of books and trades per second of simulated time. */
  readonly rate: number;
  /** Milliseconds since the Unix epoch. */
  readonly startMs: number;
}

/** A pair and its bars. */
interface Market {
  readonly instrument: CryptoInstrument;
  readonly bars: CryptoBars;
}

/**
 * A simulated market of crypto: an endless sequence of records, each due at a time that never goes back,
 * the whole order book of each pair first. The same options always give the same records.
 */
export class CryptoSimulation implements Simulation {
  readonly #options: CryptoSimulationOptions;
  readonly #random: Random;
  readonly #markets: readonly Market[];
  readonly #activity: WeightedIndex;
  readonly #schedule = new Schedule();
  /** Records of one moment, the next one last. */
  #records: AnyCryptoRecord[] = [];
  #seconds: number;
  #nanos: number;
  #tickSeconds: number;
  #tickNanos: number;
  #lastId = FIRST_ID;
  #tradesToLate = TRADES_PER_LATE;

  constructor(options: CryptoSimulationOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#activity = new WeightedIndex(options.pairs.map(({ weight }) => weight));
    this.#seconds = this.#tickSeconds = Math.floor(options.startMs / 1000);
    this.#nanos = this.#tickNanos = Math.floor((options.startMs - this.#seconds * 1000) * 1e6);
    this.#markets = options.pairs.map((pair) => this.#open(pair));
    this.#records.reverse();
    this.#scheduleNextTick();
    this.#scheduleBars((Math.floor(this.#seconds / HALF_MINUTE_S) + 1) * HALF_MINUTE_S);
  }

  get elapsedMs(): number {
    return this.#seconds * 1000 - this.#options.startMs + this.#nanos / 1e6;
  }

  next(): AnyCryptoRecord {
    const record = this.#records.pop() as AnyCryptoRecord; // filled by the constructor, then below
    while (this.#records.length === 0) this.#advance();
    return record;
  }

  #open(pair: CryptoPair): Market {
    const instrument = new CryptoInstrument(pair, this.#random, () => ++this.#lastId);
    this.#records.push(...instrument.open(this.#seconds, this.#nanos));
    return { instrument, bars: new CryptoBars(pair.symbol, this.#seconds, midpointOf(instrument)) };
  }

  /** Advances to the next tick or the next scheduled action. */
  #advance(): void {
    const { dueSeconds, dueNanos } = this.#schedule;
    const isTickNext =
      this.#tickSeconds < dueSeconds || (this.#tickSeconds === dueSeconds && this.#tickNanos < dueNanos);
    this.#seconds = isTickNext ? this.#tickSeconds : dueSeconds;
    this.#nanos = isTickNext ? this.#tickNanos : dueNanos;
    if (isTickNext) {
      this.#tick();
      this.#scheduleNextTick();
    } else this.#schedule.pop()?.();
    this.#records.reverse();
  }

  /** Ticks are a Poisson process, at least a nanosecond apart. */
  #scheduleNextTick(): void {
    const nanos = this.#tickNanos + 1 + Math.floor((this.#random.exponential() * SECOND_NS) / this.#options.rate);
    const carry = Math.floor(nanos / SECOND_NS);
    this.#tickSeconds += carry;
    this.#tickNanos = nanos - carry * SECOND_NS;
  }

  #tick(): void {
    const market = this.#markets[this.#activity.draw(this.#random)] as Market; // one of the weights'
    const records = market.instrument.step(TRADE_SHARE, this.#seconds, this.#nanos);
    for (const record of records) {
      if (record instanceof CryptoTrade && --this.#tradesToLate <= 0) this.#reportLate(market, record);
      else this.#add(market, record);
    }
  }

  #reportLate(market: Market, trade: CryptoTrade): void {
    this.#tradesToLate = TRADES_PER_LATE;
    const seconds = this.#seconds + 1 + this.#random.integer(LATE_S);
    this.#schedule.add(seconds, this.#random.integer(SECOND_NS), () => this.#add(market, trade));
  }

  #add({ bars, instrument }: Market, record: AnyCryptoRecord): void {
    if (record instanceof CryptoTrade) bars.addTrade(record);
    else if (record instanceof CryptoQuote) bars.addMidpoint(midpointOf(instrument));
    this.#records.push(record);
  }

  /** Ends the bars of a mark exactly then, because a trade right after it belongs to the next ones, and sends them later. */
  #scheduleBars(markSeconds: number): void {
    this.#schedule.add(markSeconds, 0, () => {
      const isMinute = markSeconds % (2 * HALF_MINUTE_S) === 0;
      const ended = this.#markets.flatMap(({ instrument, bars }) =>
        isMinute ? bars.passMinute(markSeconds, midpointOf(instrument)) : bars.passHalfMinute(),
      );
      this.#schedule.add(markSeconds, BAR_DELAY_NS, () => void this.#records.push(...ended));
      this.#scheduleBars(markSeconds + HALF_MINUTE_S);
    });
  }
}

/** The midpoint, or the first price while one side has no orders. */
function midpointOf({ midpoint, pair }: CryptoInstrument): number {
  return midpoint ?? pair.priceSteps / 10 ** pair.decimals;
}
