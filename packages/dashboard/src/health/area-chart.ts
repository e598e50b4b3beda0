import type { Gap } from "../market/gap-ledger.ts";
import { svg } from "../ui/dom.ts";
import { binned } from "./samples.ts";
import { timeTints } from "./time-tints.ts";

const WIDTH = 108;
const HEIGHT = 24;
/** Seconds in a step of the area: 108 pixels hold no more than this shows. */
const BINS = 120;

/** A small area of ten minutes on its own scale. */
export class AreaChart {
  readonly element: SVGSVGElement;
  readonly #tints: SVGGElement = svg("g", {});
  readonly #area: SVGPathElement = svg("path", { class: "dock-area" });
  readonly #line: SVGPathElement = svg("path", { class: "dock-area-line" });

  constructor() {
    const viewBox = `0 0 ${WIDTH} ${HEIGHT}`;
    const attributes = { viewBox, preserveAspectRatio: "none", class: "dock-area-chart", "aria-hidden": "true" };
    this.element = svg("svg", attributes, this.#tints, this.#area, this.#line);
  }

  draw(values: readonly number[], gaps: readonly Gap[], nowMs: number): void {
    this.#tints.replaceChildren(...timeTints(gaps, nowMs, WIDTH, HEIGHT));
    const bins = binned(values, BINS);
    const runs = linePoints(bins, WIDTH, HEIGHT - 1, 2, 0, Math.max(...bins.filter((bin) => !Number.isNaN(bin)), 0));
    this.#line.setAttribute("d", runs.map(path).join(""));
    this.#area.setAttribute("d", runs.map((run) => area(run, HEIGHT - 1)).join(""));
  }
}

/** A point of a line, in pixels. */
export type Point = readonly [x: number, y: number];

/** Values as points, in runs without an unknown value. `bottom` and `top` are the pixels of `min` and `max`. */
export function linePoints(
  values: readonly number[],
  width: number,
  bottom: number,
  top: number,
  min: number,
  max: number,
): Point[][] {
  const runs: Point[][] = [];
  let run: Point[] = [];
  const scale = max > min ? (bottom - top) / (max - min) : 0;
  for (const [index, value] of values.entries()) {
    if (Number.isNaN(value)) {
      run = [];
      continue;
    }
    if (run.length === 0) runs.push(run);
    run.push([round(((index + 0.5) / values.length) * width), round(bottom - (Math.min(value, max) - min) * scale)]);
  }
  return runs;
}

/** The path of a line through points. */
export function path(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return "";
  // A point alone would be invisible.
  if (rest.length === 0) return `M${first[0] - 0.5} ${first[1]}h1`;
  return `M${first.join(" ")}${rest.map((point) => `L${point.join(" ")}`).join("")}`;
}

function area(points: readonly Point[], bottom: number): string {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return "";
  return `${path(points)}L${last[0]} ${bottom}L${first[0]} ${bottom}Z`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
