import type { Trade } from "@tickerplant/client";

type OpenClose = "yes" | "if first" | "no";
interface Verdict {
  openClose: OpenClose;
  highLow: boolean;
  volume: boolean;
}
export interface NaiveBar {
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  tradeCount: number;
  vwap: number;
}

const all: Verdict = { openClose: "yes", highLow: true, volume: true };
const ifFirst: Verdict = { openClose: "if first", highLow: true, volume: true };
const volumeOnly: Verdict = { openClose: "no", highLow: false, volume: true };
const nothing: Verdict = { openClose: "no", highLow: false, volume: false };

/** Alpaca's table of sale conditions, read off once more and without cleverness. */
function verdictOn(condition: string, tape: string, bar: "minute" | "daily"): Verdict {
  const isMinute = bar === "minute";
  if (condition === "9") return isMinute ? nothing : { openClose: "yes", highLow: true, volume: false };
  if (condition === "T") return isMinute ? all : volumeOnly;
  if (["P", "Z", "4"].includes(condition)) return isMinute ? volumeOnly : ifFirst;
  if (condition === "G" && tape === "C") return isMinute ? volumeOnly : ifFirst;
  if (["M", "Q"].includes(condition)) return nothing;
  if (["C", "H", "I", "N", "R", "U", "V", "7"].includes(condition)) return volumeOnly;
  if (condition === "B" && (tape === "A" || tape === "B")) return volumeOnly;
  if (condition === "W" && (tape === "C" || tape === "O")) return volumeOnly;
  return all;
}

function verdict(trade: Trade, bar: "minute" | "daily"): Verdict {
  const verdicts = trade.conditions.map((condition) => verdictOn(condition, trade.tape, bar));
  const openClose = (["no", "if first"] as const).find((word) => verdicts.some((one) => one.openClose === word));
  return {
    openClose: openClose ?? "yes",
    highLow: verdicts.every((one) => one.highLow),
    volume: verdicts.every((one) => one.volume),
  };
}

/** The bar of some trades in the order of arrival, or undefined. Slow, plain, for comparison. */
export function naiveBar(trades: readonly Trade[], bar: "minute" | "daily"): NaiveBar | undefined {
  const judged = trades.map((trade) => ({ trade, ...verdict(trade, bar) }));
  const counted = judged.filter(({ volume }) => volume).map(({ trade }) => trade);
  const ranged = judged.filter(({ highLow }) => highLow).map(({ trade }) => trade);
  const averaged = judged.filter(({ highLow, volume }) => highLow && volume).map(({ trade }) => trade);

  const priced: Trade[] = [];
  for (const { trade, openClose } of judged) {
    if (openClose === "yes" || (openClose === "if first" && priced.length === 0)) priced.push(trade);
  }
  const inTime = priced.toSorted((one, other) => (one.timestampNs < other.timestampNs ? -1 : 1));
  const opening = priced.find(({ conditions }) => conditions.includes("O")) ?? inTime[0];
  const closing = inTime.at(-1);

  const volume = counted.reduce((sum, { size }) => sum + size, 0);
  if (opening === undefined || closing === undefined || ranged.length === 0 || volume === 0) return undefined;
  const dollars = averaged.reduce((sum, { price, size }) => sum + price * size, 0);
  const shares = averaged.reduce((sum, { size }) => sum + size, 0);
  return {
    open: opening.price,
    high: Math.max(...ranged.map(({ price }) => price)),
    low: Math.min(...ranged.map(({ price }) => price)),
    close: closing.price,
    volume,
    tradeCount: counted.length,
    vwap: Math.round((dollars / shares) * 1e6) / 1e6,
  };
}
