import type { Gap } from "../market/gap-ledger.ts";
import { element, setText, svg } from "../ui/dom.ts";
import { linePoints, path } from "./area-chart.ts";
import { binned } from "./samples.ts";
import { timeTints } from "./time-tints.ts";

const WIDTH = 200;
const HEIGHT = 92;
const BINS = 120;
const TOP = 4;
const BOTTOM = HEIGHT - 4;

/** The lines of p50 and p99 of ten minutes on one axis, with two grid lines. */
export class LagChart {
  readonly element: HTMLElement;
  readonly #tints: SVGGElement = svg("g", {});
  readonly #grid: readonly SVGLineElement[];
  readonly #labels: readonly HTMLElement[];
  readonly #p50: SVGPathElement = svg("path", { class: "dock-lag-p50" });
  readonly #p99: SVGPathElement = svg("path", { class: "dock-lag-p99" });

  constructor() {
    this.#grid = [0, 1].map(() => svg("line", { x1: 0, x2: WIDTH, class: "dock-grid" }));
    // Beside the drawing, which is stretched to the width of the column: text must not be.
    this.#labels = [0, 1].map(() => element("span", "dock-grid-label"));
    const lines = [this.#tints, ...this.#grid, this.#p99, this.#p50];
    const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none" }, ...lines);
    this.element = element("div", "dock-lag-chart", drawing, ...this.#labels);
    this.element.setAttribute("aria-hidden", "true");
  }

  draw(p50: readonly number[], p99: readonly number[], gaps: readonly Gap[], nowMs: number): void {
    this.#tints.replaceChildren(...timeTints(gaps, nowMs, WIDTH, HEIGHT));
    const [low, high] = [binned(p50, BINS), binned(p99, BINS)];
    const known = [...low, ...high].filter((value) => !Number.isNaN(value));
    const min = Math.min(0, ...known);
    const step = gridStep(Math.max(...known, 0));
    // A tenth above the second line, so that it never touches the edge.
    const max = step * 2.2;
    const y = (value: number): number => BOTTOM - ((value - min) / (max - min)) * (BOTTOM - TOP);
    for (const [index, line] of this.#grid.entries()) {
      const value = step * (index + 1);
      line.setAttribute("y1", String(y(value)));
      line.setAttribute("y2", String(y(value)));
      const label = this.#labels[index];
      if (label === undefined) continue;
      label.style.top = `${y(value)}px`;
      setText(label, known.length === 0 ? "" : gridLabel(value, step, index === 1));
    }
    for (const [line, values] of [[this.#p50, low] as const, [this.#p99, high] as const])
      line.setAttribute("d", linePoints(values, WIDTH, BOTTOM, TOP, min, max).map(path).join(""));
  }
}

/** The distance of two grid lines, of which the second is near the largest value: a round number. */
export function gridStep(largest: number): number {
  if (largest <= 0) return 1;
  const wanted = largest / 2.2;
  const power = 10 ** Math.floor(Math.log10(wanted));
  return power * ([1, 1.5, 2, 3, 5, 8, 10].find((times) => times * power >= wanted) ?? 10);
}

/** Seconds where the first line is at a second or above. The second line has the unit. */
function gridLabel(value: number, step: number, hasUnit: boolean): string {
  const inSeconds = step >= 1000;
  const figure = String(Number((inSeconds ? value / 1000 : value).toPrecision(2)));
  return hasUnit ? `${figure} ${inSeconds ? "s" : "ms"}` : figure;
}
