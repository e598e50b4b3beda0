import {
  type AutoscaleInfo,
  CandlestickSeries,
  ColorType,
  CrosshairMode,
  createChart,
  HistogramSeries,
  type IChartApi,
  type IPanePrimitive,
  type ISeriesApi,
  LineStyle,
  type Logical,
  type PrimitivePaneViewZOrder,
  type UTCTimestamp,
} from "lightweight-charts";
import { price, volume } from "../ui/figures.ts";
import type { Candle, Slot } from "./candles.ts";
import { type ChartColours, withAlpha } from "./colours.ts";
import { drawBands } from "./layers/bands.ts";
import { drawGapLane, drawGapSpans } from "./layers/gaps.ts";
import { drawHaltChips, drawHalts } from "./layers/halts.ts";
import { PaneLayer } from "./layers/pane-layer.ts";
import type { DrawLayer, Scene } from "./layers/scene.ts";
import { drawSessionNames, drawSessions } from "./layers/sessions.ts";
import { drawWatermark } from "./layers/watermark.ts";
import * as LIMITS from "./limits.ts";
import { TimeAxis, toAxisSeconds } from "./time-axis.ts";

/** The layers of the price pane, in the order in which they are drawn. */
const PRICE_LAYERS: readonly (readonly [PrimitivePaneViewZOrder, DrawLayer])[] = [
  ["bottom", drawSessions],
  ["bottom", drawHalts],
  ["bottom", drawGapSpans],
  ["bottom", drawWatermark],
  ["bottom", drawBands],
  ["bottom", drawSessionNames],
  ["top", drawHaltChips],
];

const VOLUME_LAYERS: readonly (readonly [PrimitivePaneViewZOrder, DrawLayer])[] = [
  ["bottom", drawSessions],
  ["bottom", drawHalts],
  ["bottom", drawGapSpans],
  ["top", drawGapLane],
];

/** Panes of price and volume with their layers, drawn by Lightweight Charts. */
export class CandleChart {
  readonly #chart: IChartApi;
  readonly #candles: ISeriesApi<"Candlestick">;
  readonly #volumes: ISeriesApi<"Histogram">;
  #colours: ChartColours;
  #slots: Slot[] = [];
  #requestUpdate: () => void = () => {};
  #axis: TimeAxis = new TimeAxis([], 1, () => 0);

  /** The scene is read each time that the layers are drawn. */
  constructor(container: HTMLElement, colours: ChartColours, scene: () => Scene | undefined) {
    this.#colours = colours;
    this.#chart = createChart(container, {
      autoSize: true,
      layout: { attributionLogo: false, fontSize: 11, panes: { enableResize: false } },
      rightPriceScale: { minimumWidth: 64, borderVisible: true },
      timeScale: { timeVisible: true, secondsVisible: false, rightOffset: 4, barSpacing: 8, minBarSpacing: 1 },
      crosshair: { mode: CrosshairMode.Normal },
      localization: { locale: "en-GB" },
      // Arrows and zoom by keys are the panel's. Vertical dragging would leave the price scale off its data.
      handleScroll: { vertTouchDrag: false },
      handleScale: { axisPressedMouseMove: { price: false, time: true } },
    });
    this.#candles = this.#chart.addSeries(CandlestickSeries, {
      priceFormat: { type: "custom", minMove: 0.0001, formatter: price },
      autoscaleInfoProvider: (scale: () => AutoscaleInfo | null) => withLeastRange(scale()),
      upColor: "transparent",
      borderVisible: true,
      priceLineStyle: LineStyle.Dotted,
    });
    this.#volumes = this.#chart.addSeries(
      HistogramSeries,
      {
        priceFormat: { type: "custom", minMove: 1, formatter: volumeMark },
        lastValueVisible: false,
        priceLineVisible: false,
      },
      1,
    );
    // Room under the volume for the lane.
    this.#volumes.priceScale().applyOptions({ scaleMargins: { top: 0.1, bottom: 0.16 } });
    const [pricePane, volumePane] = this.#chart.panes();
    pricePane?.setStretchFactor(3.4);
    volumePane?.setStretchFactor(1);
    for (const [zOrder, draw] of PRICE_LAYERS) pricePane?.attachPrimitive(new PaneLayer(zOrder, scene, draw));
    for (const [zOrder, draw] of VOLUME_LAYERS) volumePane?.attachPrimitive(new PaneLayer(zOrder, scene, draw));
    this.setColours(colours);
  }

  /** Places of times on the pixels of the chart. */
  get axis(): TimeAxis {
    return this.#axis;
  }

  get slots(): readonly Slot[] {
    return this.#slots;
  }

  readonly priceToY = (value: number): number | null => this.#candles.priceToCoordinate(value);

  /** Replaces all slots. */
  setSlots(slots: readonly Slot[], stepMs: number): void {
    this.#slots = [...slots];
    const starts = slots.map(({ startMs }) => startMs);
    const timeScale = this.#chart.timeScale();
    this.#axis = new TimeAxis(starts, stepMs, (index) => timeScale.logicalToCoordinate(index as Logical) ?? 0); // an index of a slot is what the library calls logical
    this.#candles.setData(slots.map((slot) => ({ time: axisTime(slot.startMs), ...slot.candle })));
    this.#volumes.setData(slots.map(({ startMs, candle }) => this.#volumeOf(startMs, candle)));
  }

  /** Replaces the candle of the last slot. */
  setLast(candle: Candle): void {
    const last = this.#slots.at(-1);
    if (last === undefined) return;
    this.#slots[this.#slots.length - 1] = { startMs: last.startMs, candle };
    const { open, high, low, close } = candle;
    this.#candles.update({ time: axisTime(last.startMs), open, high, low, close });
    this.#volumes.update(this.#volumeOf(last.startMs, candle));
  }

  /** Draws the layers again. */
  redraw(): void {
    this.#requestUpdate();
  }

  /** Calls the listener before each drawing, when the places of slots are known. */
  onLayout(listener: () => void): void {
    const primitive: IPanePrimitive = {
      attached: ({ requestUpdate }) => {
        this.#requestUpdate = requestUpdate;
      },
      updateAllViews: listener,
    };
    this.#chart.panes()[0]?.attachPrimitive(primitive);
  }

  setColours(colours: ChartColours): void {
    this.#colours = colours;
    const { panel, line, line2, text, text3, up, down, font } = colours;
    this.#chart.applyOptions({
      layout: {
        background: { type: ColorType.Solid, color: panel },
        textColor: text3,
        fontFamily: font,
        panes: { separatorColor: line, separatorHoverColor: line },
      },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
      rightPriceScale: { borderColor: line },
      timeScale: { borderColor: line },
      crosshair: {
        vertLine: { color: text3, labelBackgroundColor: line2 },
        horzLine: { color: text3, labelBackgroundColor: line2 },
      },
    });
    this.#candles.applyOptions({ borderUpColor: up, wickUpColor: up, downColor: down, borderDownColor: down });
    this.#candles.applyOptions({ wickDownColor: down, priceLineColor: text });
    this.#volumes.setData(this.#slots.map(({ startMs, candle }) => this.#volumeOf(startMs, candle)));
  }

  /** Colours the line and the tag of the last price. */
  setLastPriceColour(colour: string): void {
    if (this.#candles.options().priceLineColor !== colour) this.#candles.applyOptions({ priceLineColor: colour });
  }

  /** Shows times of day, or dates alone. */
  setTimeVisible(isVisible: boolean): void {
    this.#chart.timeScale().applyOptions({ timeVisible: isVisible });
  }

  /** Moves the time axis by a part of its width: to the past if it is negative. */
  pan(part: number): void {
    const range = this.#chart.timeScale().getVisibleLogicalRange();
    if (range === null) return;
    const shift = (range.to - range.from) * part;
    this.#chart.timeScale().setVisibleLogicalRange({ from: range.from + shift, to: range.to + shift });
  }

  /** Shows a part of the present range, or more than it. Its right edge stays. */
  zoom(part: number): void {
    const range = this.#chart.timeScale().getVisibleLogicalRange();
    if (range === null) return;
    const width = Math.max(10, (range.to - range.from) * part);
    this.#chart.timeScale().setVisibleLogicalRange({ from: range.to - width, to: range.to });
  }

  /** Shows the newest candles at the usual width. */
  reset(): void {
    this.#chart.timeScale().resetTimeScale();
  }

  /** The slots that are in view. */
  visibleSlots(): readonly Slot[] {
    const range = this.#chart.timeScale().getVisibleLogicalRange();
    if (range === null) return [];
    return this.#slots.slice(Math.max(0, Math.round(range.from)), Math.max(0, Math.round(range.to) + 1));
  }

  /** Calls the listener when the reader has moved or zoomed the time axis, with the index at its left edge. */
  onMove(listener: (leftIndex: number) => void): void {
    this.#chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range !== null) listener(range.from);
    });
  }

  /** Calls the listener with the slot and the pixel under the pointer; with neither when it leaves the panes. */
  onPoint(listener: (index: number | undefined, x: number | undefined) => void): void {
    this.#chart.subscribeCrosshairMove(({ logical, point }) =>
      point === undefined ? listener(undefined, undefined) : listener(logical, point.x),
    );
  }

  /** The height of the time axis under the panes. */
  get timeAxisHeight(): number {
    return this.#chart.timeScale().height();
  }

  /** The width of the panes without the price axis. */
  get paneWidth(): number {
    return this.#chart.timeScale().width();
  }

  #volumeOf(startMs: number, candle: Candle | undefined): { time: UTCTimestamp; value?: number; color?: string } {
    if (candle === undefined) return { time: axisTime(startMs) };
    const colour = candle.close < candle.open ? this.#colours.down : this.#colours.up;
    return { time: axisTime(startMs), value: candle.volume, color: withAlpha(colour, 0.5) };
  }
}

/** A range of prices that is too narrow is widened: a symbol that has traded at one price is no cliff. */
function withLeastRange(scale: AutoscaleInfo | null): AutoscaleInfo | null {
  if (scale?.priceRange == null) return scale;
  const { minValue, maxValue } = scale.priceRange;
  const missing = Math.max(0, maxValue * LIMITS.minPriceRange - (maxValue - minValue)) / 2;
  return { ...scale, priceRange: { minValue: minValue - missing, maxValue: maxValue + missing } };
}

function axisTime(ms: number): UTCTimestamp {
  return toAxisSeconds(ms) as UTCTimestamp; // the library brands its seconds
}

/** Marks of the volume axis. The margins of the scale reach below 0. */
function volumeMark(value: number): string {
  return value < 0 ? "" : volume(value).replace(/\.0+(?=[KMB]$)/, "");
}
