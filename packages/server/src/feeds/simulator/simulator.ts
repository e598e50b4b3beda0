import { systemClock } from "@tickerplant/client";
import { checkOptions, type ExpectedOptions } from "../../option-checks.ts";
import type { Feed } from "../feed.ts";
import { makeListings } from "./listing.ts";
import { MarketSimulation } from "./market-simulation.ts";
import { Random } from "./random.ts";
import { simulationFeed } from "./simulation-feed.ts";
import { checkSimulation, pacing, SIMULATION_OPTIONS, type SimulationOptions, show } from "./simulation-options.ts";

/** Most simulated stocks: several times as many as are listed in the US; each takes about a kilobyte. */
const MAX_SYMBOLS = 50_000;

/** Longest past, a week: its bars are made minute by minute at the start. */
export const MAX_PAST_S = 604_800;

/** The approximate share of trades among trades and quotes in the US market. */
const TRADE_SHARE = 0.12;

/** Options of {@link simulator}. */
export interface SimulatorOptions extends SimulationOptions {
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
   * Simulated seconds before the start whose records are published at once when the feed runs, for history; clients
   * get only later records. The past begins with a daily bar of the previous trading day for each stock. It has at
   * most 200,000 quotes and trades and no halts, and does not count towards `count` and `durationS`. At most 604,800,
   * a week; not with the speed `"max"`.
   *
   * @defaultValue 0
   */
  readonly pastS?: number;
}

const OPTIONS: ExpectedOptions<SimulatorOptions> = { symbols: "checked", ...SIMULATION_OPTIONS, pastS: "checked" };

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
  const { seed = 1, symbols = 8_000, rate = 200, start, pastS = 0, clock = systemClock } = options;
  checkSymbols(symbols);
  checkSimulation("simulator", options);
  checkPast(pastS, options.speed);

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
      pastS,
    });
  return simulationFeed(openSimulation, pacing(options));
}

function checkPast(pastS: number, speed: SimulatorOptions["speed"]): void {
  if (typeof pastS !== "number" || Number.isNaN(pastS))
    throw new TypeError(`simulator: pastS must be a number (seconds), got ${show(pastS)}`);
  if (pastS < 0 || pastS > MAX_PAST_S)
    throw new RangeError(`simulator: pastS must be from 0 to ${MAX_PAST_S} (seconds), got ${pastS}`);
  // Such a feed waits for its first client, which would get the past at once.
  if (pastS > 0 && speed === "max") throw new RangeError('simulator: pastS must be 0 with the speed "max"; set start');
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
