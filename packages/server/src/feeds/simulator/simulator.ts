import { type Clock, systemClock } from "@tickerplant/client";
import { checkOptions, type ExpectedOptions } from "../../option-checks.ts";
import type { Feed } from "../feed.ts";
import { makeListings } from "./listing.ts";
import { MarketSimulation } from "./market-simulation.ts";
import { Random } from "./random.ts";
import { simulationFeed } from "./simulation-feed.ts";

/** Most stocks that can be simulated: several times those listed in the US; each costs about a kilobyte. */
const MAX_SYMBOLS = 50_000;

/** Highest rate: ticks are at least a nanosecond apart, and below a microsecond their times crowd. */
const MAX_RATE = 10_000_000;

/** Lowest rate, about one a day: from record to record the simulator walks through every half minute. */
const MIN_RATE = 0.00001;

/** Years of a start: the wire's times have four digits, and the last of those years has to go on somewhere. */
const MIN_YEAR = 0;
const MAX_YEAR = 9998;

/** The share of trades among trades and quotes of the US tape, about. */
const TRADE_SHARE = 0.12;

/** What {@link simulator} takes. Everything has a default. */
export interface SimulatorOptions {
  /** Any safe integer; equal seeds and options give equal records. Default 1. */
  readonly seed?: number;
  /** How many stocks, well-known ones first; or which tickers. Default 8,000. */
  readonly symbols?: number | readonly string[];
  /** Quotes and trades a second of simulated time; the other records come on top. Default 200. */
  readonly rate?: number;
  /**
   * Simulated seconds a second: 1 is real time, 60 a minute a second. `"max"` runs without a clock,
   * as fast as the readers take. Default 1.
   */
  readonly speed?: number | "max";
  /** Simulated time of the start. Default: the time at which `run` is called. */
  readonly start?: Date;
  /** Records after which the feed ends. Default: never. */
  readonly count?: number;
  /** Simulated seconds after which the feed ends. Default: never. */
  readonly durationS?: number;
  /** Clock and timers. Default: the platform's. */
  readonly clock?: Clock;
}

/** The values are checked by `simulator`, which says more about each. */
const OPTIONS: ExpectedOptions<SimulatorOptions> = {
  seed: "checked",
  symbols: "checked",
  rate: "checked",
  speed: "checked",
  start: "checked",
  count: "checked",
  durationS: "checked",
  clock: "object",
};

/**
 * A feed of made-up stocks that look like the US tape, around the clock: quotes and trades, bars
 * that follow from the trades, late trades, halts, price bands, imbalances, corrections and
 * cancels. Every record type appears within about two minutes of simulated time at the default
 * rate. The times of day of a real session are not simulated.
 *
 * Throws a `TypeError` or a `RangeError` for an option it cannot use.
 */
export function simulator(options: SimulatorOptions = {}): Feed {
  checkOptions("simulator", options, OPTIONS);
  const { seed = 1, symbols = 8_000, rate = 200, speed = 1, start, clock = systemClock } = options;
  const { count = Number.POSITIVE_INFINITY, durationS = Number.POSITIVE_INFINITY } = options;
  checkSeed(seed);
  checkSymbols(symbols);
  checkNumber("rate", rate, MAX_RATE, "records a second");
  if (rate < MIN_RATE)
    throw new RangeError(`simulator: rate is ${rate}; it must be at least 0.00001 (records a second)`);
  if (speed !== "max") checkNumber("speed", speed, Number.MAX_VALUE, 'simulated seconds a second, or "max"');
  checkNumber("count", count, Number.POSITIVE_INFINITY, "records");
  checkNumber("durationS", durationS, Number.POSITIVE_INFINITY, "seconds");
  checkStart(start);

  // Another sequence than the tape's, which is seeded with the same number.
  const listings = makeListings(symbols, new Random(-1 - seed));
  const openSimulation = (): MarketSimulation =>
    new MarketSimulation({
      seed,
      listings,
      rate,
      tradeShare: TRADE_SHARE,
      hasIncidents: true,
      startMs: start?.getTime() ?? clock.now(),
    });
  return simulationFeed(openSimulation, { speed, maxRecords: count, durationMs: durationS * 1000, clock });
}

/** Throws unless `seed` is a safe integer. */
export function checkSeed(seed: number): void {
  if (Number.isSafeInteger(seed)) return;
  throw new TypeError(`simulator: seed is ${show(seed)}; it must be a whole number between ±(2^53 - 1)`);
}

function checkNumber(name: string, value: number, max: number, unit: string): void {
  if (typeof value !== "number" || Number.isNaN(value)) {
    throw new TypeError(`simulator: ${name} is ${show(value)}; it must be a number of ${unit}`);
  }
  if (value > 0 && value <= max) return;
  const upTo = max < Number.MAX_VALUE ? ` and at most ${max}` : "";
  throw new RangeError(`simulator: ${name} is ${value}; it must be above 0${upTo} (${unit})`);
}

function checkStart(start: Date | undefined): void {
  if (start === undefined) return;
  if (!(start instanceof Date) || Number.isNaN(start.getTime()))
    throw new TypeError(`simulator: start is ${show(start)}; it must be a valid Date`);
  const year = start.getUTCFullYear();
  if (year < MIN_YEAR || year > MAX_YEAR)
    throw new RangeError(`simulator: start is in the year ${year}; it must be from ${MIN_YEAR} to ${MAX_YEAR}`);
}

function checkSymbols(symbols: number | readonly string[]): void {
  if (typeof symbols === "number") {
    if (Number.isInteger(symbols) && symbols >= 1 && symbols <= MAX_SYMBOLS) return;
    throw new RangeError(`simulator: symbols is ${symbols}; it must be a whole number from 1 to ${MAX_SYMBOLS}`);
  }
  if (!Array.isArray(symbols)) {
    throw new TypeError(`simulator: symbols is ${show(symbols)}; it must be a number or a list of tickers`);
  }
  if (symbols.length < 1 || symbols.length > MAX_SYMBOLS) {
    throw new RangeError(`simulator: symbols has ${symbols.length} tickers; it must have 1 to ${MAX_SYMBOLS}`);
  }
  const wrong = symbols.find((symbol) => typeof symbol !== "string" || !/^[A-Za-z0-9][A-Za-z0-9./-]*$/.test(symbol));
  if (wrong !== undefined) {
    throw new TypeError(`simulator: symbols holds ${show(wrong)}; each must be a ticker such as "AAPL" or "BRK.B"`);
  }
  const named = new Set<string>();
  const twice = symbols.find((symbol) => named.size === named.add(symbol).size);
  if (twice !== undefined) throw new TypeError(`simulator: symbols names ${show(twice)} twice; name each once`);
}

/** A value as an error message shows it: short, whatever it is. */
function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : String(value).slice(0, 40);
}
