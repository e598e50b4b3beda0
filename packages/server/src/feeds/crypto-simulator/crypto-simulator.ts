import { systemClock } from "@tickerplant/client";
import { checkOptions, type ExpectedOptions } from "../../option-checks.ts";
import type { Feed } from "../feed.ts";
import { simulationFeed } from "../simulator/simulation-feed.ts";
import {
  checkSimulation,
  pacing,
  SIMULATION_OPTIONS,
  type SimulationOptions,
  show,
} from "../simulator/simulation-options.ts";
import { cryptoPair, KNOWN_PAIRS } from "./crypto-pair.ts";
import { CryptoSimulation } from "./crypto-simulation.ts";

/** Most simulated pairs: many times as many as Alpaca trades. */
const MAX_PAIRS = 1_000;

/** Options of {@link cryptoSimulator}. */
export interface CryptoSimulatorOptions extends SimulationOptions {
  /**
   * The pairs, such as `BTC/USD`; those in front are busier. At most 1,000.
   *
   * @defaultValue twenty well-known pairs
   */
  readonly symbols?: readonly string[];
}

const OPTIONS: ExpectedOptions<CryptoSimulatorOptions> = { symbols: "checked", ...SIMULATION_OPTIONS };

/**
 * Makes a feed of simulated cryptocurrencies: order books, and the quotes, trades and bars that follow from
 * them. The market is open around the clock.
 *
 * The first record of each pair is its whole order book.
 *
 * @throws TypeError for an unknown option or a value of the wrong type.
 * @throws RangeError for a value outside its range.
 *
 * @example
 * ```ts
 * const gateway = createGateway({ feeds: { "crypto/us": cryptoSimulator({ symbols: ["BTC/USD"] }) } });
 * ```
 */
export function cryptoSimulator(options: CryptoSimulatorOptions = {}): Feed {
  checkOptions("cryptoSimulator", options, OPTIONS);
  const { seed = 1, symbols = KNOWN_PAIRS, rate = 200, start, clock = systemClock } = options;
  checkPairs(symbols);
  checkSimulation("cryptoSimulator", options);
  const pairs = symbols.map(cryptoPair);
  const openSimulation = (): CryptoSimulation =>
    new CryptoSimulation({ seed, pairs, rate, startMs: start?.getTime() ?? clock.now() });
  return simulationFeed(openSimulation, pacing(options));
}

function checkPairs(symbols: readonly string[]): void {
  if (!Array.isArray(symbols))
    throw new TypeError(`cryptoSimulator: symbols must be an array of pairs, got ${show(symbols)}`);
  if (symbols.length < 1 || symbols.length > MAX_PAIRS)
    throw new RangeError(`cryptoSimulator: symbols must have 1 to ${MAX_PAIRS} pairs, got ${symbols.length}`);
  const wrong = symbols.find(
    (symbol) => typeof symbol !== "string" || !/^[A-Z0-9]{1,15}\/[A-Z0-9]{1,15}$/.test(symbol),
  );
  if (wrong !== undefined)
    throw new TypeError(`cryptoSimulator: each symbol must be a pair such as "BTC/USD", got ${show(wrong)}`);
  const twice = symbols.find((symbol, index) => symbols.indexOf(symbol) !== index);
  if (twice !== undefined) throw new TypeError(`cryptoSimulator: symbols must be different, got ${show(twice)} twice`);
}
