import {
  type Bar,
  exchangeName,
  type Quote,
  type StreamMetrics,
  type Trade,
  tradeConditionName,
} from "@tickerplant/client";
import { showCompact, showCount, showDuration, showPrice } from "../output/numbers.ts";
import type { Paint, Style } from "../output/paint.ts";

/** The state of one symbol on the board, updated in place. */
export interface BoardRow {
  readonly symbol: string;
  /** Number of records of any kind. */
  recordCount: number;
  tradeCount: number;
  /** Shares traded since the start of the board. */
  volume: number;
  /** Price of the first trade, in US dollars per share. */
  first?: number;
  /** Price of the last trade, in US dollars per share. */
  last?: number;
  lastTrade?: Trade;
  /** Direction of the last price change: up (1) or down (-1). */
  direction: -1 | 0 | 1;
  /** Time of the newest record. */
  seconds: number;
  nanos: number;
  quote?: Quote;
  bar?: Bar;
  /** The trading status while trading is not normal; empty otherwise. */
  status: string;
}

/** Content of the lines below the rows. */
export interface BoardFooter {
  /** The last trades, newest first. */
  readonly lastTrades: { symbol: string; price: number; size: number; direction: -1 | 0 | 1 }[];
  /** State of the connection. */
  readonly state: string;
  readonly recordsPerSecond: number;
  readonly metrics: StreamMetrics;
  /** Number of symbols received, shown or not. */
  readonly symbolCount: number;
}

interface Column {
  readonly title: string;
  readonly width: number;
  readonly alignsLeft?: true;
  /** Order in which columns are hidden on a narrow terminal: the highest first; 0 never. */
  readonly rank: number;
  /** Characters that must remain free for the column to be shown. Default 0. */
  readonly spare?: number;
  text(row: BoardRow): string;
  style?(row: BoardRow): Style | undefined;
}

const directionStyle = ({ direction }: { readonly direction: -1 | 0 | 1 }): Style | undefined =>
  direction > 0 ? "green" : direction < 0 ? "red" : undefined;

const price = (value: number | undefined): string => (value === undefined ? "" : showPrice(value));
const count = (value: number | undefined): string => (value === undefined ? "" : showCompact(value));

const STATUS_WIDTH = 7;

/** How much wider the status column may get if there is room: enough for `Volatility Trading Pause`. */
const STATUS_GROWTH = 17;

// biome-ignore format: a table is read across
const COLUMNS: readonly Column[] = [
  { title: "SYMBOL", width: 7, rank: 0, alignsLeft: true, text: ({ symbol }) => symbol, style: () => "bold" },
  { title: "LAST", width: 9, rank: 0, text: ({ last }) => price(last), style: directionStyle },
  { title: "CHANGE", width: 7, rank: 4, text: changeOf, style: changeStyle },
  { title: "SIZE", width: 6, rank: 5, text: ({ lastTrade }) => count(lastTrade?.size) },
  { title: "SIZE", width: 6, rank: 2, text: ({ quote }) => sizeOf(quote?.bidPrice, quote?.bidSize), style: () => "dim" },
  { title: "BID", width: 9, rank: 0, text: ({ quote }) => sideOf(quote?.bidPrice) },
  { title: "ASK", width: 9, rank: 0, text: ({ quote }) => sideOf(quote?.askPrice) },
  { title: "SIZE", width: 6, rank: 2, text: ({ quote }) => sizeOf(quote?.askPrice, quote?.askSize), style: () => "dim" },
  { title: "EXCHANGE", width: 23, rank: 10, spare: STATUS_GROWTH, alignsLeft: true, text: ({ lastTrade }) => exchangeOf(lastTrade), style: () => "dim" },
  { title: "CONDITIONS", width: 23, rank: 11, spare: STATUS_GROWTH, alignsLeft: true, text: ({ lastTrade }) => conditionsOf(lastTrade), style: () => "dim" },
  { title: "TRADES", width: 6, rank: 7, text: ({ tradeCount }) => count(tradeCount) },
  { title: "VOLUME", width: 7, rank: 3, text: ({ volume }) => count(volume) },
  { title: "BAR LOW", width: 9, rank: 8, text: ({ bar }) => price(bar?.low) },
  { title: "BAR HIGH", width: 9, rank: 8, text: ({ bar }) => price(bar?.high) },
  { title: "BAR VWAP", width: 9, rank: 9, text: ({ bar }) => price(bar?.vwap) },
  { title: "TIME", width: 8, rank: 6, text: ({ seconds }) => timeOf(seconds) },
  { title: "STATUS", width: STATUS_WIDTH, rank: 1, alignsLeft: true, text: ({ status }) => status, style: () => "yellow" },
];

/** Lines of the header, the footer and the blank line before it. */
const FRAME_LINES = 4;

/** Renders a board of at most `size`: a header, the busiest symbols in order of their names, the last trades and the counters. */
export function renderBoard(
  rows: BoardRow[],
  footer: BoardFooter,
  size: { readonly columns: number; readonly lines: number },
  paint: Paint,
): string {
  const columns = columnsFor(size.columns);
  const shown = busiest(rows, Math.max(1, size.lines - FRAME_LINES));
  return [
    paint("dim", columns.map((column) => align(column.title, column)).join(" ")),
    ...shown.map((row) => columns.map((column) => cell(row, column, paint)).join(" ")),
    "",
    lastTradesLine(footer, size.columns, paint),
    counterLine(footer, shown.length, size.columns, paint),
  ].join("\n");
}

/** Returns the columns that fit, chosen by importance; the status column gets the remaining width. */
function columnsFor(width: number): readonly Column[] {
  let left = width + 1;
  const fitting = new Set<Column>();
  for (const column of [...COLUMNS].sort((one, other) => one.rank - other.rank)) {
    if (column.rank > 0 && left < column.width + 1 + (column.spare ?? 0)) break;
    fitting.add(column);
    left -= column.width + 1;
  }
  return COLUMNS.filter((column) => fitting.has(column)).map((column) =>
    column.title === "STATUS" ? { ...column, width: column.width + Math.min(STATUS_GROWTH, left) } : column,
  );
}

/** Returns the symbols with the most records, in order of their names, so that rows rarely move. */
function busiest(rows: BoardRow[], limit: number): BoardRow[] {
  if (rows.length > limit) rows = rows.sort((one, other) => other.recordCount - one.recordCount).slice(0, limit);
  return rows.sort((one, other) => (one.symbol < other.symbol ? -1 : 1));
}

function cell(row: BoardRow, column: Column, paint: Paint): string {
  const text = align(column.text(row), column);
  const style = column.style?.(row);
  return style === undefined || text.trim() === "" ? text : paint(style, text);
}

/** Cuts or pads text to the column's width. Replaces non-ASCII characters, which may be control characters or wide. */
function align(text: string, { width, alignsLeft }: Column): string {
  const plain = text.replace(/[^ -~]/g, "?");
  const cut = plain.length > width ? `${plain.slice(0, width - 1)}…` : plain;
  return alignsLeft ? cut.padEnd(width) : cut.padStart(width);
}

function changeOf({ first, last }: BoardRow): string {
  if (first === undefined || last === undefined || first === 0) return "";
  const percent = ((last / first - 1) * 100).toFixed(2);
  return `${Number(percent) > 0 ? "+" : ""}${Number(percent) === 0 ? "0.00" : percent}%`;
}

function changeStyle({ first = 0, last = 0 }: BoardRow): Style | undefined {
  return last > first ? "green" : last < first ? "red" : undefined;
}

/** Formats a side's price; 0 means that there is no bid or offer. */
function sideOf(value: number | undefined): string {
  return value === 0 ? "-" : price(value);
}

function sizeOf(sidePrice: number | undefined, size: number | undefined): string {
  return sidePrice === 0 ? "" : count(size);
}

function exchangeOf(trade: Trade | undefined): string {
  return trade === undefined ? "" : (exchangeName(trade.exchange) ?? trade.exchange);
}

/** Returns the names of a trade's conditions, except those of a regular sale. */
function conditionsOf(trade: Trade | undefined): string {
  if (trade === undefined) return "";
  const { conditions, tape } = trade;
  const particular = conditions.filter((code) => code !== " " && code !== "@");
  return particular.map((code) => tradeConditionName(code, tape) ?? code).join(", ");
}

/** Formats a time of day in the local time zone. */
function timeOf(seconds: number): string {
  return new Date(seconds * 1000).toTimeString().slice(0, 8);
}

function lastTradesLine({ lastTrades }: BoardFooter, width: number, paint: Paint): string {
  const parts: string[] = [];
  let length = 0;
  for (const trade of lastTrades) {
    const text = `${trade.symbol.replace(/[^ -~]/g, "?")} ${showPrice(trade.price)}x${showCompact(trade.size)}`;
    length += text.length + 2;
    if (length > width) break;
    const style = directionStyle(trade);
    parts.push(style === undefined ? text : paint(style, text));
  }
  return parts.join("  ");
}

function counterLine(footer: BoardFooter, shownCount: number, width: number, paint: Paint): string {
  const { state, recordsPerSecond, metrics, symbolCount } = footer;
  const isLive = state === "authenticated";
  const parts = [
    isLive ? "live" : state,
    `${showCount(Math.round(recordsPerSecond))}/s`,
    `lag p50 ${showDuration(metrics.lag.p50)} p99 ${showDuration(metrics.lag.p99)}`,
    `${showCount(metrics.dropped)} dropped`,
    ...(metrics.reconnects > 0 ? [`${showCount(metrics.reconnects)} reconnects`] : []),
    `${showCount(metrics.recordCount)} records`,
    ...(symbolCount > shownCount ? [`${showCount(shownCount)} of ${showCount(symbolCount)} symbols`] : []),
  ];
  // Removes parts that do not fit, the least important of which are at the end.
  while (parts.length > 1 && parts.join("   ").length + 2 > width) parts.pop();
  const [first = "", ...rest] = parts;
  return `${paint(isLive ? "green" : "yellow", `● ${first}`)}   ${rest.join("   ")}`;
}
