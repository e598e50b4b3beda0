import { element, setText } from "../ui/dom.ts";
import { arrow, change, price, volume } from "../ui/figures.ts";
import type { DayFigures } from "./day-figures.ts";
import { type ChartTimeframe, TIMEFRAMES } from "./timeframes.ts";

/** The figures of the day, in order. */
const FIGURES: readonly (readonly [label: string, value: (day: DayFigures, before: number | undefined) => string])[] = [
  ["Open", ({ open }) => price(open)],
  ["High", ({ high }) => price(high)],
  ["Low", ({ low }) => price(low)],
  ["Volume", (day) => volume(day.volume)],
  ["VWAP", ({ vwap }) => price(vwap === undefined ? undefined : Number(vwap.toFixed(vwap < 1 ? 4 : 2)))],
  ["Previous close", (_day, before) => price(before)],
];

/** Symbol, last price, change, the figures of the day, and the choice of the timeframe. */
export class ChartHeader {
  readonly element: HTMLElement;
  readonly #symbol = element("h2", "chart-symbol");
  readonly #last = element("span", "chart-last");
  readonly #change = element("span", "chart-change");
  readonly #figures: readonly HTMLElement[] = FIGURES.map(() => element("dd", ""));
  readonly #buttons: ReadonlyMap<ChartTimeframe, HTMLButtonElement>;

  constructor(onTimeframe: (timeframe: ChartTimeframe) => void) {
    const figures = FIGURES.map(([label], index) =>
      element("div", "chart-figure", element("dt", "", label), this.#figures[index] ?? ""),
    );
    this.#buttons = new Map(TIMEFRAMES.map((timeframe) => [timeframe, timeframeButton(timeframe, onTimeframe)]));
    const segment = element("div", "chart-segment", ...this.#buttons.values());
    segment.setAttribute("role", "group");
    segment.setAttribute("aria-label", "Timeframe");
    const list = element("dl", "chart-figures", ...figures);
    const price = element("div", "chart-price", this.#last, this.#change);
    this.element = element("div", "chart-header", this.#symbol, price, list, segment);
  }

  /** Marks the timeframe that is shown. */
  select(timeframe: ChartTimeframe): void {
    for (const [each, button] of this.#buttons) button.setAttribute("aria-pressed", String(each === timeframe));
  }

  /** Draws the figures. An unknown value is undefined. */
  draw(symbol: string, last: number | undefined, before: number | undefined, day: DayFigures): void {
    setText(this.#symbol, symbol);
    setText(this.#last, price(last));
    setText(this.#change, change(last, before));
    const direction = directionOf(last, before);
    this.#last.dataset.direction = direction;
    this.#change.dataset.direction = direction;
    for (const [index, [, value]] of FIGURES.entries()) {
      const target = this.#figures[index];
      if (target !== undefined) setText(target, value(day, before));
    }
  }
}

/** The direction of a price against another: `up`, `down`, or `none`. */
export function directionOf(last: number | undefined, before: number | undefined): "up" | "down" | "none" {
  if (last === undefined || before === undefined) return "none";
  const sign = arrow(last - before);
  return sign === "▲" ? "up" : sign === "▼" ? "down" : "none";
}

function timeframeButton(timeframe: ChartTimeframe, onClick: (timeframe: ChartTimeframe) => void): HTMLButtonElement {
  const button = element("button", "chart-timeframe", timeframe.id);
  button.type = "button";
  button.title = `Candles of ${timeframe.name} (${timeframe.key})`;
  button.addEventListener("click", () => onClick(timeframe));
  return button;
}
