const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 64;
const HEIGHT = 24;

/** The line of a day in a row, with a dotted line at the previous close. It is redrawn when a minute comes. */
export class SparkLine {
  readonly element: SVGSVGElement = document.createElementNS(SVG, "svg");
  readonly #line = document.createElementNS(SVG, "polyline");
  readonly #close = document.createElementNS(SVG, "line");
  #drawn: readonly number[] | undefined;
  #drawnClose: number | undefined;

  constructor() {
    this.element.setAttribute("class", "watch-spark");
    this.element.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    this.element.setAttribute("aria-hidden", "true");
    this.#line.setAttribute("class", "watch-spark-line");
    this.#close.setAttribute("class", "watch-spark-close");
    this.#close.setAttribute("x2", String(WIDTH));
    this.element.append(this.#close, this.#line);
  }

  draw(closes: readonly number[], previousClose: number | undefined): void {
    if (closes === this.#drawn && previousClose === this.#drawnClose) return;
    this.#drawn = closes;
    this.#drawnClose = previousClose;
    const { points, closeY } = sparkPoints(closes, previousClose);
    this.#line.setAttribute("points", points);
    this.#close.toggleAttribute("hidden", closeY === undefined);
    this.#close.setAttribute("y1", String(closeY ?? 0));
    this.#close.setAttribute("y2", String(closeY ?? 0));
  }
}

/** The points of the line, and the height of the previous close, in the box of a row. One point is no line. */
export function sparkPoints(
  closes: readonly number[],
  previousClose: number | undefined,
): { readonly points: string; readonly closeY: number | undefined } {
  if (closes.length < 2) return { points: "", closeY: undefined };
  const all = previousClose === undefined ? closes : [...closes, previousClose];
  const low = Math.min(...all);
  const range = Math.max(...all) - low;
  const y = (value: number): number =>
    range === 0 ? HEIGHT / 2 : Number((HEIGHT - 2 - ((value - low) / range) * (HEIGHT - 4)).toFixed(1));
  const step = WIDTH / (closes.length - 1);
  const points = closes.map((close, index) => `${(index * step).toFixed(1)},${y(close)}`).join(" ");
  return { points, closeY: previousClose === undefined ? undefined : y(previousClose) };
}
