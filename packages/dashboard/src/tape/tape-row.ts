import { element, setText } from "../ui/dom.ts";
import { isSameLine, type Line } from "./lines.ts";
import { type Print, sideOf } from "./print.ts";
import {
  conditionCodes,
  GLYPHS,
  gapWords,
  price,
  quoteThen,
  SIDE_WORDS,
  size,
  tradeTime,
  updateWords,
} from "./words.ts";

/** A row of the tape. It is created once and shows many lines, one after the other. */
export class TapeRow {
  readonly element: HTMLElement;
  readonly #glyph = element("span", "tape-glyph");
  readonly #side = element("span", "visually-hidden");
  readonly #time = element("span", "tape-time");
  readonly #price = element("span", "tape-price");
  readonly #size = element("span", "tape-size");
  readonly #quote = element("span", "tape-quote");
  readonly #exchange = element("span", "tape-exchange");
  readonly #conditions = element("span", "tape-conditions");
  readonly #note = element("span", "tape-note");
  #line: Line | undefined;

  constructor() {
    this.#glyph.ariaHidden = "true";
    const numbers = [this.#time, this.#price, this.#size, this.#quote];
    this.element = element(
      "div",
      "tape-row",
      this.#glyph,
      this.#side,
      ...numbers,
      this.#exchange,
      this.#conditions,
      this.#note,
    );
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
    const side = sideOf(trade.price, quote);
    const isBlock = trade.size >= blockSize && !isStruck;
    this.#setClass(
      `tape-row tape-${side ?? "unknown"}${isBlock ? " tape-block" : ""}${isStruck ? " tape-struck" : ""}`,
    );
    const isCancelled = print.update?.kind === "cancelled";
    setText(this.#glyph, isCancelled ? "×" : side === undefined ? "" : GLYPHS[side]);
    setText(this.#side, side === undefined ? "" : SIDE_WORDS[side]);
    setText(this.#time, tradeTime(trade));
    setText(this.#price, price(trade.price));
    setText(this.#size, size(trade.size));
    setText(this.#quote, quoteThen(quote));
    setText(this.#exchange, trade.exchange);
    setText(this.#conditions, conditionCodes(trade));
  }

  #showNote(className: string, words: string): void {
    this.#setClass(`tape-row ${className}`);
    setText(this.#note, words);
  }

  /** The class selects the cells that show: those of a trade, or the note. */
  #setClass(className: string): void {
    if (this.element.className !== className) this.element.className = className;
  }
}
