import type { Quote } from "@tickerplant/client";
import type { WatchedSymbol } from "../market/watched-symbol.ts";
import { element, setText } from "../ui/dom.ts";
import { percentChange, percentOf, price, volume } from "../ui/figures.ts";
import { SparkLine } from "./spark-line.ts";
import { rowWords, sizeWords } from "./watch-words.ts";

/** A traded price gets a tint that fades in this time, and at most once in it. */
const FLASH_MS = 400;

/** One symbol of the watch list. Its cells are created once. */
export class WatchRow {
  readonly element: HTMLElement;
  readonly watched: WatchedSymbol;
  readonly #chip = element("span", "chip watch-chip");
  readonly #note = element("span", "watch-note");
  readonly #spark = new SparkLine();
  readonly #last = element("span", "watch-last");
  readonly #change = element("span", "watch-change");
  readonly #volume = element("span", "watch-volume");
  #drawnQuote: Quote | undefined;
  #drawnLast: number | undefined;
  #flashedAtMs = Number.NEGATIVE_INFINITY;

  constructor(watched: WatchedSymbol) {
    this.watched = watched;
    const name = element("span", "watch-symbol", watched.symbol);
    const cells = [
      cell("watch-name", name, this.#chip, this.#note),
      cell("watch-spark-cell", this.#spark.element),
      cell("watch-figures", this.#last, this.#change),
      cell("watch-volume-cell", this.#volume),
    ];
    this.element = element("div", "watch-row", ...cells);
    this.element.role = "row";
    this.element.tabIndex = -1;
    this.element.dataset.symbol = watched.symbol;
  }

  draw(nowMs: number, isSelected: boolean, isStale: boolean): void {
    const { state, last, previousClose, spark } = this.watched;
    const isRejected = state === "rejected";
    const { chip, note } = rowWords(this.watched, nowMs);
    setText(this.#chip, chip);
    setText(this.#note, note);
    this.#drawSizes();
    this.#spark.draw(spark.closes, previousClose);
    setText(this.#last, isRejected ? "" : price(last));
    setText(this.#change, isRejected ? "" : percentChange(last, previousClose));
    setText(this.#volume, isRejected ? "" : volume(this.watched.volume));
    setData(this.element, "state", state);
    setData(this.element, "direction", isStale ? "none" : directionOf(percentOf(last, previousClose)));
    if (this.element.ariaSelected !== String(isSelected)) this.element.ariaSelected = String(isSelected);
    this.#flash(nowMs, isStale);
  }

  /** The sizes have no room in a line: they show while it is pointed at. */
  #drawSizes(): void {
    const { quote } = this.watched;
    if (quote === this.#drawnQuote) return;
    this.#drawnQuote = quote;
    this.#note.title = sizeWords(quote);
  }

  #flash(nowMs: number, isStale: boolean): void {
    const { last } = this.watched;
    const before = this.#drawnLast;
    this.#drawnLast = last;
    if (last === undefined || before === undefined || last === before || isStale) return;
    if (nowMs - this.#flashedAtMs < FLASH_MS || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    this.#flashedAtMs = nowMs;
    const tint = `color-mix(in srgb, var(--${last > before ? "up" : "down"}) 24%, transparent)`;
    this.#last.animate([{ backgroundColor: tint }, { backgroundColor: "transparent" }], FLASH_MS);
  }
}

function cell(className: string, ...children: Node[]): HTMLElement {
  const made = element("div", className, ...children);
  made.role = "gridcell";
  return made;
}

function directionOf(percent: number | undefined): "up" | "down" | "none" {
  const rounded = Number((percent ?? 0).toFixed(2));
  return rounded > 0 ? "up" : rounded < 0 ? "down" : "none";
}

function setData(target: HTMLElement, name: string, value: string): void {
  if (target.dataset[name] !== value) target.dataset[name] = value;
}
