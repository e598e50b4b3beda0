import { element, setText } from "../ui/dom.ts";
import { count, counted, milliseconds, rate } from "../ui/figures.ts";
import { rateNow } from "./health-history.ts";
import type { HealthModel } from "./health-model.ts";

/** The counters at the left of the status bar: always in view, whatever tab of the dock is open. */
export class StatusCounters {
  readonly element: HTMLElement;
  readonly #rate = element("strong", "");
  readonly #p50 = element("strong", "");
  readonly #p99 = element("strong", "");
  readonly #open = element("span", "");
  readonly #filled = element("span", "");
  readonly #dropped = element("span", "");
  readonly #queue = element("span", "");

  constructor() {
    const records = element("span", "", this.#rate, " records/s");
    const lag = element("span", "", "lag p50 ", this.#p50, " p99 ", this.#p99);
    const gaps = [this.#open, this.#filled];
    this.element = element("p", "status-counters", records, lag, ...gaps, this.#dropped, this.#queue);
  }

  /** Draws the figures of now. Called at most once a second. */
  draw({ history, gaps, metrics }: HealthModel): void {
    const states = gaps.all.map(({ state }) => state);
    const open = states.filter((state) => state === "open").length;
    const filled = states.filter((state) => state === "filled").length;
    setText(this.#rate, rate(rateNow(history.total)));
    setText(this.#p50, withUnit(history.p50.values().at(-1)));
    setText(this.#p99, withUnit(history.p99.values().at(-1)));
    setText(this.#open, `${counted(open, "gap")} open`);
    this.#open.classList.toggle("dock-alarm", open > 0);
    setText(this.#filled, `${count(filled)} filled`);
    setText(this.#dropped, `${count(metrics?.dropped)} dropped`);
    this.#dropped.classList.toggle("dock-alarm", (metrics?.dropped ?? 0) > 0);
    setText(this.#queue, `Queue ${count(metrics?.queued)}`);
  }
}

function withUnit(ms: number | undefined): string {
  return ms === undefined || Number.isNaN(ms) ? milliseconds(ms) : `${milliseconds(ms)} ms`;
}
