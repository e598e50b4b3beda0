import type { Trade } from "@tickerplant/client";

type OpenClose = "yes" | "if first" | "no";
interface Rule {
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

const all: Rule = { openClose: "yes", highLow: true, volume: true };
const ifFirst: Rule = { openClose: "if first", highLow: true, volume: true };
const volumeOnly: Rule = { openClose: "no", highLow: false, volume: true };
const nothing: Rule = { openClose: "no", highLow: false, volume: false };

/** Alpaca's table of sale conditions, written a second time, as simply as possible. */
function ruleOf(condition: string, tape: string, bar: "minute" | "daily"): Rule {
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

function ruleForTrade(trade: Trade, bar: "minute" | "daily"): Rule {
  const rules = trade.conditions.map((condition) => ruleOf(condition, trade.tape, bar));
  const openClose = (["no", "if first"] as const).find((word) => rules.some((one) => one.openClose === word));
  return {
    openClose: openClose ?? "yes",
    highLow: rules.every((one) => one.highLow),
    volume: rules.every((one) => one.volume),
  };
}

/** Returns the bar of trades in their order of arrival, or undefined. Slow and simple, for comparison. */
export function naiveBar(trades: readonly Trade[], bar: "minute" | "daily"): NaiveBar | undefined {
  const ruled = trades.map((trade) => ({ trade, ...ruleForTrade(trade, bar) }));
  const counted = ruled.filter(({ volume }) => volume).map(({ trade }) => trade);
  const ranged = ruled.filter(({ highLow }) => highLow).map(({ trade }) => trade);
  const averaged = ruled.filter(({ highLow, volume }) => highLow && volume).map(({ trade }) => trade);

  const priced: Trade[] = [];
  for (const { trade, openClose } of ruled) {
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
