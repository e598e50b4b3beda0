import { element } from "../ui/dom.ts";
import type { TapeRow } from "./tape-row.ts";
import { names } from "./words.ts";

/** The exchange and conditions of the row that is pointed at or focused, by name, over the tape. */
export class TapeDetails {
  readonly element: HTMLElement = element("div", "tape-details");

  constructor() {
    this.element.id = "tape-details";
    this.element.role = "tooltip";
    this.element.hidden = true;
  }

  /** Shows the names of a row below it, or above it in the lower half of the list. */
  show(row: TapeRow, list: HTMLElement): void {
    if (row.line?.kind !== "print") return this.hide();
    this.element.replaceChildren(...names(row.line.print.trade).map((name) => element("div", "", name)));
    this.element.hidden = false;
    const top = row.element.offsetTop - list.scrollTop;
    const isLow = top > list.offsetTop + list.clientHeight / 2;
    const y = isLow ? top - this.element.offsetHeight : top + row.element.offsetHeight;
    this.element.style.top = `${y}px`;
  }

  hide(): void {
    this.element.hidden = true;
  }
}
