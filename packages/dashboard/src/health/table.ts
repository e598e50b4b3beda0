import type { GapState } from "../market/gap-ledger.ts";
import { element, setFigure, svg } from "../ui/dom.ts";

/** A cell: its text, and what stands around it. */
export interface Cell {
  readonly text: string;
  /** The full text, on hover. */
  readonly title?: string;
  readonly isAlarm?: boolean;
  /** A swatch of a gap in front of the text. */
  readonly swatch?: GapState;
  /** A chip in front of the text. */
  readonly chip?: string;
  /** A bar in place of the text, 0 to 1. The text is its label. */
  readonly bar?: number;
}

/** A column: its heading, and `number` for one that is aligned right. */
export interface Column {
  readonly heading: string;
  readonly isNumber?: boolean;
  /** A class of the column's cells, for its width. */
  readonly className?: string;
  /** A heading for screen readers alone. */
  readonly isHeadingHidden?: boolean;
}

const BAR_WIDTH = 80;

/** A table whose rows are updated in place, so that a selection and the scroll position survive. */
export class TableView {
  readonly element: HTMLElement;
  readonly #body: HTMLTableSectionElement;
  readonly #empty: HTMLElement;
  readonly #table: HTMLTableElement;
  readonly #columns: readonly Column[];

  /** @param empty the sentence that stands in place of no rows */
  constructor(caption: string, columns: readonly Column[], empty: string) {
    this.#columns = columns;
    this.#body = element("tbody", "");
    this.#empty = element("p", "dock-empty", empty);
    const widths = element("colgroup", "", ...columns.map(({ className = "" }) => element("col", className)));
    const head = element("tr", "", ...columns.map((column) => this.#heading(column)));
    this.#table = element("table", "dock-table", widths, element("thead", "", head), this.#body);
    this.#table.setAttribute("aria-label", caption);
    this.element = element("div", "dock-table-frame", this.#table, this.#empty);
  }

  /** Shows rows, each with a cell for each column. */
  draw(rows: readonly (readonly Cell[])[]): void {
    this.#table.hidden = rows.length === 0;
    this.#empty.hidden = rows.length > 0;
    while (this.#body.rows.length > rows.length) this.#body.deleteRow(-1);
    while (this.#body.rows.length < rows.length)
      this.#body.append(element("tr", "", ...this.#columns.map((column) => element("td", classOf(column)))));
    for (const [index, row] of rows.entries()) {
      const cells = this.#body.rows[index]?.cells;
      for (const [column, cell] of row.entries()) {
        const shown = cells?.[column];
        if (shown !== undefined) drawCell(shown, cell);
      }
    }
  }

  /** Leaves the headings to screen readers, and makes the rows lower. */
  compact(): void {
    this.#table.tHead?.classList.add("visually-hidden");
    this.#table.classList.add("dock-losses-table");
  }

  #heading(column: Column): HTMLElement {
    const text = column.isHeadingHidden === true ? element("span", "visually-hidden", column.heading) : column.heading;
    const heading = element("th", classOf(column), text);
    heading.scope = "col";
    return heading;
  }
}

function classOf({ isNumber, className = "" }: Column): string {
  return [isNumber === true ? "dock-number" : "", className].filter((name) => name !== "").join(" ");
}

/** Draws a cell that has changed since it was drawn last. */
function drawCell(shown: HTMLTableCellElement, cell: Cell): void {
  const key = JSON.stringify(cell);
  if (shown.dataset.key === key) return;
  shown.dataset.key = key;
  shown.title = cell.title ?? "";
  shown.classList.toggle("dock-alarm", cell.isAlarm === true);
  shown.replaceChildren();
  if (cell.swatch !== undefined) shown.append(element("span", `dock-swatch dock-swatch-${cell.swatch}`));
  if (cell.chip !== undefined) shown.append(element("span", "chip dock-chip", cell.chip), " ");
  if (cell.bar === undefined) shown.append(cell.text);
  else shown.append(bar(cell.bar, cell.text, cell.isAlarm === true));
}

/** A bar of a share, 0 to 1, and a mark at another one. A share above 0 is at least a pixel wide. */
export function bar(share: number, label: string, isAlarm: boolean, mark?: number): SVGSVGElement {
  const width = share <= 0 ? 0 : Math.max(1, Math.min(1, share) * BAR_WIDTH);
  const frame = svg("rect", { x: 0.5, y: 0.5, width: BAR_WIDTH - 1, height: 5, class: "dock-bar-frame" });
  const filled = svg("rect", { x: 0, y: 0, width, height: 6, class: isAlarm ? "dock-bar-alarm" : "dock-bar-filled" });
  const drawn = svg("svg", { width: BAR_WIDTH, height: 6, class: "dock-bar", role: "img" }, frame, filled);
  drawn.setAttribute("aria-label", label);
  if (mark !== undefined) {
    const x = mark * BAR_WIDTH;
    drawn.append(svg("line", { x1: x, x2: x, y1: 0, y2: 6, class: "dock-bar-mark" }));
  }
  return drawn;
}

/** A list of labels and values. */
export class FactList {
  readonly element: HTMLElement = element("dl", "dock-facts");
  readonly #values = new Map<string, HTMLElement>();

  /** Shows facts in their order; a label that is new gets a line. */
  draw(facts: readonly (readonly [label: string, value: string, isAlarm?: boolean])[]): void {
    const labels = new Set(facts.map(([label]) => label));
    if (labels.size !== this.#values.size || ![...labels].every((label) => this.#values.has(label)))
      this.#rebuild(labels);
    for (const [label, value, isAlarm = false] of facts) {
      const shown = this.#values.get(label);
      if (shown === undefined) continue;
      setFigure(shown, value);
      shown.classList.toggle("dock-alarm", isAlarm);
    }
  }

  #rebuild(labels: ReadonlySet<string>): void {
    this.#values.clear();
    this.element.replaceChildren();
    for (const label of labels) {
      const value = element("dd", "");
      this.#values.set(label, value);
      this.element.append(element("div", "", element("dt", "", label), value));
    }
  }
}
