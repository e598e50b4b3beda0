import { type Clock, systemClock } from "@tickerplant/client";
import { checkOptions } from "../../option-checks.ts";
import type { Feed } from "../feed.ts";
import { type Listing, UNITS_PER_DOLLAR } from "./listing.ts";
import { MarketSimulation } from "./market-simulation.ts";
import { simulationFeed } from "./simulation-feed.ts";
import { checkSeed, simulationDetail } from "./simulation-options.ts";

/** Alpaca sends a trade and a quote about every five seconds. */
const TRADES_PER_SECOND = 0.2;
const QUOTES_PER_SECOND = 0.2;

const FAKEPACA: Listing = {
  symbol: "FAKEPACA",
  tape: "C",
  exchange: "Q",
  priceUnits: 134 * UNITS_PER_DOLLAR,
  maxStepTicks: 5,
  spreadTicks: 20,
  bandPercent: 10,
  roundLot: 100,
  weight: 1,
};

/** Options of {@link testFeed}. */
export interface TestFeedOptions {
  /**
   * Seed of the random numbers, any safe integer; the same seed gives the same records.
   *
   * @defaultValue 1
   */
  readonly seed?: number;
  /**
   * Clock and timers, for tests in virtual time.
   *
   * @defaultValue the system's clock
   */
  readonly clock?: Clock;
}

/**
 * Makes a feed like Alpaca's test feed, `v2/test`: only the symbol `FAKEPACA`, with a trade and a quote
 * about every five seconds and minute bars, around the clock.
 *
 * Source: docs.alpaca.markets/docs/streaming-market-data.
 *
 * @throws TypeError for an unknown option or a value that cannot be used.
 *
 * @example
 * ```ts
 * const gateway = createGateway({ feeds: { iex: simulator(), test: testFeed() } });
 * ```
 */
export function testFeed(options: TestFeedOptions = {}): Feed {
  checkOptions("testFeed", options, { seed: "checked", clock: "object" });
  const { seed = 1, clock = systemClock } = options;
  checkSeed(seed);
  const rate = TRADES_PER_SECOND + QUOTES_PER_SECOND;
  const openSimulation = (): MarketSimulation =>
    new MarketSimulation({
      seed,
      listings: [FAKEPACA],
      rate,
      tradeShare: TRADES_PER_SECOND / rate,
      hasIncidents: false,
      startMs: clock.now(),
    });
  const forever = { maxRecords: Number.POSITIVE_INFINITY, durationMs: Number.POSITIVE_INFINITY };
  return simulationFeed(openSimulation, { speed: 1, clock, detail: simulationDetail(seed, 1), ...forever });
}
