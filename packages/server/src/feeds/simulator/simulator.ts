import { type Clock, systemClock } from "@tickerplant/client";
import { checkOptions, type ExpectedOptions } from "../../option-checks.ts";
import type { Feed } from "../feed.ts";
import { makeListings } from "./listing.ts";
import { MarketSimulation } from "./market-simulation.ts";
import { Random } from "./random.ts";
import { simulationFeed } from "./simulation-feed.ts";

/** Most simulated stocks: several times as many as are listed in the US; each takes about a kilobyte. */
const MAX_SYMBOLS = 50_000;

/** Highest rate, in records per second: ticks are at least a nanosecond apart. */
const MAX_RATE = 10_000_000;

/** Lowest rate, about one record per day: between two records the simulator computes every half minute. */
const MIN_RATE = 0.00001;

/** Years in which a simulation can start: times on the wire have years of four digits, and it may run for a year. */
const MIN_YEAR = 0;
const MAX_YEAR = 9998;

/** The approximate share of trades among trades and quotes in the US market. */
const TRADE_SHARE = 0.12;

/** Options of {@link simulator}. */
export interface SimulatorOptions {
  /**
   * Seed of the random numbers, any safe integer. The same seed, options and start give the same records.
   *
   * @defaultValue 1
   */
  readonly seed?: number;
  /**
   * Number of stocks, well-known ones first; or their tickers. At most 50,000.
   *
   * @defaultValue 8,000
   */
  readonly symbols?: number | readonly string[];
  /**
   * Quotes and trades per second of simulated time; the other records are additional. From 0.00001 to
   * 10,000,000.
   *
   * @defaultValue 200
   */
  readonly rate?: number;
  /**
   * Simulated seconds per second: 1 is real time, 60 is a minute per second. `"max"` runs without a clock, as
   * fast as the clients read.
   *
   * @defaultValue 1
   */
  readonly speed?: number | "max";
  /**
   * Simulated time of the start.
   *
   * @defaultValue the time at which `run` is called
   */
  readonly start?: Date;
  /**
   * Number of records after which the feed ends.
   *
   * @defaultValue no limit
   */
  readonly count?: number;
  /**
   * Simulated seconds after which the feed ends.
   *
   * @defaultValue no limit
   */
  readonly durationS?: number;
  /**
   * Clock and timers, for tests in virtual time.
   *
   * @defaultValue the system's clock
   */
  readonly clock?: Clock;
}

/** `simulator` checks the values, because its messages give the allowed range. */
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
 * Makes a feed of simulated stocks: quotes and trades, bars built from the trades, late trades, halts, price
 * bands, imbalances, corrections and cancels.
 *
 * At the default rate every type of record appears within about two minutes of simulated time. The market is
 * open around the clock.
 *
 * @throws TypeError for an unknown option or a value of the wrong type.
 * @throws RangeError for a value outside its range.
 *
 * @example
 * ```ts
 * const gateway = createGateway({ feeds: { iex: simulator({ symbols: ["AAPL", "MSFT"], seed: 7 }) } });
 * ```
 */
export function simulator(options: SimulatorOptions = {}): Feed {
  checkOptions("simulator", options, OPTIONS);
  const { seed = 1, symbols = 8_000, rate = 200, speed = 1, start, clock = systemClock } = options;
  const { count = Number.POSITIVE_INFINITY, durationS = Number.POSITIVE_INFINITY } = options;
  checkSeed(seed);
  checkSymbols(symbols);
  checkNumber("rate", rate, MAX_RATE, "records per second");
  if (rate < MIN_RATE)
    throw new RangeError(`simulator: rate must be at least 0.00001 (records per second), got ${rate}`);
  if (speed !== "max") checkNumber("speed", speed, Number.MAX_VALUE, 'simulated seconds per second, or "max"');
  checkNumber("count", count, Number.POSITIVE_INFINITY, "records");
  checkNumber("durationS", durationS, Number.POSITIVE_INFINITY, "seconds");
  checkStart(start);

  // A sequence different from that of the simulation, which has the same seed.
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

/** @throws TypeError unless `seed` is a safe integer. */
export function checkSeed(seed: number): void {
  if (Number.isSafeInteger(seed)) return;
  throw new TypeError(`simulator: seed must be a whole number from -(2^53 - 1) to 2^53 - 1, got ${show(seed)}`);
}

function checkNumber(name: string, value: number, max: number, unit: string): void {
  if (typeof value !== "number" || Number.isNaN(value)) {
    throw new TypeError(`simulator: ${name} must be a number (${unit}), got ${show(value)}`);
  }
  if (value > 0 && value <= max) return;
  const upTo = max < Number.MAX_VALUE ? ` and at most ${max}` : "";
  throw new RangeError(`simulator: ${name} must be above 0${upTo} (${unit}), got ${value}`);
}

function checkStart(start: Date | undefined): void {
  if (start === undefined) return;
  if (!(start instanceof Date) || Number.isNaN(start.getTime()))
    throw new TypeError(`simulator: start must be a valid Date, got ${show(start)}`);
  const year = start.getUTCFullYear();
  if (year < MIN_YEAR || year > MAX_YEAR)
    throw new RangeError(`simulator: start must be in a year from ${MIN_YEAR} to ${MAX_YEAR}, got ${year}`);
}

function checkSymbols(symbols: number | readonly string[]): void {
  if (typeof symbols === "number") {
    if (Number.isInteger(symbols) && symbols >= 1 && symbols <= MAX_SYMBOLS) return;
    throw new RangeError(`simulator: symbols must be a whole number from 1 to ${MAX_SYMBOLS}, got ${symbols}`);
  }
  if (!Array.isArray(symbols)) {
    throw new TypeError(`simulator: symbols must be a number or an array of tickers, got ${show(symbols)}`);
  }
  if (symbols.length < 1 || symbols.length > MAX_SYMBOLS) {
    throw new RangeError(`simulator: symbols must have 1 to ${MAX_SYMBOLS} tickers, got ${symbols.length}`);
  }
  const wrong = symbols.find((symbol) => typeof symbol !== "string" || !/^[A-Za-z0-9][A-Za-z0-9./-]*$/.test(symbol));
  if (wrong !== undefined) {
    throw new TypeError(`simulator: each symbol must be a ticker such as "AAPL" or "BRK.B", got ${show(wrong)}`);
  }
  const named = new Set<string>();
  const twice = symbols.find((symbol) => named.size === named.add(symbol).size);
  if (twice !== undefined) throw new TypeError(`simulator: symbols must be different, got ${show(twice)} twice`);
}

/** Formats a value for an error message, in at most about 40 characters. */
function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : String(value).slice(0, 40);
}
