import { usEquitySession } from "@tickerplant/client";
import type { BarMinutes, BoardBar } from "../model/board-bars.ts";
import type { BoardSymbol } from "../model/board-symbol.ts";
import { foreign } from "../model/foreign.ts";
import type { AnyQuote } from "../model/print.ts";
import {
  beside,
  bold,
  type Line,
  left,
  RULE_WIDTH,
  right,
  rule,
  type Span,
  span,
  spread,
} from "../terminal/styled-text.ts";
import { chartLines } from "./chart-lines.ts";
import {
  age,
  clock,
  clockMs,
  directionTone,
  dollars,
  percent,
  price,
  sidePrice,
  size,
  spreadBasisPoints,
  UNKNOWN,
  volume,
} from "./figures.ts";
import { CHART_COLUMNS, type Scene, type Size } from "./scene.ts";
import { TAPE_WIDTH, tapeHead, tapeLines } from "./tape-lines.ts";

/** Cells of the tape beside quotes and bars on a narrow terminal. */
const NARROW_TAPE_WIDTH = 31;

/** Lines of quotes and bars below a chart, with their head. */
const TABLE_ROWS = 7;

/** Lines below which a chart shows nothing. */
const MIN_CHART_ROWS = 14;

/** One symbol: figures, quotes, bars and tape, and a chart where there is room. */
export function symbolView(scene: Scene, { columns, rows }: Size): Line[] {
  const { selected, controls } = scene;
  if (selected === undefined) return [[], [span("Nothing is known of this symbol yet.", "muted")]];
  const tapeWidth = columns >= TAPE_WIDTH * 3 - 2 ? TAPE_WIDTH : NARROW_TAPE_WIDTH;
  const width = columns - tapeWidth - RULE_WIDTH;
  if (width < 40)
    return [...figureLines(selected, columns), ...tapeLines(selected, controls, { columns, rows: rows - 2 })];
  const tape = [
    tapeHead(selected, tapeWidth),
    ...tapeLines(selected, controls, { columns: tapeWidth, rows: rows - 1 }),
  ];
  return beside(details(scene, selected, { columns: width, rows }), width, tape, rows);
}

function details(scene: Scene, symbol: BoardSymbol, { columns, rows }: Size): Line[] {
  const { minutes } = scene.controls;
  const figures = figureLines(symbol, columns);
  const isChartShown =
    columns + TAPE_WIDTH + RULE_WIDTH + 2 >= CHART_COLUMNS && rows - figures.length - TABLE_ROWS - 2 >= MIN_CHART_ROWS;
  if (!isChartShown) {
    const height = rows - figures.length - 3;
    const quoteRows = Math.max(2, Math.floor(height / 2));
    return [
      ...figures,
      [],
      ...quoteLines(scene, symbol, columns, quoteRows),
      [],
      ...barLines(symbol, minutes, columns, height - quoteRows + 1),
    ];
  }
  const chartRows = rows - figures.length - TABLE_ROWS - 2;
  const bars = symbol.detail?.minutes.bars(minutes) ?? [];
  const chart = chartLines(
    { bars, minutes, gaps: scene.model.gaps.gaps, halts: symbol.halts, symbol: symbol.symbol },
    { columns, rows: chartRows },
  );
  const half = Math.floor((columns - RULE_WIDTH) / 2);
  return [
    ...figures,
    legendLine(minutes, columns),
    ...chart,
    rule(columns),
    ...beside(
      quoteLines(scene, symbol, half, TABLE_ROWS),
      half,
      barLines(symbol, minutes, columns - half - RULE_WIDTH, TABLE_ROWS),
      TABLE_ROWS,
    ),
  ];
}

/** The figures of a symbol in one or two lines, and what is the matter with it. */
function figureLines(symbol: BoardSymbol, columns: number): Line[] {
  const { first, last, previousClose, halt, luld, changePercent: change } = symbol;
  const all = symbol.detail?.minutes.bars(1) ?? [];
  const high = all.length === 0 ? undefined : Math.max(...all.map((bar) => bar.high));
  const low = all.length === 0 ? undefined : Math.min(...all.map((bar) => bar.low));
  const start: Span[] = [
    bold(price(last), directionTone(change) === "faint" ? "text" : directionTone(change)),
    span("  "),
    span(percent(change), directionTone(change)),
  ];
  const facts: Line[] = [
    previousClose === undefined ? fact("first", price(first)) : fact("previous close", price(previousClose)),
    fact("high", price(high)),
    fact("low", price(low)),
    fact("volume", volume(symbol.volume)),
    ...(luld === undefined ? [] : [fact("LULD", `${price(luld.limitDownPrice)} – ${price(luld.limitUpPrice)}`)]),
  ];
  const lines: Span[][] = [start];
  for (const each of facts) {
    const line = lines.at(-1) ?? start;
    const width = each.reduce((sum, { text }) => sum + text.length, 3);
    if (line.reduce((sum, { text }) => sum + text.length, 0) + width > columns) lines.push([...each]);
    else line.push(span("   "), ...each);
  }
  if (halt !== undefined)
    lines.push([
      { text: " HALT ", ground: "haltChip", isBold: true },
      span(` since ${clock(halt.sinceSeconds)}  ${halt.reason}`, "muted"),
    ]);
  return lines;
}

function fact(name: string, value: string): Line {
  return [span(`${name} `, "faint"), span(value)];
}

/** The last quotes with their spread, newest first. */
function quoteLines(scene: Scene, { detail, quote }: BoardSymbol, columns: number, rows: number): Line[] {
  const head = spread(
    [span("QUOTES", "faint"), span(`  ${spreadWords(quote)}`, "muted")],
    ageOf(scene, quote),
    columns,
  );
  const quotes = detail?.quotes.newestFirst().slice(0, Math.max(0, rows - 1)) ?? [];
  return [head, ...quotes.map((each) => quoteLine(each, columns >= WIDE_QUOTE_WIDTH))];
}

/** How old the newest quote is. A replay has the times of another day, and a paused board shows the past. */
function ageOf({ model, isPaused, nowMs }: Scene, quote: AnyQuote | undefined): Line {
  if (quote === undefined || isPaused || model.source === "replay") return [];
  return [span(" age ", "faint"), span(age(nowMs - quote.timestamp.getTime()), "muted")];
}

/** Cells of a quote with milliseconds and exchanges. */
const WIDE_QUOTE_WIDTH = 54;

function quoteLine(quote: AnyQuote, isWide: boolean): Line {
  const { seconds, bidPrice, bidSize, askPrice, askSize } = quote;
  const hasExchanges = isWide && "bidExchange" in quote;
  return [
    span(`${isWide ? clockMs(quote) : clock(seconds)} `, "faint"),
    span(`${right(bidPrice === 0 ? UNKNOWN : size(bidSize, 5), 5)} `, "muted"),
    ...(hasExchanges ? [span(`${left(foreign(quote.bidExchange), 1)} `, "faint")] : []),
    span(right(sidePrice(bidPrice), 9)),
    span(" × ", "faint"),
    span(left(sidePrice(askPrice), 9)),
    span(` ${right(askPrice === 0 ? UNKNOWN : size(askSize, 5), 5)} `, "muted"),
    ...(hasExchanges ? [span(left(foreign(quote.askExchange), 1), "faint")] : []),
  ];
}

/** The spread in dollars and basis points; a locked or a crossed quote in words. */
function spreadWords(quote: AnyQuote | undefined): string {
  if (quote === undefined) return "no quote yet";
  const { bidPrice, askPrice } = quote;
  const basisPoints = spreadBasisPoints(bidPrice, askPrice);
  if (basisPoints === undefined) return bidPrice === 0 ? "no bid" : "no offer";
  if (bidPrice >= askPrice) return bidPrice === askPrice ? "locked" : "crossed";
  return `spread ${dollars(Math.round((askPrice - bidPrice) * 1e8) / 1e8)}, ${basisPoints.toFixed(1)} bp`;
}

const LENGTHS: Readonly<Record<BarMinutes, string>> = { 1: "1m", 5: "5m", 15: "15m", 1440: "1D" };

/** The lengths of bars, with the one that is shown; what the signs of the chart mean. */
function legendLine(minutes: BarMinutes, columns: number): Line {
  const lengths = Object.entries(LENGTHS).flatMap(([length, name]): Line => {
    return [Number(length) === minutes ? bold(name, "accent") : span(name, "faint"), span("  ")];
  });
  const signs: Line = [
    { text: "░░", tone: "line", ground: "haltBand" },
    span(" halt  ", "muted"),
    span("▨", "warn"),
    span(" gap  ", "muted"),
    span("▬", "filled"),
    span(" filled gap", "muted"),
  ];
  return spread(lengths, signs, columns);
}

/** The last bars, newest first. */
function barLines(symbol: BoardSymbol, minutes: BarMinutes, columns: number, rows: number): Line[] {
  const width = columns >= 58 ? 9 : 8;
  const hasVolume = columns >= 6 + width * 5;
  const titles = ["OPEN", "HIGH", "LOW", "CLOSE", ...(hasVolume ? ["VOLUME"] : [])];
  const head: Line = [
    span(left(`BARS ${LENGTHS[minutes]}`, 9), "faint"),
    span(right(titles[0] ?? "", width - 3), "faint"),
    ...titles.slice(1).map((title) => span(right(title, width), "faint")),
  ];
  const bars = [...(symbol.detail?.minutes.bars(minutes) ?? [])].reverse().slice(0, Math.max(0, rows - 1));
  if (bars.length === 0) return [head, [span("A bar appears with the first trade.", "faint")]];
  return [head, ...bars.map((bar) => barLine(bar, minutes, width, hasVolume))];
}

function barLine(bar: BoardBar, minutes: BarMinutes, width: number, hasVolume: boolean): Line {
  const { seconds, open, high, low, close } = bar;
  const day = minutes === 1440 ? usEquitySession(new Date(seconds * 1000))?.date : undefined;
  return [
    span(left(day?.slice(5) ?? clock(seconds).slice(0, 5), 6), "faint"),
    ...[open, high, low].map((value) => span(right(price(value), width))),
    span(right(price(close), width), close > open ? "up" : close < open ? "down" : "text"),
    ...(hasVolume ? [span(right(volume(bar.volume), width), "muted")] : []),
  ];
}
