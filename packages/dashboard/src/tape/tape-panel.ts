import "./tape.css";
import { type PrintLog, SMALLEST_SIZES, type SmallestSize } from "../market/print-log.ts";
import { element, setText } from "../ui/dom.ts";
import type { Panel } from "../ui/panel.ts";
import { TapeDetails } from "./details.ts";
import { BLOCK_SIZE, MAX_LINES } from "./limits.ts";
import { isSameLine, type Line, type TapeGap, tapeLines } from "./lines.ts";
import { Pause } from "./pause.ts";
import { TapeRow } from "./tape-row.ts";
import { newTrades } from "./words.ts";

/** What the tape reads when it draws. */
export interface TapeMarket {
  /** The trades of the selected symbol; undefined if none is selected. */
  prints(): PrintLog | undefined;
  /** The gaps in its trades, oldest first. */
  gaps(): readonly TapeGap[];
  /** Whether the connection is lost: the prints turn grey. */
  isStale(): boolean;
}

const SIZE_LABELS: { readonly [Size in SmallestSize]: string } = { 0: "Any", 1000: "1k", 10000: "10k" };

/**
 * Time and sales of the selected symbol, newest first. It stands still while it is pointed at, focused or scrolled, and
 * counts what arrives meanwhile. Its rows are created once: a frame moves the oldest to the top and fills them again.
 */
export class TapePanel implements Panel {
  readonly element: HTMLElement;
  readonly #market: TapeMarket;
  readonly #requestDraw: () => void;
  readonly #blockSize: number;
  readonly #pause = new Pause();
  readonly #details = new TapeDetails();
  readonly #list = element("div", "tape-list");
  readonly #columns = columnNames();
  readonly #pausedTitle = element("span", "");
  readonly #pausedCount = element("span", "tape-paused-count");
  readonly #paused = element("div", "tape-paused", this.#pausedTitle, this.#pausedCount);
  readonly #empty = element("p", "tape-empty");
  readonly #sizeButtons = new Map<SmallestSize, HTMLButtonElement>();
  readonly #rows: TapeRow[] = Array.from({ length: MAX_LINES }, () => new TapeRow());
  #smallestSize: SmallestSize = 0;
  #drawnLog: PrintLog | undefined;
  #drawnSize: SmallestSize = 0;
  #drawnCount = 0;

  constructor(market: TapeMarket, requestDraw: () => void, blockSize: number = BLOCK_SIZE) {
    this.#market = market;
    this.#requestDraw = requestDraw;
    this.#blockSize = blockSize;
    this.#list.append(...this.#rows.map((row) => row.element));
    this.#list.role = "log";
    this.#list.ariaLive = "off";
    this.#list.ariaLabel = "Trades, newest first";
    this.#list.tabIndex = 0;
    this.#paused.hidden = true;
    const head = element("div", "tape-columns", this.#columns, this.#paused);
    this.element = element("div", "tape", this.#header(), head, this.#list, this.#empty, this.#details.element);
    this.#listen();
  }

  draw(): void {
    const log = this.#market.prints();
    this.element.classList.toggle("tape-stale", this.#market.isStale());
    const isOther = log !== this.#drawnLog || this.#smallestSize !== this.#drawnSize;
    if (isOther) this.#returnToTop();
    if (this.#pause.reason === undefined || isOther) this.#drawLines(log);
    this.#drawPause(log);
    this.#drawEmpty(log);
  }

  /** Handles the keys of the tape: `z` the smallest size, `p` and the space bar pause. Returns whether the key is one. */
  key(key: string): boolean {
    if (key === "z") this.#select(nextSize(this.#smallestSize));
    else if (key === "p" || key === " ") this.#pause.toggle("by key");
    else return false;
    this.#requestDraw();
    return true;
  }

  #returnToTop(): void {
    this.#list.scrollTop = 0;
    this.#details.hide(); // its row is about to show another trade
  }

  #drawLines(log: PrintLog | undefined): void {
    const lines = log === undefined ? [] : tapeLines(log.prints(this.#smallestSize), this.#market.gaps());
    this.#moveToTop(lines);
    for (const [index, row] of this.#rows.entries()) row.show(lines[index], this.#blockSize);
    this.#drawnLog = log;
    this.#drawnSize = this.#smallestSize;
    this.#drawnCount = log?.count(this.#smallestSize) ?? 0;
  }

  /** Moves as many rows from the end to the top as there are new lines, so that the other rows keep theirs. */
  #moveToTop(lines: readonly Line[]): void {
    const first = this.#rows[0]?.line;
    const added = first === undefined ? -1 : lines.findIndex((line) => isSameLine(line, first));
    if (added < 1) return;
    const moved = this.#rows.splice(-added);
    this.#rows.unshift(...moved);
    this.#list.prepend(...moved.map((row) => row.element));
  }

  #drawPause(log: PrintLog | undefined): void {
    const reason = this.#pause.reason;
    this.#paused.hidden = reason === undefined;
    this.#columns.hidden = reason !== undefined;
    if (reason === undefined) return;
    setText(this.#pausedTitle, reason === "by key" ? "Paused" : `Paused ${reason}`);
    setText(this.#pausedCount, newTrades((log?.count(this.#smallestSize) ?? 0) - this.#drawnCount));
  }

  #drawEmpty(log: PrintLog | undefined): void {
    const isEmpty = this.#rows[0]?.line === undefined;
    this.#empty.hidden = !isEmpty;
    if (!isEmpty) return;
    if (log === undefined) setText(this.#empty, "Select a symbol to see its trades.");
    else if (this.#smallestSize > 0 && log.count(0) > 0)
      setText(this.#empty, `No trade of ${SIZE_LABELS[this.#smallestSize]} shares or more yet.`);
    else setText(this.#empty, "Trades appear here as they arrive, newest first.");
  }

  #header(): HTMLElement {
    for (const size of SMALLEST_SIZES) {
      const button = element("button", "tape-size-button", SIZE_LABELS[size]);
      button.type = "button";
      button.addEventListener("click", () => this.#select(size));
      this.#sizeButtons.set(size, button);
    }
    this.#select(0);
    const segments = element("div", "tape-sizes", ...this.#sizeButtons.values());
    segments.role = "group";
    segments.ariaLabel = "Smallest size in shares";
    return element("div", "tape-header", element("h2", "tape-title", "Time and sales"), "Size ≥", segments);
  }

  #select(size: SmallestSize): void {
    this.#smallestSize = size;
    for (const [each, button] of this.#sizeButtons) button.ariaPressed = String(each === size);
    this.#requestDraw();
  }

  #listen(): void {
    const list = this.#list;
    list.addEventListener("pointerenter", ({ pointerType }) => {
      // A finger that leaves sends no event that lasts: touch pauses by scrolling.
      if (pointerType !== "touch") this.#setPause("while pointed at", true);
    });
    list.addEventListener("pointerleave", () => this.#setPause("while pointed at", false));
    list.addEventListener("focusin", ({ target }) => {
      // A click focuses the list as well, and must not hold the tape once the pointer has left.
      if (target instanceof Element && target.matches(":focus-visible")) this.#setPause("while focused", true);
    });
    list.addEventListener("focusout", () => this.#setPause("while focused", false));
    list.addEventListener("scroll", () => {
      this.#details.hide();
      this.#setPause("while scrolled", list.scrollTop > 0);
    });
    for (const type of ["pointerover", "focusin"] as const)
      list.addEventListener(type, ({ target }) => this.#showDetails(target));
    for (const type of ["pointerleave", "focusout"] as const) list.addEventListener(type, () => this.#details.hide());
    list.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      event.stopPropagation(); // the page moves through the watch list by these keys
      this.#moveFocus(step);
    });
  }

  #setPause(reason: "while pointed at" | "while focused" | "while scrolled", holds: boolean): void {
    this.#pause.set(reason, holds);
    this.#requestDraw();
  }

  #showDetails(target: EventTarget | null): void {
    const row = this.#rows.find(({ element }) => target instanceof Node && element.contains(target));
    if (row === undefined) return this.#details.hide();
    this.#details.show(row, this.#list);
  }

  #moveFocus(step: number): void {
    const focused = this.#rows.findIndex((row) => row.element === document.activeElement);
    const next = this.#rows[Math.max(0, focused + step)]?.element;
    next?.setAttribute("aria-describedby", this.#details.element.id);
    next?.focus();
  }
}

function nextSize(size: SmallestSize): SmallestSize {
  return SMALLEST_SIZES[(SMALLEST_SIZES.indexOf(size) + 1) % SMALLEST_SIZES.length] ?? 0;
}

function columnNames(): HTMLElement {
  return element(
    "div",
    "tape-names",
    element("span", "tape-glyph"),
    element("span", "tape-time", "Time ET"),
    element("span", "tape-price", "Price"),
    element("span", "tape-size", "Size"),
    element("span", "tape-quote", "Quote then"),
    element("span", "tape-exchange", "Ex"),
    element("span", "tape-conditions", "Cond"),
  );
}
