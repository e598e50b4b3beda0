import "./chart.css";
import { element, setText } from "../ui/dom.ts";
import { datedMinute, isoDate } from "../ui/new-york.ts";
import type { Panel } from "../ui/panel.ts";
import { BarTable } from "./bar-table.ts";
import { CandleChart } from "./candle-chart.ts";
import { type Candle, daySlots, mergeBars, minuteSlots } from "./candles.ts";
import { ChartData } from "./chart-data.ts";
import { ChartHeader, directionOf } from "./chart-header.ts";
import { ChartLegend } from "./chart-legend.ts";
import type { ChartBar, ChartMarket } from "./chart-market.ts";
import { ChartSpans } from "./chart-spans.ts";
import { chartSummary } from "./chart-summary.ts";
import { type ChartColours, readColours } from "./colours.ts";
import { type DayFigures, dayFigures, previousClose, sessionOf } from "./day-figures.ts";
import { GapTargets } from "./gap-targets.ts";
import { shownPlaces } from "./layers/gaps.ts";
import type { LayerName, Scene } from "./layers/scene.ts";
import * as LIMITS from "./limits.ts";
import { type ChartTimeframe, TIMEFRAMES } from "./timeframes.ts";

const WORDS = { live: "", simulated: "SIMULATED", replay: "REPLAY" } as const;

/** Candles of one symbol with volume, bands, halts, sessions and gaps. */
export class ChartPanel implements Panel {
  readonly element: HTMLElement;
  readonly #market: ChartMarket;
  readonly #header = new ChartHeader((timeframe) => this.setTimeframe(timeframe));
  readonly #legend = new ChartLegend((layer, isShown) => this.#switchLayer(layer, isShown));
  readonly #targets: GapTargets;
  readonly #table = new BarTable();
  readonly #canvas = element("div", "chart-canvas");
  readonly #message = element("div", "chart-message");
  readonly #chart: CandleChart;
  readonly #hidden = new Set<LayerName>();
  #colours: ChartColours = readColours();
  #data: ChartData | undefined;
  #timeframe: ChartTimeframe = TIMEFRAMES[0];
  #spans: ChartSpans | undefined;
  #sessions: Scene["sessions"] = [];
  #pointed: number | undefined;
  #isHistoryDrawn = false;
  #isStale = false;
  #step = Number.NaN;
  #frameMs = 0;
  #day: DayFigures = dayFigures([]);
  #dayMs = Number.NEGATIVE_INFINITY;
  #secondDrawn = Number.NaN;
  #summaryMs = Number.NEGATIVE_INFINITY;

  constructor(market: ChartMarket) {
    this.#market = market;
    this.#targets = new GapTargets(() => market.nowMs());
    this.#canvas.tabIndex = 0;
    this.#canvas.setAttribute("role", "img");
    const stage = element("div", "chart-stage", this.#canvas, this.#targets.element, this.#message);
    this.element = element("div", "chart", this.#header.element, this.#legend.element, stage, this.#table.element);
    this.#chart = new CandleChart(this.#canvas, this.#colours, () => this.#scene());
    this.#chart.onLayout(() => this.#place());
    this.#chart.onPoint((index, x) => this.#point(index, x));
    this.#chart.onMove((leftIndex) => this.#loadEarlier(leftIndex));
    this.#canvas.addEventListener("keydown", (event) => this.#moveByKey(event));
    const themes = new MutationObserver(() => this.#readColours());
    themes.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    this.#header.select(this.#timeframe);
    this.#legend.draw(undefined, "");
  }

  /** Shows a symbol. The timeframe stays. */
  show(symbol: string): void {
    if (symbol === this.#data?.symbol) return;
    this.#data?.close();
    this.#data = new ChartData(symbol, this.#market);
    this.#spans = new ChartSpans(this.#market, symbol);
    this.#dayMs = Number.NEGATIVE_INFINITY;
    this.#load();
    // For the previous close, which is no part of the minutes.
    void this.#data.load(TIMEFRAMES[3]);
  }

  /** Shows candles of another length. */
  setTimeframe(timeframe: ChartTimeframe): void {
    this.#timeframe = timeframe;
    this.#header.select(timeframe);
    this.#chart.setTimeVisible(timeframe.base !== "1Day");
    this.#load();
  }

  /** Shows the bars as a table, or the chart again. */
  toggleTable(): void {
    const isTable = !this.element.classList.contains("chart-as-table");
    this.#table.element.hidden = !isTable;
    this.element.classList.toggle("chart-as-table", isTable);
    this.#drawTable();
    (isTable ? this.#table.element : this.#canvas).focus();
  }

  /** Handles a key of the page. Returns whether it was one of the chart's. */
  key(key: string): boolean {
    const timeframe = TIMEFRAMES.find((each) => each.key === key);
    if (timeframe !== undefined) this.setTimeframe(timeframe);
    else if (key === "v") this.toggleTable();
    else if (key === "+" || key === "=") this.#chart.zoom(0.8);
    else if (key === "-" || key === "−") this.#chart.zoom(1.25);
    else return false;
    return true;
  }

  draw(frameMs: number): void {
    this.#frameMs = frameMs;
    const [data, spans] = [this.#data, this.#spans];
    if (data === undefined || spans === undefined) return;
    const change = data.update();
    const step = Math.floor(this.#market.nowMs() / this.#timeframe.stepMs);
    const isNewStep = step !== this.#step;
    if (change === "any" || isNewStep) this.#drawAll(data);
    else if (change === "newest") this.#drawNewest(data);
    this.#step = step;
    const haveSpansChanged = spans.update(frameMs);
    const second = Math.floor(frameMs / 1000);
    const isNewSecond = second !== this.#secondDrawn;
    this.#secondDrawn = second;
    // Gaps and halts that last grow by a pixel in some seconds.
    if (haveSpansChanged || isNewSecond || spans.isGrowing(frameMs)) this.#chart.redraw();
    const isStale = this.#market.isStale();
    if (change !== "none" || isNewSecond || isStale !== this.#isStale) this.#drawFigures(data, isStale);
    if (haveSpansChanged || isNewSecond) this.#targets.refresh();
    this.#drawSummary(data, spans);
  }

  #readColours(): void {
    this.#colours = readColours();
    this.#chart.setColours(this.#colours);
    if (this.#data !== undefined) this.#drawFigures(this.#data, this.#isStale);
  }

  #load(): void {
    this.#step = Number.NaN; // draw all in the next frame
    this.#isHistoryDrawn = false;
    void this.#data?.load(this.#timeframe);
  }

  #loadEarlier(leftIndex: number): void {
    if (this.#isHistoryDrawn && leftIndex < LIMITS.loadAheadBars) void this.#data?.loadEarlier(this.#timeframe);
  }

  #drawAll(data: ChartData): void {
    const { base, stepMs } = this.#timeframe;
    const bars = data.bars(base);
    const slots =
      base === "1Day" ? daySlots(bars) : minuteSlots(withForming(bars, data.forming), stepMs, this.#untilMs(bars));
    this.#chart.setSlots(slots, stepMs);
    const dates = new Set(base === "1Day" ? [] : slots.map(({ startMs }) => isoDate(startMs)));
    this.#sessions = [...dates].flatMap((date) => sessionOf(date) ?? []);
    this.#drawMessage(data);
    if (!this.#table.element.hidden) this.#drawTable();
    if (this.#isHistoryDrawn || this.#isLoading(data)) return;
    this.#isHistoryDrawn = true;
    this.#chart.reset();
  }

  #isLoading(data: ChartData): boolean {
    const { base } = this.#timeframe;
    // The request that has ended may be the one of a shorter timeframe.
    if (!data.isLoading(base) && data.error(base) === undefined) void data.load(this.#timeframe);
    return data.isLoading(base);
  }

  /** Until when there are slots without a bar: now, or the end of the last session. */
  #untilMs(bars: readonly ChartBar[]): number {
    const nowMs = this.#market.nowMs();
    const last = bars.at(-1);
    const session = last === undefined ? undefined : sessionOf(isoDate(last.seconds * 1000));
    return Math.min(nowMs, session?.afterHoursClose.getTime() ?? nowMs);
  }

  #drawNewest(data: ChartData): void {
    const { base, stepMs } = this.#timeframe;
    const { forming } = data;
    const last = this.#chart.slots.at(-1);
    if (base === "1Day" || forming === undefined) return;
    if (last === undefined || Math.floor((forming.seconds * 1000) / stepMs) * stepMs !== last.startMs)
      return this.#drawAll(data);
    const bars = data.bars(base);
    const start = bars.findLastIndex((bar) => bar.seconds * 1000 < last.startMs) + 1;
    const [merged] = mergeBars([...bars.slice(start), forming], stepMs);
    if (merged !== undefined) this.#chart.setLast(merged.candle);
  }

  #drawFigures(data: ChartData, isStale: boolean): void {
    this.#isStale = isStale;
    const minutes = data.bars("1Min");
    const last = data.forming ?? minutes.at(-1);
    const days = data.bars("1Day");
    const lastPrice = last?.close ?? days.at(-1)?.close;
    const before = previousClose(days, last === undefined ? this.#market.nowMs() : last.seconds * 1000);
    // A walk through the day's bars, for figures that are not read faster than that.
    if (this.#frameMs - this.#dayMs >= LIMITS.figuresIntervalMs) {
      this.#day = dayFigures(withForming(minutes, data.forming));
      this.#dayMs = this.#frameMs;
    }
    this.#header.draw(data.symbol, lastPrice, before, this.#day);
    this.element.classList.toggle("chart-stale", isStale);
    const colours = this.#colours;
    const direction = directionOf(lastPrice, before);
    this.#chart.setLastPriceColour(
      isStale || direction === "none" ? colours.text3 : direction === "up" ? colours.up : colours.down,
    );
    this.#drawLegend();
  }

  #drawLegend(): void {
    const { slots } = this.#chart;
    const pointed = this.#pointed === undefined ? undefined : slots[this.#pointed];
    if (pointed === undefined) return this.#legend.draw(lastCandle(slots), "");
    const { startMs, candle } = pointed;
    const isDay = this.#timeframe.base === "1Day";
    this.#legend.draw(candle, isDay ? isoDate(startMs) : datedMinute(startMs, this.#market.nowMs()));
  }

  #drawMessage(data: ChartData): void {
    const { base } = this.#timeframe;
    const error = data.error(base);
    const isEmpty = this.#chart.slots.length === 0;
    if (error !== undefined) {
      const retry = element("button", "chart-retry", "Retry");
      retry.type = "button";
      retry.addEventListener("click", () => this.#load());
      this.#message.replaceChildren(`History could not be loaded: ${error} `, retry);
    } else if (isEmpty && data.isLoading(base)) setText(this.#message, "Loading bars");
    else if (isEmpty) setText(this.#message, `No bars of ${data.symbol} yet. Candles appear with its first trade.`);
    this.#message.hidden = error === undefined && !isEmpty;
  }

  #drawTable(): void {
    const { gaps, halts } = this.#spans ?? { gaps: [], halts: [] };
    const caption = `${this.#data?.symbol ?? ""}, candles of ${this.#timeframe.name}, newest first`;
    this.#table.draw(caption, this.#chart.slots, this.#timeframe.stepMs, gaps, halts, this.#market.nowMs());
  }

  #drawSummary(data: ChartData, { gaps, halts }: ChartSpans): void {
    if (this.#frameMs - this.#summaryMs < LIMITS.summaryIntervalMs) return;
    this.#summaryMs = this.#frameMs;
    const summary = chartSummary(
      data.symbol,
      this.#timeframe,
      this.#chart.visibleSlots(),
      gaps,
      halts,
      this.#market.nowMs(),
    );
    this.#canvas.setAttribute("aria-label", summary);
  }

  #scene(): Scene | undefined {
    const spans = this.#spans;
    if (spans === undefined) return undefined;
    return {
      colours: this.#colours,
      axis: this.#chart.axis,
      priceToY: this.#chart.priceToY,
      hidden: this.#hidden,
      word: WORDS[this.#market.source()],
      sessions: this.#sessions,
      halts: spans.halts,
      bands: spans.bands,
      places: spans.places,
      filledPart: (place) => spans.filledPart(place, this.#frameMs),
      nowMs: this.#market.nowMs(),
    };
  }

  /** Before each drawing. */
  #place(): void {
    const spans = this.#spans;
    if (spans === undefined) return;
    spans.place(this.#chart.axis);
    const shown = shownPlaces({ places: spans.places, hidden: this.#hidden });
    this.#targets.place(shown, this.#chart.paneWidth, this.#chart.timeAxisHeight);
  }

  #switchLayer(layer: LayerName, isShown: boolean): void {
    if (isShown) this.#hidden.delete(layer);
    else this.#hidden.add(layer);
    this.#chart.redraw();
  }

  #point(index: number | undefined, x: number | undefined): void {
    this.#pointed = index;
    this.#targets.pointAt(x);
    this.#drawLegend();
  }

  #moveByKey(event: KeyboardEvent): void {
    if (event.key === "ArrowLeft") this.#chart.pan(-0.1);
    else if (event.key === "ArrowRight") this.#chart.pan(0.1);
    else if (event.key === "End") this.#chart.reset();
    else return;
    event.preventDefault();
    event.stopPropagation(); // on the page, arrows select a symbol
  }
}

/** The bars with the minute that is not over. */
function withForming(bars: readonly ChartBar[], forming: ChartBar | undefined): readonly ChartBar[] {
  return forming === undefined ? bars : [...bars, forming];
}

function lastCandle(slots: CandleChart["slots"]): Candle | undefined {
  return slots.findLast(({ candle }) => candle !== undefined)?.candle;
}
