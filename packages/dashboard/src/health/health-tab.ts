import type { Channel } from "@tickerplant/client";
import type { RequestUsage } from "@tickerplant/client/history";
import type { Gap } from "../market/gap-ledger.ts";
import { element, setFigure, setText } from "../ui/dom.ts";
import { count, duration, milliseconds, rate, UNKNOWN } from "../ui/figures.ts";
import { datedClock } from "../ui/new-york.ts";
import { AreaChart } from "./area-chart.ts";
import { longCause, shortCause } from "./causes.ts";
import { GAP_COLUMNS, gapCells, gapSummary } from "./gap-cells.ts";
import { rateNow, SHOWN_CHANNELS } from "./health-history.ts";
import type { HealthModel } from "./health-model.ts";
import { LagChart } from "./lag-chart.ts";
import type { Reconnect } from "./reconnect-list.ts";
import { extent, type Samples } from "./samples.ts";
import { noteOf, section } from "./section.ts";
import { bar, type Cell, type Column, FactList, TableView } from "./table.ts";

/** The tab Health: rates, lag, and the newest gaps and reconnects. */
export class HealthTab {
  readonly element: HTMLElement;
  readonly #rates = new RateList();
  readonly #lag = new LagSection();
  readonly #losses: LossSection;

  constructor(budget: (() => RequestUsage) | undefined) {
    this.#losses = new LossSection(budget);
    this.element = element("div", "dock-health", this.#rates.element, this.#lag.element, this.#losses.element);
  }

  draw(model: HealthModel, nowMs: number): void {
    const gaps = model.gaps.all;
    this.#rates.draw(model, gaps, nowMs);
    this.#lag.draw(model, gaps, nowMs);
    this.#losses.draw(model, gaps, nowMs);
  }
}

/** Records a second of each channel. */
class RateList {
  readonly element: HTMLElement;
  readonly #rows: readonly { channel: Channel; chart: AreaChart; now: HTMLElement; peak: HTMLElement }[];

  constructor() {
    this.#rows = SHOWN_CHANNELS.map(([channel]) => ({
      channel,
      chart: new AreaChart(),
      now: element("td", "dock-number dock-strong"),
      peak: element("td", "dock-number dock-peak"),
    }));
    const body = this.#rows.map(({ chart, now, peak }, index) => {
      const name = element("th", "", SHOWN_CHANNELS[index]?.[1] ?? "");
      name.scope = "row";
      return element("tr", "", name, element("td", "dock-rate-chart", chart.element), now, peak);
    });
    const headings = ["Channel", "Ten minutes", "Now", "Peak"].map((text) => element("th", "", text));
    const head = element("thead", "visually-hidden", element("tr", "", ...headings));
    const table = element("table", "dock-rates", head, element("tbody", "", ...body));
    table.setAttribute("aria-label", "Records per second by channel");
    this.element = section("Records per second", "10 min · now · peak", table);
  }

  draw({ history }: HealthModel, gaps: readonly Gap[], nowMs: number): void {
    for (const { channel, chart, now, peak } of this.#rows) {
      const samples = history.rates.get(channel);
      if (samples === undefined) continue;
      chart.draw(samples.values(), gaps, nowMs);
      setFigure(now, rate(rateNow(samples)));
      setFigure(peak, rate(peakOf(samples)));
    }
  }
}

/** The largest rate of a second: whole records, because a timer's jitter alone makes the fraction. */
function peakOf(samples: Samples): number | undefined {
  const largest = extent(samples.known())?.[1];
  return largest === undefined ? undefined : Math.round(largest);
}

/** One of the two figures of lag. */
class LagFigure {
  readonly element: HTMLElement;
  readonly #now = element("span", "dock-lag-now", UNKNOWN);
  readonly #range = element("div", "dock-lag-range");

  constructor(name: "p50" | "p99") {
    const legend = element("div", "dock-lag-name", element("span", `dock-key dock-key-${name}`), name);
    const now = element("div", "", this.#now, element("span", "dock-unit", " ms now"));
    this.element = element("div", "dock-lag-figure", legend, now, this.#range);
  }

  draw(now: number | undefined, samples: Samples): void {
    setFigure(this.#now, milliseconds(now));
    const range = extent(samples.known());
    const [low, high] = [milliseconds(range?.[0]), milliseconds(range?.[1])];
    setText(this.#range, range === undefined ? "no record yet" : `${low} – ${high} in 10 min`);
  }
}

/** Lag, and the counters of losses inside of the page. */
class LagSection {
  readonly element: HTMLElement;
  readonly #p50 = new LagFigure("p50");
  readonly #p99 = new LagFigure("p99");
  readonly #chart = new LagChart();
  readonly #facts = new FactList();

  constructor() {
    const figures = element("div", "dock-lag-figures", this.#p50.element, this.#p99.element);
    this.element = section("Lag", "receive time − exchange time", figures, this.#chart.element, this.#facts.element);
    this.#facts.element.classList.add("dock-facts-two");
  }

  draw({ history, metrics, isolated, reconnects }: HealthModel, gaps: readonly Gap[], nowMs: number): void {
    const [p50, p99] = [history.p50.values(), history.p99.values()];
    this.#p50.draw(p50.at(-1), history.p50);
    this.#p99.draw(p99.at(-1), history.p99);
    this.#chart.draw(p50, p99, gaps, nowMs);
    const [longest] = isolated;
    const isolation = longest === undefined ? "0" : `${isolated.length}, ${duration(nowMs - longest.sinceMs)}`;
    this.#facts.draw([
      ["Dropped", count(metrics?.dropped), (metrics?.dropped ?? 0) > 0],
      ["Queue", count(metrics?.queued)],
      ["Isolated", isolation, isolated.length > 0],
      ["Reconnects", count(reconnects.rows().length)],
    ]);
  }
}

/** The newest gaps and lost connections. */
class LossSection {
  readonly element: HTMLElement;
  readonly #gaps = new TableView(
    "Gaps",
    GAP_COLUMNS,
    "No gap since the page was opened. A lost connection shows here.",
  );
  readonly #reconnects = new TableView(
    "Reconnects",
    RECONNECT_COLUMNS,
    "The connection has held since the page was opened.",
  );
  readonly #gapNote: Element;
  readonly #reconnectNote: Element;
  readonly #budget: BudgetLine | undefined;

  constructor(budget: (() => RequestUsage) | undefined) {
    const gaps = section("Gaps", "", this.#gaps.element);
    const reconnects = section("Reconnects", "", this.#reconnects.element);
    this.#gapNote = noteOf(gaps);
    this.#reconnectNote = noteOf(reconnects);
    this.#reconnects.compact();
    this.element = element("div", "dock-losses", gaps, reconnects);
    this.#budget = budget && new BudgetLine(budget);
    if (this.#budget !== undefined) this.element.append(this.#budget.element);
  }

  draw({ reconnects }: HealthModel, gaps: readonly Gap[], nowMs: number): void {
    setText(this.#gapNote, gaps.length === 0 ? "" : gapSummary(gaps));
    this.#gaps.draw(gaps.map((gap) => gapCells(gap, nowMs)));
    const losses = reconnects.rows();
    setText(this.#reconnectNote, losses.length === 0 ? "" : `${losses.length} since the page was opened`);
    this.#reconnects.draw(losses.map((loss) => reconnectCells(loss, nowMs)));
    this.#budget?.draw();
  }
}

/** The requests for history that are used, with a mark where the half begins that fills leave to the reader. */
class BudgetLine {
  readonly element: HTMLElement;
  readonly #usage: () => RequestUsage;
  readonly #bar = element("span", "");
  readonly #used = element("strong", "");
  readonly #reserved = element("span", "dock-note");
  #drawn = "";

  constructor(usage: () => RequestUsage) {
    this.#usage = usage;
    this.element = element("div", "dock-budget", "REST budget", this.#bar, this.#used, this.#reserved);
  }

  draw(): void {
    const { used, perMinute, reserved } = this.#usage();
    const text = `${count(used)} of ${count(perMinute)} a minute`;
    if (text === this.#drawn) return;
    this.#drawn = text;
    setText(this.#used, text);
    setText(this.#reserved, `${count(reserved)} kept for your own requests`);
    this.#bar.replaceChildren(bar(used / perMinute, `${text} used`, used >= perMinute, 1 - reserved / perMinute));
  }
}

const RECONNECT_COLUMNS: readonly Column[] = [
  { heading: "Time ET", className: "dock-loss-time" },
  { heading: "Cause" },
  { heading: "Back", isNumber: true, className: "dock-loss-back" },
];

function reconnectCells({ atMs, cause, backAfterMs }: Reconnect, nowMs: number): Cell[] {
  const isLost = backAfterMs === undefined;
  const back = isLost ? `lost for ${duration(nowMs - atMs)}` : `back in ${duration(backAfterMs)}`;
  return [
    { text: datedClock(atMs, nowMs) },
    { text: shortCause(cause), title: longCause(cause) },
    { text: back, isAlarm: isLost },
  ];
}
