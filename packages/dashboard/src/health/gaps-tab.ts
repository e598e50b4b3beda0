import { element, setText } from "../ui/dom.ts";
import { GAP_COLUMNS, gapCells, gapSummary } from "./gap-cells.ts";
import type { HealthModel } from "./health-model.ts";
import { noteOf, section } from "./section.ts";
import { TableView } from "./table.ts";

/** The tab Gaps: every gap since the page was opened. */
export class GapsTab {
  readonly element: HTMLElement;
  readonly #table = new TableView(
    "Gaps",
    GAP_COLUMNS,
    "No gap since the page was opened. When records are missed, the time, the cause and the fill show here.",
  );
  readonly #note: Element;

  constructor() {
    const gaps = section("Gaps", "", this.#table.element);
    this.#note = noteOf(gaps);
    this.element = element("div", "dock-single", gaps);
  }

  draw({ gaps }: HealthModel, nowMs: number): void {
    const rows = gaps.all;
    setText(this.#note, rows.length === 0 ? "" : gapSummary(rows));
    this.#table.draw(rows.map((gap) => gapCells(gap, nowMs)));
  }
}
