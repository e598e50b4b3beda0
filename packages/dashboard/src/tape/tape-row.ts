import { tradeSide } from "@tickerplant/client";
import type { Print } from "../market/print.ts";
import { element } from "../ui/dom.ts";
import { price, shares } from "../ui/figures.ts";
import { isSameLine, type Line } from "./lines.ts";
import { conditionCodes, GLYPHS, gapWords, quoteThen, SIDE_WORDS, tradeTime, updateWords } from "./words.ts";

/** A row of the tape. It is created once and shows many lines, one after the other. */
export class TapeRow {
  readonly element: HTMLElement;
  readonly #glyph = cell("tape-glyph");
  readonly #side = cell("visually-hidden");
  readonly #time = cell("tape-time");
  readonly #price = cell("tape-price");
  readonly #size = cell("tape-size");
  readonly #quote = cell("tape-quote");
  readonly #exchange = cell("tape-exchange");
  readonly #conditions = cell("tape-conditions");
  readonly #note = cell("tape-note");
  #line: Line | undefined;

  constructor() {
    this.#glyph.element.ariaHidden = "true";
    const numbers = [this.#time, this.#price, this.#size, this.#quote];
    const cells = [this.#glyph, this.#side, ...numbers, this.#exchange, this.#conditions, this.#note];
    this.element = element("div", "tape-row", ...cells.map((each) => each.element));
    this.element.hidden = true;
    this.element.tabIndex = -1;
  }

  get line(): Line | undefined {
    return this.#line;
  }

  /** Shows a line, or nothing. Does no work if the row shows that line already. */
  show(line: Line | undefined, blockSize: number): void {
    if (isSameLine(this.#line, line)) return;
    this.#line = line;
    this.element.hidden = line === undefined;
    if (line === undefined) return;
    if (line.kind === "print") this.#showPrint(line.print, line.isStruck, blockSize);
    else if (line.kind === "update") this.#showNote("tape-update", updateWords(line.print.trade, line.update));
    else this.#showNote(`tape-gap tape-gap-${line.gap.state}`, gapWords(line.gap));
  }

  #showPrint(print: Print, isStruck: boolean, blockSize: number): void {
    const { trade, quote } = print;
    const side = tradeSide(trade.price, quote);
    const isBlock = trade.size >= blockSize && !isStruck;
    this.#setClass(
      `tape-row tape-${side ?? "unknown"}${isBlock ? " tape-block" : ""}${isStruck ? " tape-struck" : ""}`,
    );
    const isCancelled = print.update?.kind === "cancelled";
    setCell(this.#glyph, isCancelled ? "×" : side === undefined ? "" : GLYPHS[side]);
    setCell(this.#side, side === undefined ? "" : SIDE_WORDS[side]);
    setCell(this.#time, tradeTime(trade));
    setCell(this.#price, price(trade.price));
    setCell(this.#size, shares(trade.size));
    setCell(this.#quote, quoteThen(quote));
    setCell(this.#exchange, trade.exchange);
    setCell(this.#conditions, conditionCodes(trade));
  }

  #showNote(className: string, words: string): void {
    this.#setClass(`tape-row ${className}`);
    setCell(this.#note, words);
  }

  /** The class selects the cells that show: those of a trade, or the note. */
  #setClass(className: string): void {
    if (this.element.className !== className) this.element.className = className;
  }
}

/** A cell with its text node. Setting the text of the node is much cheaper than that of the element. */
interface Cell {
  readonly element: HTMLElement;
  readonly node: Text;
  text: string;
}

function cell(className: string): Cell {
  const node = document.createTextNode("");
  return { element: element("span", className, node), node, text: "" };
}

/** Sets the text of a cell, unless it has it already. */
function setCell(cell: Cell, text: string): void {
  if (cell.text === text) return;
  cell.text = text;
  cell.node.data = text;
}
