import type { Gap } from "../market/gap-ledger.ts";
import type { HaltSpan } from "../market/halt-log.ts";
import { counted, price } from "../ui/figures.ts";
import { datedMinute, isoDate } from "../ui/new-york.ts";
import type { Slot } from "./candles.ts";
import type { ChartTimeframe } from "./timeframes.ts";

/** Sums up what the chart shows, for readers of the screen. */
export function chartSummary(
  symbol: string,
  timeframe: ChartTimeframe,
  slots: readonly Slot[],
  gaps: readonly Gap[],
  halts: readonly HaltSpan[],
  nowMs: number,
): string {
  const candles = slots.flatMap(({ candle }) => candle ?? []);
  const [first, last] = [slots[0], slots.at(-1)];
  const title = `${symbol}, candles of ${timeframe.name}`;
  if (first === undefined || last === undefined || candles.length === 0) return `${title}: no bars`;
  const isDay = timeframe.base === "1Day";
  const shown = (ms: number): string => (isDay ? isoDate(ms) : datedMinute(ms, nowMs));
  const zone = isDay ? "" : " New York time";
  const low = Math.min(...candles.map((candle) => candle.low));
  const high = Math.max(...candles.map((candle) => candle.high));
  const open = gaps.filter(({ state }) => state !== "filled").length;
  return [
    `${title}, ${shown(first.startMs)} to ${shown(last.startMs)}${zone}`,
    `last ${price(candles.at(-1)?.close)}, low ${price(low)}, high ${price(high)}`,
    `${counted(open, "open gap")}, ${counted(gaps.length - open, "filled gap")}, ${counted(halts.length, "halt")}`,
    "arrows move, plus and minus zoom, v shows a table",
  ].join("; ");
}
