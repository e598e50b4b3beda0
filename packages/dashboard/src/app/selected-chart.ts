import { ChartPanel } from "../chart/chart-panel.ts";
import type { GapLedger } from "../market/gap-ledger.ts";
import type { Market } from "../market/market.ts";
import { element } from "../ui/dom.ts";
import { emptyState } from "../ui/empty-state.ts";
import type { Panel } from "../ui/panel.ts";
import { ChartSource } from "./chart-source.ts";

/** The chart of the selected symbol. Without one, it says how to select one. */
export class SelectedChart implements Panel {
  readonly element: HTMLElement;
  readonly #market: Market;
  readonly #chart: ChartPanel;
  readonly #empty = emptyState("No symbol selected", "Add a symbol to the watch list, and its candles appear here.");

  constructor(market: Market, gaps: GapLedger) {
    this.#market = market;
    this.#chart = new ChartPanel(new ChartSource(market, gaps));
    this.element = element("div", "selected-chart", this.#chart.element, this.#empty.element);
  }

  draw(nowMs: number): void {
    const { selected } = this.#market;
    this.#chart.element.hidden = selected === undefined;
    this.#empty.element.hidden = selected !== undefined;
    if (selected === undefined) return;
    this.#chart.show(selected.symbol);
    this.#chart.draw(nowMs);
  }

  key(key: string): boolean {
    return this.#market.selected !== undefined && this.#chart.key(key);
  }
}
