import { type TradeSide, tradeSide } from "@tickerplant/client";
import type { Controls } from "../keys/controls.ts";
import type { BoardSymbol } from "../model/board-symbol.ts";
import { foreign } from "../model/foreign.ts";
import type { Print } from "../model/print.ts";
import {
  bold,
  fitted,
  grounded,
  type Line,
  left,
  right,
  type Span,
  span,
  spread,
  type Tone,
} from "../terminal/styled-text.ts";
import { clock, clockMs, price, sidePrice, size } from "./figures.ts";
import type { Size } from "./scene.ts";

/** Cells of a tape with all its columns. */
export const TAPE_WIDTH = 36;

/** Cells of the exchange and the conditions, with the blank before them. */
const CODES_WIDTH = 6;

/** Shares of a trade that counts as a block. */
const BLOCK_SIZE = 10_000;

/** Where a trade was against the quote before it: by a sign and by a colour. */
const SIDES: Readonly<Record<TradeSide, readonly [sign: string, tone: Tone]>> = {
  at_ask: ["▲", "up"],
  at_bid: ["▼", "down"],
  between: ["·", "text"],
};

function signOf({ trade, quote }: Print): readonly [sign: string, tone: Tone] {
  const side = tradeSide(trade.price, quote);
  return side === undefined ? [" ", "text"] : SIDES[side];
}

/** The head of a tape: its symbol, and the quote of now. */
export function tapeHead({ name, quote }: BoardSymbol, columns: number): Line {
  const now = quote === undefined ? [] : [span(` ${sidePrice(quote.bidPrice)} × ${sidePrice(quote.askPrice)}`)];
  return spread([bold(name), span(" tape", "faint")], now, columns);
}

/** The trades of a symbol, newest first. */
export function tapeLines(symbol: BoardSymbol, { smallestSize, scroll }: Controls, { columns, rows }: Size): Line[] {
  if (symbol.detail === undefined) return [[span("Trades appear as they come.", "faint")]];
  const prints = symbol.detail.prints.newestFirst().filter(({ trade }) => trade.size >= smallestSize);
  if (prints.length === 0) return [[span("No trade yet.", "faint")]];
  const first = Math.min(scroll, prints.length - 1);
  return prints
    .slice(first, first + rows)
    .flatMap((print) => linesOf(print, columns))
    .slice(0, rows);
}

/** A trade in few cells: `▲25.18 400`. */
export function printLine(print: Print): Line {
  const [sign, tone] = signOf(print);
  const { trade, update } = print;
  const isBlock = trade.size >= BLOCK_SIZE;
  const isStruck = update !== undefined;
  const tint = isStruck ? "faint" : tone;
  return [
    { text: `${sign}${price(trade.price)}`, tone: tint, isStruck },
    { text: ` ${size(trade.size)}`, tone: isBlock ? "text" : "faint", isBold: isBlock },
  ];
}

function linesOf(print: Print, columns: number): Line[] {
  const { trade, update } = print;
  const [sign, tone] = signOf(print);
  const isStruck = update !== undefined;
  const isBlock = trade.size >= BLOCK_SIZE && "exchange" in trade;
  const isNarrow = columns < TAPE_WIDTH;
  const spans: Span[] = [
    span(`${sign} `, isStruck ? "faint" : tone),
    span(`${isNarrow ? clock(trade.seconds) : clockMs(trade)} `, isBlock ? "muted" : "faint"),
    { text: right(price(trade.price), 9), tone: isStruck ? "faint" : tone, isStruck },
    {
      text: right(` ${size(trade.size)}`, 8),
      tone: isStruck ? "faint" : isBlock ? "text" : "muted",
      isStruck,
      isBold: isBlock && !isStruck,
    },
    span(` ${left(codesOf(print), CODES_WIDTH - 1)}`, isBlock && !isStruck ? "muted" : "faint"),
  ];
  const line = fitted(spans, columns);
  const ground = tone === "up" ? "blockUp" : tone === "down" ? "blockDown" : undefined;
  const shown = isBlock && !isStruck && ground !== undefined ? grounded(line, ground) : line;
  return update === undefined
    ? [shown]
    : [shown, [span(`↳ ${wordsOf(update, trade)}`.padStart(columns - CODES_WIDTH), "muted")]];
}

function wordsOf(update: NonNullable<Print["update"]>, trade: Print["trade"]): string {
  if (update.kind === "cancelled") return "cancelled";
  const sized = update.size === trade.size ? "" : ` × ${size(update.size)}`;
  return `corrected to ${price(update.price)}${sized}`;
}

/** The exchange, and the conditions that a regular sale does not have. */
function codesOf({ trade }: Print): string {
  if (!("exchange" in trade)) return "";
  return foreign([trade.exchange, ...trade.conditions.filter((code) => code !== " " && code !== "@")].join(" "));
}
