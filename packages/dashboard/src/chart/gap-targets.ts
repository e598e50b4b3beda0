import { element, setText } from "../ui/dom.ts";
import type { GapPlace } from "./gap-places.ts";
import { gapSentence, gapWords } from "./gap-words.ts";
import * as LIMITS from "./limits.ts";

/** A margin between the tooltip and the edges of the panes. */
const EDGE = 8;

/** What can be pointed at or focused in the gap lane, and the tooltip of the gap that is. */
export class GapTargets {
  readonly element: HTMLElement;
  readonly #list = element("div", "chart-gaps");
  readonly #tooltip = element("div", "chart-tooltip");
  readonly #nowMs: () => number;
  #places: readonly GapPlace[] = [];
  #width = 0;
  #tooltipWidth = 0;
  /** The index of the place whose tooltip is shown. */
  #shown: number | undefined;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#tooltip.setAttribute("role", "tooltip");
    this.#tooltip.id = "chart-tooltip";
    this.#tooltip.hidden = true;
    this.#list.setAttribute("role", "group");
    this.#list.setAttribute("aria-label", "Gaps of the data");
    this.element = element("div", "chart-overlay", this.#list, this.#tooltip);
  }

  /** Places the targets over the lane, which lies a number of pixels above the foot of the chart. */
  place(places: readonly GapPlace[], width: number, bottom: number): void {
    this.#width = width;
    this.#list.style.bottom = `${bottom}px`;
    this.#list.style.width = `${width}px`;
    this.#tooltip.style.bottom = `${bottom + LIMITS.minTargetWidth + EDGE}px`;
    const before = this.#places;
    this.#places = places;
    while (this.#list.children.length > places.length) this.#list.lastElementChild?.remove();
    while (this.#list.children.length < places.length) this.#list.append(this.#target(this.#list.children.length));
    for (const [index, place] of places.entries()) {
      this.#placeTarget(index, place);
      if (!hasSameGaps(place, before[index])) this.#label(index, place);
    }
    const shown = this.#shown === undefined ? undefined : places[this.#shown];
    if (shown === undefined) this.hide();
    else this.#moveTooltip(shown);
  }

  /** Writes labels and the tooltip again: a gap may have grown, or may be filled now. */
  refresh(): void {
    for (const [index, place] of this.#places.entries()) this.#label(index, place);
    if (this.#shown !== undefined) this.show(this.#shown);
  }

  /** Shows the tooltip of the place at a pixel of the panes, or of none. A focused target keeps its own. */
  pointAt(x: number | undefined): void {
    if (this.#list.contains(document.activeElement)) return;
    const index = x === undefined ? -1 : this.#places.findIndex(({ left, right }) => x >= left && x <= right);
    if (index < 0) this.hide();
    else this.show(index);
  }

  hide(): void {
    this.#shown = undefined;
    this.#tooltip.hidden = true;
  }

  show(index: number): void {
    const place = this.#places[index];
    const words = place === undefined ? undefined : gapWords(place, this.#nowMs());
    if (place === undefined || words === undefined) return this.hide();
    this.#shown = index;
    const lines = words.lines.flatMap(([label, value]) => [element("dt", "", label), element("dd", "", value)]);
    const swatch = element("span", `chart-swatch chart-swatch-${place.state === "filled" ? "filledGaps" : "openGaps"}`);
    const title = element("p", "chart-tooltip-title", swatch, words.title);
    this.#tooltip.dataset.state = place.state;
    this.#tooltip.replaceChildren(title, element("dl", "chart-tooltip-lines", ...lines));
    this.#tooltip.hidden = false;
    this.#tooltipWidth = this.#tooltip.offsetWidth;
    this.#moveTooltip(place);
  }

  #moveTooltip(place: GapPlace): void {
    const left = (place.left + place.right) / 2 - this.#tooltipWidth / 2;
    const rightmost = this.#width - this.#tooltipWidth - EDGE;
    this.#tooltip.style.left = `${Math.max(EDGE, Math.min(rightmost, left))}px`;
  }

  #target(index: number): HTMLElement {
    const target = element("button", "chart-gap");
    target.type = "button";
    target.append(element("span", "visually-hidden"));
    target.addEventListener("pointerenter", () => this.show(index));
    target.addEventListener("pointerleave", () => this.hide());
    target.addEventListener("focus", () => this.show(index));
    target.addEventListener("blur", () => this.hide());
    target.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.hide();
    });
    return target;
  }

  #label(index: number, place: GapPlace): void {
    const label = this.#list.children[index]?.firstElementChild;
    if (label instanceof HTMLElement) setText(label, gapSentence(place, this.#nowMs()));
  }

  #placeTarget(index: number, place: GapPlace): void {
    const target = this.#list.children[index];
    if (!(target instanceof HTMLButtonElement)) return;
    const missing = Math.max(0, LIMITS.minTargetWidth - (place.right - place.left)) / 2;
    const left = Math.max(0, place.left - missing);
    const right = Math.min(this.#width, place.right + missing);
    target.hidden = right <= left; // out of view
    const [leftPx, widthPx] = [`${left}px`, `${right - left}px`];
    if (target.style.left !== leftPx) target.style.left = leftPx;
    if (target.style.width !== widthPx) target.style.width = widthPx;
    if (target.dataset.state !== place.state) target.dataset.state = place.state;
  }
}

function hasSameGaps({ gaps }: GapPlace, other: GapPlace | undefined): boolean {
  return gaps.length === other?.gaps.length && gaps.every((gap, index) => gap === other.gaps[index]);
}
