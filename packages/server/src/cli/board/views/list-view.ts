import type { SortKey } from "../keys/symbol-order.ts";
import type { BoardSymbol } from "../model/board-symbol.ts";
import {
  beside,
  bold,
  fitted,
  grounded,
  type Line,
  left,
  RULE_WIDTH,
  right,
  type Span,
  span,
  spread,
} from "../terminal/styled-text.ts";
import {
  blocks,
  clock,
  directionTone,
  duration,
  percent,
  price,
  shortSize,
  sidePrice,
  size,
  spreadBasisPoints,
  UNKNOWN,
  volume,
} from "./figures.ts";
import { type Scene, type Size, WIDE_COLUMNS } from "./scene.ts";
import { printLine, TAPE_WIDTH, tapeHead, tapeLines } from "./tape-lines.ts";

interface Column {
  readonly title: string;
  readonly width: number;
  readonly alignsLeft?: true;
  /** Order in which columns are left out on a narrow terminal: the highest first; 0 never. */
  readonly rank: number;
  readonly sortKey?: SortKey;
  /** Whether it shows a part of the quote, which gives way to what is the matter with the symbol. */
  readonly isQuote?: true;
  /** Whether a narrow terminal never shows it. */
  readonly isForWide?: true;
  cell(symbol: BoardSymbol, move: "up" | "down" | undefined): Span;
}

/** Block heights that a trend uses: the two highest are left out, so that rows stay apart. */
const TREND_HEIGHTS = 6;

/** Cells of name and trend together: pairs of crypto have longer names and get a shorter trend. */
const NAME_AND_TREND_WIDTH = 16;
const STOCK_NAME_WIDTH = 8;
const PAIR_NAME_WIDTH = 10;

// biome-ignore format: a table is read across
const columnsOf = (nameWidth: number): readonly Column[] => [
  { title: "SYMBOL", width: nameWidth, rank: 0, alignsLeft: true, sortKey: "symbol", cell: ({ name }) => bold(left(name, nameWidth)) },
  { title: "TREND", width: NAME_AND_TREND_WIDTH - nameWidth, rank: 5, isForWide: true, alignsLeft: true, cell: (symbol) => trendCell(symbol, NAME_AND_TREND_WIDTH - nameWidth) },
  { title: "LAST", width: 9, rank: 1, cell: lastCell },
  { title: "CHANGE", width: 9, rank: 3, sortKey: "change", cell: changeCell },
  { title: "BID × ASK  ", width: 21, rank: 2, isQuote: true, cell: quoteCell },
  { title: "SIZES", width: 9, rank: 4, isQuote: true, cell: ({ quote }) => span(right(sizesOf(quote), 9), "faint") },
  { title: "SPREAD", width: 8, rank: 7, isForWide: true, isQuote: true, cell: ({ quote }) => span(right(spreadOf(quote), 8), "faint") },
  { title: "VOLUME", width: 8, rank: 6, sortKey: "volume", cell: (symbol) => span(right(volume(symbol.volume), 8), "muted") },
  { title: "RECORDS", width: 9, rank: 8, sortKey: "activity", cell: ({ recordCount }) => span(right(size(recordCount, 8), 9), "faint") },
];

const STOCK_COLUMNS = columnsOf(STOCK_NAME_WIDTH);
const PAIR_COLUMNS = columnsOf(PAIR_NAME_WIDTH);

/** The list of symbols; on a wide terminal with the tape of the selected one, else with a line of it. */
export function listView(scene: Scene, { columns, rows }: Size): Line[] {
  if (scene.model.symbols.size === 0) return emptyList(scene);
  if (columns + 2 < WIDE_COLUMNS) {
    const tape = scene.selected === undefined ? [] : lastPrints(scene.selected, columns);
    return [...list(scene, { columns, rows: rows - 1 }, false), tape];
  }
  const width = columns - TAPE_WIDTH - RULE_WIDTH;
  const tape =
    scene.selected === undefined
      ? []
      : [
          tapeHead(scene.selected, TAPE_WIDTH),
          ...tapeLines(scene.selected, scene.controls, { columns: TAPE_WIDTH, rows: rows - 1 }),
        ];
  return beside(list(scene, { columns: width, rows }, true), width, tape, rows);
}

function emptyList({ model }: Scene): Line[] {
  const words = model.connection.isConnected
    ? "Symbols appear with their first trade or quote."
    : "Connecting. Symbols appear with their first trade or quote.";
  return [[], [span(words, "muted")]];
}

/** Lines of the list above its rows. */
export const LIST_HEAD_ROWS = 1;

function list(
  { rows: symbols, top, selected, moves, controls, feed }: Scene,
  { columns, rows }: Size,
  isWide: boolean,
): Line[] {
  const { shown, gap } = columnsFor(columns, isWide, feed.startsWith("crypto/") ? PAIR_COLUMNS : STOCK_COLUMNS);
  const blank = span(" ".repeat(gap));
  const head = shown.flatMap((column): Line => [headCell(column, controls.sortKey, controls.isReversed), blank]);
  const height = Math.max(0, rows - LIST_HEAD_ROWS);
  const lines = symbols.slice(top, top + height).map((symbol): Line => {
    const line = fitted(rowLine(symbol, shown, blank, moves.get(symbol.symbol)), columns);
    return symbol.symbol === selected?.symbol ? grounded(line, "selected") : line;
  });
  if (symbols.length === 0)
    lines.push([span(`No symbol contains "${controls.filter}". Press esc to clear the filter.`, "muted")]);
  while (lines.length < height) lines.push([]);
  return [head, ...lines];
}

/** Returns the columns that fit, and the blanks between them. */
function columnsFor(
  width: number,
  isWide: boolean,
  columns: readonly Column[],
): { readonly shown: readonly Column[]; readonly gap: number } {
  let room = width;
  const fitting = new Set<Column>();
  for (const column of [...columns].sort((one, other) => one.rank - other.rank)) {
    if (column.isForWide && !isWide) continue;
    if (column.rank > 0 && room < column.width) break;
    fitting.add(column);
    room -= column.width + 1;
  }
  const shown = columns.filter((column) => fitting.has(column));
  const spare = Math.max(0, room + 1);
  return { shown, gap: 1 + Math.min(MAX_SPARE_GAP, Math.floor(spare / Math.max(1, shown.length - 1))) };
}

/** Blanks between two columns that room allows, beyond one: further ones would tear the rows. */
const MAX_SPARE_GAP = 2;

function headCell({ title, width, alignsLeft, sortKey }: Column, sortedBy: SortKey, isReversed: boolean): Span {
  const isSorted = sortKey === sortedBy;
  const text = isSorted ? `${title} ${isReversed ? "▲" : "▼"}` : title;
  return span(alignsLeft ? left(text, width) : right(text, width), isSorted ? "muted" : "faint");
}

/** A row. What is the matter with the symbol stands in place of its quote. */
function rowLine(symbol: BoardSymbol, shown: readonly Column[], blank: Span, move: "up" | "down" | undefined): Line {
  if (symbol.rejection !== undefined)
    return [span(left(symbol.name, STOCK_NAME_WIDTH), "muted"), blank, span(`rejected: ${symbol.rejection}`, "warn")];
  const note = noteOf(symbol);
  const quoteColumns = shown.filter(({ isQuote }) => isQuote);
  const noteWidth = quoteColumns.reduce((sum, { width }) => sum + width + blank.text.length, -blank.text.length);
  return shown.flatMap((column): Line => {
    if (note === undefined || column.isQuote === undefined) return [column.cell(symbol, move), blank];
    return column === quoteColumns[0] ? [...fitted([span("  "), ...note], noteWidth), blank] : [];
  });
}

function noteOf({ halt, silentMs }: BoardSymbol): Line | undefined {
  if (halt !== undefined)
    return [{ text: " HALT ", ground: "haltChip", isBold: true }, span(` since ${clock(halt.sinceSeconds)}`, "muted")];
  return silentMs === undefined ? undefined : [span(`silent ${duration(silentMs)}`, "warn")];
}

function lastCell({ last }: BoardSymbol, move: "up" | "down" | undefined): Span {
  const text = right(price(last), 9);
  if (last === undefined) return span(text, "faint");
  return move === undefined ? span(text) : bold(text, move);
}

function quoteCell({ quote }: BoardSymbol): Span {
  return span(`${right(sidePrice(quote?.bidPrice), 9)} × ${left(sidePrice(quote?.askPrice), 9)}`);
}

function changeCell({ changePercent }: BoardSymbol): Span {
  return span(right(percent(changePercent), 9), directionTone(changePercent));
}

function trendCell({ trend: { prices }, changePercent }: BoardSymbol, width: number): Span {
  const shown = prices.slice(-width);
  const text = blocks(shown, TREND_HEIGHTS, Math.min(...shown), Math.max(...shown));
  const tone = directionTone(changePercent);
  return span(left(text, width), tone === "up" ? "trendUp" : tone === "down" ? "trendDown" : "faint");
}

function sizesOf(quote: BoardSymbol["quote"]): string {
  if (quote === undefined) return UNKNOWN;
  return `${sideSize(quote.bidPrice, quote.bidSize)}×${sideSize(quote.askPrice, quote.askSize)}`;
}

/** The spread in basis points of the price in the middle. */
function spreadOf(quote: BoardSymbol["quote"]): string {
  const points = quote === undefined ? undefined : spreadBasisPoints(quote.bidPrice, quote.askPrice);
  return points === undefined ? UNKNOWN : `${points.toFixed(1)} bp`;
}

function sideSize(sidePrice: number, value: number): string {
  return sidePrice === 0 ? UNKNOWN : shortSize(value);
}

/** The last trades of a symbol in one line. */
function lastPrints(symbol: BoardSymbol, columns: number): Line {
  const line: Span[] = [bold(left(symbol.name, 8)), span(" ")];
  for (const print of symbol.detail?.prints.newestFirst().slice(0, Math.ceil(columns / 10)) ?? [])
    line.push(...printLine(print), span("   "));
  return spread(line, [], columns);
}
