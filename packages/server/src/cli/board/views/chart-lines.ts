import type { BarMinutes, BoardBar } from "../model/board-bars.ts";
import type { Halt } from "../model/board-symbol.ts";
import type { BoardGap } from "../model/gap-list.ts";
import { type Line, left, right, type Span, type Style, span } from "../terminal/styled-text.ts";
import { clock, price } from "./figures.ts";
import type { Size } from "./scene.ts";

/** What a chart shows. */
export interface Chart {
  /** Oldest first. */
  readonly bars: readonly BoardBar[];
  readonly minutes: BarMinutes;
  readonly gaps: readonly BoardGap[];
  readonly halts: readonly Halt[];
  readonly symbol: string;
}

/** Cells of the price axis. */
const AXIS_WIDTH = 10;

/** Lines below the candles: volume, gaps, times. */
const VOLUME_ROWS = 3;
const ROWS_BELOW = VOLUME_ROWS + 2;

/** Lines between two prices of the axis. */
const GRID_ROWS = 4;

interface Slot {
  readonly bar: BoardBar | undefined;
  readonly gap: "open" | "filled" | undefined;
  readonly isHalted: boolean;
  readonly seconds: number;
}

/** Candles of half cells, volume, the lane of gaps and times: one cell for each bar. */
export function chartLines(chart: Chart, { columns, rows }: Size): Line[] {
  const width = columns - AXIS_WIDTH;
  const slots = slotsOf(chart, width);
  const bars = slots.flatMap(({ bar }) => (bar === undefined ? [] : [bar]));
  if (bars.length === 0)
    return Array.from({ length: rows }, (_, index) =>
      index === 1 ? [span("The chart begins with the first trade.", "faint")] : [],
    );
  const height = rows - ROWS_BELOW;
  const scale = scaleOf(bars, height);
  const volumes = Math.max(1, ...bars.map(({ volume }) => volume));
  const last = bars.at(-1);
  return [
    ...Array.from({ length: height }, (_, row) => [
      ...merge(slots.map((slot) => candleCell(slot, row, scale))),
      ...axis(row, scale, last),
    ]),
    ...Array.from({ length: VOLUME_ROWS }, (_, row) => [
      ...merge(slots.map((slot) => volumeCell(slot, row, volumes))),
      span(row === 0 ? " volume" : "", "faint"),
    ]),
    [...merge(slots.map(laneCell)), span(" gaps", "faint")],
    timeLine(slots, chart.minutes),
  ];
}

/** One slot for each bar's time, the newest at the right: minutes without a trade are empty. */
function slotsOf({ bars, minutes, gaps, halts, symbol }: Chart, width: number): Slot[] {
  const step = minutes * 60;
  const last = bars.at(-1)?.seconds ?? 0;
  const bySeconds = new Map(bars.map((bar) => [bar.seconds, bar]));
  const own = gaps.filter(({ symbols }) => symbols.includes(symbol) || symbols.includes("*"));
  const begin = last - (width - 1) * step;
  return Array.from({ length: width }, (_, index) => {
    const seconds = begin + index * step;
    const touching = own.filter(
      ({ from, to }) => from.getTime() < (seconds + step) * 1000 && to.getTime() > seconds * 1000,
    );
    const gap = touching.length === 0 ? undefined : touching.some(({ isFilled }) => !isFilled) ? "open" : "filled";
    const isHalted = halts.some(
      ({ sinceSeconds, untilSeconds }) => sinceSeconds < seconds + step && (untilSeconds ?? last + step) > seconds,
    );
    return { bar: bySeconds.get(seconds), gap, isHalted, seconds };
  });
}

/** Prices of the half cells, from the top. */
interface Scale {
  readonly high: number;
  readonly perHalf: number;
}

/** A flat line of prices gets a range of its own, so that it stands in the middle. */
const MIN_RANGE = 0.0005;

function scaleOf(bars: readonly BoardBar[], height: number): Scale {
  const high = Math.max(...bars.map((bar) => bar.high));
  const low = Math.min(...bars.map((bar) => bar.low));
  const range = Math.max(high - low, high * MIN_RANGE);
  const middle = (high + low) / 2;
  return { high: middle + range / 2, perHalf: range / (height * 2 - 1) };
}

function halfOf(value: number, { high, perHalf }: Scale): number {
  return Math.round((high - value) / perHalf);
}

type Part = "body" | "wick" | "none";

const CANDLES: Readonly<Record<Part, Readonly<Record<Part, string>>>> = {
  body: { body: "┃", wick: "╿", none: "╹" },
  wick: { body: "╽", wick: "│", none: "╵" },
  none: { body: "╻", wick: "╷", none: " " },
};

function candleCell({ bar, gap, isHalted }: Slot, row: number, scale: Scale): Span {
  const ground: Style = isHalted ? { ground: "haltBand" } : gap === "filled" ? { ground: "filledBand" } : {};
  const glyph = bar === undefined ? " " : CANDLES[partOf(bar, row * 2, scale)][partOf(bar, row * 2 + 1, scale)];
  if (bar !== undefined && glyph !== " ")
    return { text: glyph, tone: bar.close >= bar.open ? "up" : "down", ...ground };
  if (gap === "open") return { text: "╱", tone: "hatch", ...ground };
  if (isHalted) return { text: "░", tone: "line", ...ground };
  return { text: row % GRID_ROWS === 0 ? "·" : " ", tone: "line", ...ground };
}

function partOf({ open, high, low, close }: BoardBar, half: number, scale: Scale): Part {
  if (half < halfOf(high, scale) || half > halfOf(low, scale)) return "none";
  return half >= halfOf(Math.max(open, close), scale) && half <= halfOf(Math.min(open, close), scale) ? "body" : "wick";
}

/** The prices of the grid, and the tag of the last one. */
function axis(row: number, scale: Scale, last: BoardBar | undefined): Line {
  if (last !== undefined && Math.floor(halfOf(last.close, scale) / 2) === row)
    return [
      {
        text: right(`${price(last.close)} `, AXIS_WIDTH),
        ground: last.close >= last.open ? "upTag" : "downTag",
        isBold: true,
      },
    ];
  if (row % GRID_ROWS !== 0) return [];
  return [span(right(`${(scale.high - (row * 2 + 0.5) * scale.perHalf).toFixed(2)} `, AXIS_WIDTH), "faint")];
}

const EIGHTHS = " ▁▂▃▄▅▆▇█";

function volumeCell({ bar }: Slot, row: number, most: number): Span {
  if (bar === undefined) return span(" ");
  const eighths = Math.max(1, Math.round((bar.volume / most) * VOLUME_ROWS * 8));
  const here = Math.max(0, Math.min(8, eighths - (VOLUME_ROWS - 1 - row) * 8));
  return span(EIGHTHS[here] ?? " ", bar.close >= bar.open ? "trendUp" : "trendDown");
}

function laneCell({ gap }: Slot): Span {
  if (gap === "open") return span("▨", "warn");
  return gap === "filled" ? span("▬", "filled") : span("─", "faint");
}

/** Bars between two times of the axis. */
const TIME_STEP = 15;

function timeLine(slots: readonly Slot[], minutes: BarMinutes): Line {
  let text = "";
  for (const [index, { seconds }] of slots.entries()) {
    const isMarked = Math.round(seconds / (minutes * 60)) % TIME_STEP === 0;
    if (isMarked && index >= text.length) text = `${left(text, index)}${clock(seconds).slice(0, 5)}`;
  }
  return [span(text.slice(0, slots.length), "faint")];
}

/** Joins neighbours of one style. */
function merge(cells: readonly Span[]): Span[] {
  const spans: Span[] = [];
  for (const cell of cells) {
    const before = spans.at(-1);
    if (before !== undefined && before.tone === cell.tone && before.ground === cell.ground)
      spans[spans.length - 1] = { ...before, text: before.text + cell.text };
    else spans.push(cell);
  }
  return spans;
}
