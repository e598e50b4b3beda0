import type { StockTape } from "./market-codes.ts";
import type { Random } from "./random.ts";

/** Prices inside the simulator are whole ten-thousandths of a dollar, so that no rounding can show. */
export const UNITS_PER_DOLLAR = 10_000;

/** One simulated stock, as it is before the first record. */
export interface Listing {
  readonly symbol: string;
  readonly tape: StockTape;
  /** The listing exchange's letter. */
  readonly exchange: string;
  /** Price to begin with and to come back to, in ten-thousandths of a dollar. */
  readonly priceUnits: number;
  /** The largest step of the bid from one quote to the next, in ticks. */
  readonly maxStepTicks: number;
  /** The usual distance from bid to offer, in ticks. */
  readonly spreadTicks: number;
  /** The share of the price that the LULD bands leave on either side, in percent. */
  readonly bandPercent: number;
  /** Shares in a round lot: 100, fewer above 250 dollars (Regulation NMS, rule 600, since 2025-11-03). */
  readonly roundLot: number;
  /** How often it quotes and trades, in proportion to the others. */
  readonly weight: number;
}

/** Ticker, tape, listing exchange and a price in dollars that it had once. The busiest come first. */
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

/** Prices of the stocks made up, in dollars: from and to, each as likely as often as it stands here. */
// biome-ignore format: a table is read across
const PRICE_RANGES: readonly (readonly [number, number])[] = [
  [0.15, 1], [1, 5], [1, 5], [3, 10], [3, 10], [10, 25], [10, 25], [10, 25],
  [25, 60], [25, 60], [25, 60], [25, 60], [60, 150], [60, 150], [100, 250], [200, 900],
];

/** Lengths of tickers made up for each tape. */
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
 * The stocks to simulate: well-known ones first, then as many made up as asked for; or exactly the
 * tickers named. A smaller number gives a prefix of a larger one's list.
 */
export function makeListings(symbols: number | readonly string[], random: Random): readonly Listing[] {
  if (typeof symbols !== "number") return symbols.map((symbol, rank) => makeListing(symbol, rank, random));
  const taken = new Set(WELL_KNOWN.map(([symbol]) => symbol));
  return Array.from({ length: symbols }, (_, rank) => {
    const known = WELL_KNOWN[rank];
    if (known !== undefined) return makeListing(known[0], rank, random);
    const tape = random.pick(["A", "B", "C"] as const);
    return makeListing(newTicker(tape, taken, random), rank, random, tape);
  });
}

function makeListing(symbol: string, rank: number, random: Random, madeUpTape?: StockTape): Listing {
  const known = WELL_KNOWN.find(([ticker]) => ticker === symbol);
  const tape = known?.[1] ?? madeUpTape ?? random.pick(["A", "B", "C"] as const);
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
    // Zipf's law, flattened at the top: of 8,000 stocks the first 80 carry about a third.
    weight: 1 / (rank + 8),
  };
}

/** The tick at a price: a cent from one dollar up, a hundredth of a cent below (Regulation NMS, rule 612). */
export function tickUnits(priceUnits: number): number {
  return priceUnits >= UNITS_PER_DOLLAR ? UNITS_PER_DOLLAR / 100 : 1;
}

/** The price, down to a multiple of its tick. */
export function snapToTick(priceUnits: number): number {
  const tick = tickUnits(priceUnits);
  return Math.floor(priceUnits / tick) * tick;
}

function newTicker(tape: StockTape, taken: Set<string>, random: Random): string {
  for (let attempt = 0; ; attempt++) {
    // When the short ones run out, a letter more always finds room: 26^5 is far above the limit.
    const length = Math.min(5, random.pick(TICKER_LENGTHS[tape]) + Math.floor(attempt / 8));
    let ticker = "";
    for (let at = 0; at < length; at++) ticker += String.fromCharCode(65 + random.integer(26));
    if (tape === "A" && random.chance(0.04)) ticker += random.pick([".A", ".B", ".U", ".WS", ".PRA"]);
    if (taken.has(ticker)) continue;
    taken.add(ticker);
    return ticker;
  }
}
