import type { StockTape } from "./market-codes.ts";
import type { Random } from "./random.ts";

/** Prices inside the simulator are integers, in ten-thousandths of a dollar, which avoids rounding errors. */
export const UNITS_PER_DOLLAR = 10_000;

/** One simulated stock before its first record. */
export interface Listing {
  readonly symbol: string;
  readonly tape: StockTape;
  /** Letter of the listing exchange. */
  readonly exchange: string;
  /** Price at the start, to which the price tends back, in ten-thousandths of a dollar. */
  readonly priceUnits: number;
  /** The largest step of the bid from one quote to the next, in ticks. */
  readonly maxStepTicks: number;
  /** The normal distance from bid to offer, in ticks. */
  readonly spreadTicks: number;
  /** Distance of the LULD bands from the price, in percent of it. */
  readonly bandPercent: number;
  /** Shares in a round lot: 100, fewer above 250 dollars (Regulation NMS, rule 600, since 2025-11-03). */
  readonly roundLot: number;
  /** How often it quotes and trades, relative to the other stocks. */
  readonly weight: number;
}

/** Ticker, tape, listing exchange and a past price in dollars; the busiest first. */
// biome-ignore format: a table is read across
const WELL_KNOWN: readonly (readonly [string, StockTape, string, number])[] = [
  ["SPY", "B", "P", 671], ["NVDA", "C", "Q", 190], ["TSLA", "C", "Q", 404], ["QQQ", "C", "Q", 608],
  ["AAPL", "C", "Q", 272], ["AMD", "C", "Q", 246], ["MSFT", "C", "Q", 510], ["AMZN", "C", "Q", 234],
  ["META", "C", "Q", 609], ["GOOGL", "C", "Q", 276], ["PLTR", "C", "Q", 174], ["INTC", "C", "Q", 35],
  ["IWM", "B", "P", 237], ["AVGO", "C", "Q", 342], ["NFLX", "C", "Q", 111], ["BAC", "A", "N", 52],
  ["SOFI", "C", "Q", 26], ["F", "A", "N", 13], ["COIN", "C", "Q", 284], ["MU", "C", "Q", 246],
  ["JPM", "A", "N", 303], ["XOM", "A", "N", 119], ["GOOG", "C", "Q", 277], ["DIA", "B", "P", 471],
  ["TQQQ", "C", "Q", 103], ["SQQQ", "C", "Q", 14], ["WMT", "A", "N", 102], ["ORCL", "A", "N", 222],
  ["BABA", "A", "N", 153], ["UBER", "A", "N", 92], ["DIS", "A", "N", 105], ["T", "A", "N", 25],
  ["VZ", "A", "N", 41], ["PFE", "A", "N", 25], ["KO", "A", "N", 71], ["BA", "A", "N", 194],
  ["GE", "A", "N", 304], ["C", "A", "N", 100], ["BRK.B", "A", "N", 508], ["GLD", "B", "P", 375],
  ["TLT", "C", "Q", 89], ["XLF", "B", "P", 52], ["VOO", "B", "P", 617], ["EEM", "B", "P", 54],
  ["ARKK", "B", "Z", 77], ["UVXY", "B", "Z", 12], ["GME", "A", "N", 20], ["AMC", "A", "N", 2.3],
  ["HD", "A", "N", 362], ["V", "A", "N", 330], ["COST", "C", "Q", 923], ["CSCO", "C", "Q", 78],
];

/** Price ranges of invented stocks, in dollars, to draw from evenly; repeated ranges are more likely. */
// biome-ignore format: a table is read across
const PRICE_RANGES: readonly (readonly [number, number])[] = [
  [0.15, 1], [1, 5], [1, 5], [3, 10], [3, 10], [10, 25], [10, 25], [10, 25],
  [25, 60], [25, 60], [25, 60], [25, 60], [60, 150], [60, 150], [100, 250], [200, 900],
];

/** Lengths of invented tickers by tape, to draw from evenly. */
const TICKER_LENGTHS: Readonly<Record<StockTape, readonly number[]>> = {
  A: [1, 2, 2, 3, 3, 3, 3, 3, 3, 4],
  B: [3, 4, 4, 4, 4, 4, 4],
  C: [4, 4, 4, 4, 4, 4, 4, 4, 4, 5],
};

const EXCHANGES: Readonly<Record<StockTape, readonly string[]>> = {
  A: ["N"],
  B: ["P", "P", "P", "P", "P", "Z", "Z", "A"],
  C: ["Q"],
};

/**
 * Makes the listings to simulate: for a number, well-known stocks first, then invented ones; for tickers,
 * exactly those. A smaller number gives the first listings of a larger one.
 */
export function makeListings(symbols: number | readonly string[], random: Random): readonly Listing[] {
  if (typeof symbols !== "number") return symbols.map((symbol, rank) => makeListing(symbol, rank, random));
  const used = new Set(WELL_KNOWN.map(([symbol]) => symbol));
  return Array.from({ length: symbols }, (_, rank) => {
    const known = WELL_KNOWN[rank];
    if (known !== undefined) return makeListing(known[0], rank, random);
    const tape = random.pick(["A", "B", "C"] as const);
    return makeListing(newTicker(tape, used, random), rank, random, tape);
  });
}

function makeListing(symbol: string, rank: number, random: Random, drawnTape?: StockTape): Listing {
  const known = WELL_KNOWN.find(([ticker]) => ticker === symbol);
  const tape = known?.[1] ?? drawnTape ?? random.pick(["A", "B", "C"] as const);
  const [low, high] = random.pick(PRICE_RANGES);
  const drawnUnits = Math.round((low + random.uniform() * (high - low)) * UNITS_PER_DOLLAR);
  const exchange = random.pick(EXCHANGES[tape]);
  const thinness = 1 + random.integer(rank < 500 ? 3 : 12);
  const priceUnits = snapToTick(known === undefined ? drawnUnits : known[3] * UNITS_PER_DOLLAR);
  const dollars = priceUnits / UNITS_PER_DOLLAR;
  return {
    symbol,
    tape,
    exchange: known?.[2] ?? exchange,
    priceUnits,
    maxStepTicks: 1 + Math.floor(dollars / 120),
    spreadTicks: 1 + Math.floor((dollars * thinness) / (rank < 50 ? 900 : 150)),
    bandPercent: dollars < 3 ? 20 : rank < 500 ? 5 : 10,
    roundLot: dollars <= 250 ? 100 : dollars <= 1000 ? 40 : 10,
    // Zipf's law, flattened at the top: of 8,000 stocks the first 80 make about a third of the records.
    weight: 1 / (rank + 8),
  };
}

/** Returns the tick size at a price: one cent from one dollar up, a hundredth of a cent below (Regulation NMS, rule 612). */
export function tickUnits(priceUnits: number): number {
  return priceUnits >= UNITS_PER_DOLLAR ? UNITS_PER_DOLLAR / 100 : 1;
}

/** Rounds a price down to a multiple of its tick size. */
export function snapToTick(priceUnits: number): number {
  const tick = tickUnits(priceUnits);
  return Math.floor(priceUnits / tick) * tick;
}

function newTicker(tape: StockTape, used: Set<string>, random: Random): string {
  for (let attempt = 0; ; attempt++) {
    // When short tickers run out, longer ones are tried: the limit is far below 26^5.
    const length = Math.min(5, random.pick(TICKER_LENGTHS[tape]) + Math.floor(attempt / 8));
    let ticker = "";
    for (let at = 0; at < length; at++) ticker += String.fromCharCode(65 + random.integer(26));
    if (tape === "A" && random.chance(0.04)) ticker += random.pick([".A", ".B", ".U", ".WS", ".PRA"]);
    if (used.has(ticker)) continue;
    used.add(ticker);
    return ticker;
  }
}
