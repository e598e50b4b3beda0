import "./watch.css";
import type { Market } from "../market/market.ts";
import { element, setText } from "../ui/dom.ts";
import type { Panel } from "../ui/panel.ts";
import { storeSymbols } from "./stored-symbols.ts";
import { inOrder, ORDERS, type Order } from "./watch-order.ts";
import { WatchRow } from "./watch-row.ts";

/** Symbols that an empty list suggests. */
const SUGGESTED = ["SPY", "QQQ", "AAPL", "NVDA"];

/** The order is of prices that change all the time: once a second, so that rows can be read. */
const SORT_EVERY_MS = 1000;

/** The watch list: a grid with one tab stop, and a field to add symbols. */
export class WatchPanel implements Panel {
  readonly element: HTMLElement;
  readonly #market: Market;
  readonly #rows = new Map<string, WatchRow>();
  readonly #count = element("span", "watch-count");
  readonly #order = element("button", "watch-order");
  readonly #input = element("input", "watch-input");
  readonly #message = element("p", "watch-message");
  readonly #list = element("div", "watch-list");
  readonly #empty: HTMLElement;
  #orderName: Order = "Added";
  #isReversed = false;
  #focused: string | undefined;
  #sortedAtMs = Number.NEGATIVE_INFINITY;

  constructor(market: Market) {
    this.#market = market;
    this.#empty = this.#makeEmpty();
    const title = element("h2", "watch-title", "Watch list ", this.#count);
    this.#order.type = "button";
    this.#order.addEventListener("click", () => this.#nextOrder());
    this.#message.role = "status";
    this.#list.role = "grid";
    this.#list.ariaLabel = "Watched symbols";
    this.element = element(
      "div",
      "watch",
      element("div", "watch-header", title, this.#order),
      this.#form(),
      this.#message,
      this.#list,
      this.#empty,
    );
    this.#list.addEventListener("click", (event) => this.#open(symbolOf(event.target)));
    this.#list.addEventListener("keydown", (event) => this.#listKey(event));
    this.#list.addEventListener("focusin", (event) => {
      this.#focused = symbolOf(event.target) ?? this.#focused;
    });
  }

  draw(nowMs: number): void {
    this.#syncRows(nowMs);
    const { selected, isStale } = this.#market;
    this.element.classList.toggle("watch-stale", isStale);
    for (const row of this.#rows.values()) row.draw(nowMs, row.watched === selected, isStale);
    setText(this.#count, this.#rows.size === 0 ? "" : String(this.#rows.size));
    setText(this.#order, `${this.#orderName} ${this.#isReversed ? "↑" : "↓"}`);
    this.#order.ariaLabel = `Order: ${this.#orderName}${this.#isReversed ? ", reversed" : ""}. Change it`;
    this.#empty.hidden = this.#rows.size > 0;
    this.#list.hidden = this.#rows.size === 0;
  }

  /** Handles the keys of the list. Returns whether the key is one of them. */
  key(key: string): boolean {
    if (key === "/") this.#input.focus();
    else if (key === "j") this.#move(1);
    else if (key === "k") this.#move(-1);
    else if (key === "x") this.#remove(this.#focused ?? this.#market.selected?.symbol);
    else if (key === "s") this.#nextOrder();
    else if (key === "S") this.#reverse();
    else return false;
    return true;
  }

  /** Adds the symbols of the last visit. One that can no longer be added is left out. */
  restore(symbols: readonly string[]): void {
    for (const symbol of symbols) {
      try {
        this.#market.add(symbol);
      } catch {
        // The storage of the browser may hold anything.
      }
    }
  }

  /** Adds symbols that are separated by spaces or commas. Says what is wrong with one that cannot be added. */
  add(text: string): void {
    setText(this.#message, "");
    const symbols = text
      .toUpperCase()
      .split(/[\s,]+/)
      .filter((symbol) => symbol !== "");
    try {
      for (const symbol of symbols) this.#market.add(symbol);
      if (symbols.length === 1) this.#market.select(symbols[0] ?? "");
    } catch (error) {
      setText(this.#message, (error as Error).message); // `add` throws nothing but errors
    }
    this.#changed();
  }

  #form(): HTMLElement {
    this.#input.placeholder = "Add a symbol";
    this.#input.ariaLabel = "Add a symbol";
    this.#input.autocomplete = "off";
    this.#input.spellcheck = false;
    this.#input.addEventListener("keydown", ({ key }) => {
      if (key === "Escape") this.#input.blur();
    });
    const form = element("form", "watch-form", this.#input);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.add(this.#input.value);
      if (this.#message.textContent === "") this.#input.value = "";
    });
    return form;
  }

  #makeEmpty(): HTMLElement {
    const suggested = SUGGESTED.map((symbol) => {
      const button = element("button", "watch-suggested", symbol);
      button.type = "button";
      button.addEventListener("click", () => this.add(symbol));
      return button;
    });
    return element(
      "div",
      "empty",
      element("p", "empty-title", "No symbols yet"),
      element("p", "", "Type a symbol to watch it, or start with these."),
      element("p", "watch-suggestions", ...suggested),
    );
  }

  /** Creates and removes rows, and puts them in order. */
  #syncRows(nowMs: number): void {
    const { symbols } = this.#market;
    let isOther = nowMs - this.#sortedAtMs >= SORT_EVERY_MS;
    for (const [symbol, row] of this.#rows) {
      if (symbols.get(symbol) === row.watched) continue;
      row.element.remove();
      this.#rows.delete(symbol);
    }
    for (const [symbol, watched] of symbols) {
      if (this.#rows.has(symbol)) continue;
      this.#rows.set(symbol, new WatchRow(watched));
      isOther = true;
    }
    if (!isOther) return;
    this.#sortedAtMs = nowMs;
    this.#sort();
    this.#setTabStop();
  }

  /** Moves only the rows that are out of place, so that the focus stays. */
  #sort(): void {
    let at = this.#list.firstElementChild;
    for (const { symbol } of inOrder(this.#market.symbols.values(), this.#orderName, this.#isReversed)) {
      const row = this.#rows.get(symbol)?.element;
      if (row === undefined) continue;
      if (row === at) at = at.nextElementSibling;
      else this.#list.insertBefore(row, at);
    }
  }

  #setTabStop(): void {
    const stop = this.#focused ?? this.#market.selected?.symbol;
    for (const [symbol, { element: row }] of this.#rows) row.tabIndex = symbol === stop ? 0 : -1;
  }

  #listKey(event: KeyboardEvent): void {
    if (event.key === "ArrowDown") this.#move(1);
    else if (event.key === "ArrowUp") this.#move(-1);
    else if (event.key === "Enter") this.#open(this.#focused);
    else return;
    event.preventDefault();
  }

  #move(step: number): void {
    const order = [...this.#list.children];
    const at = order.findIndex((row) => symbolOf(row) === (this.#focused ?? this.#market.selected?.symbol));
    const row = order[Math.min(order.length - 1, Math.max(0, at + step))];
    if (row instanceof HTMLElement) row.focus();
    this.#setTabStop();
  }

  #open(symbol: string | undefined): void {
    if (symbol !== undefined) this.#market.select(symbol);
  }

  #remove(symbol: string | undefined): void {
    if (symbol === undefined || !this.#market.symbols.has(symbol)) return;
    this.#market.remove(symbol);
    this.#focused = undefined;
    const undo = element("button", "watch-undo", "Undo");
    undo.type = "button";
    undo.addEventListener("click", () => this.add(symbol));
    this.#message.replaceChildren(`Removed ${symbol}. `, undo);
    this.#changed();
  }

  #nextOrder(): void {
    this.#orderName = ORDERS[(ORDERS.indexOf(this.#orderName) + 1) % ORDERS.length] ?? "Added";
    this.#isReversed = false;
    this.#sort();
  }

  #reverse(): void {
    this.#isReversed = !this.#isReversed;
    this.#sort();
  }

  #changed(): void {
    storeSymbols(this.#market.symbols.keys());
  }
}

/** The symbol of the row that an element is in. */
function symbolOf(target: EventTarget | null): string | undefined {
  const row = target instanceof Element ? target.closest("[data-symbol]") : null;
  return row instanceof HTMLElement ? row.dataset.symbol : undefined;
}
