import type { TimestampParts } from "@tickerplant/client/wire";
import type { FeedHistory } from "./feed-history.ts";
import type { AnyBar } from "./layouts.ts";
import type { ChannelHistory, Place, RecordSource } from "./store/channel-history.ts";
import { type Interval, intervalOf, isWithinDay, type Timeframe } from "./timeframe.ts";

/**
 * Bars of a timeframe, made of the bars that are held: minutes and hours of minute bars, weeks and months of days. A
 * day is the daily bar of the feed, or is made of minute bars where the feed has sent none.
 * Source: docs.alpaca.markets/docs/market-data-faq, "How are bars aggregated?".
 */
export class TimeframeBars implements RecordSource {
  readonly #history: FeedHistory;
  readonly #timeframe: Timeframe;
  readonly #bars = new Map<string, readonly AnyBar[]>();

  constructor(history: FeedHistory, timeframe: Timeframe) {
    this.#history = history;
    this.#timeframe = timeframe;
  }

  get completeFromSeconds(): number {
    const { bars, dailyBars } = this.#history;
    if (isWithinDay(this.#timeframe)) return bars.completeFromSeconds;
    return Math.max(bars.completeFromSeconds, dailyBars.completeFromSeconds);
  }

  get symbols(): Iterable<string> {
    return new Set([...this.#history.bars.symbols, ...this.#history.dailyBars.symbols]);
  }

  has(symbol: string): boolean {
    return this.#history.bars.has(symbol) || this.#history.dailyBars.has(symbol);
  }

  /** How many bars of a symbol there are. */
  length(symbol: string): number {
    return this.#of(symbol).length;
  }

  indexFrom(symbol: string, { seconds, nanos }: TimestampParts): number {
    return this.#indexOfFirst(symbol, (bar) => bar.seconds > seconds || (bar.seconds === seconds && nanos === 0));
  }

  indexAfter(symbol: string, { seconds }: TimestampParts): number {
    return this.#indexOfFirst(symbol, (bar) => bar.seconds > seconds);
  }

  read(symbol: string, index: number): AnyBar {
    const bar = this.#of(symbol)[index];
    if (bar === undefined) throw new RangeError(`${symbol} has no bar at ${index}`);
    return bar;
  }

  suffix(): string {
    return "";
  }

  placeOf(symbol: string, index: number): Place {
    return { seconds: this.read(symbol, index).seconds, nanos: 0, row: 0 };
  }

  indexOf(symbol: string, { seconds }: Place): number {
    return this.#of(symbol).findIndex((bar) => bar.seconds === seconds);
  }

  #indexOfFirst(symbol: string, fits: (bar: AnyBar) => boolean): number {
    const bars = this.#of(symbol);
    const index = bars.findIndex(fits);
    return index < 0 ? bars.length : index;
  }

  #of(symbol: string): readonly AnyBar[] {
    let bars = this.#bars.get(symbol);
    if (bars === undefined) {
      bars = this.#make(symbol);
      this.#bars.set(symbol, bars);
    }
    return bars;
  }

  #make(symbol: string): readonly AnyBar[] {
    const { bars } = this.#history;
    if (isWithinDay(this.#timeframe)) return this.#merge(all(bars, symbol, 0, bars.length(symbol)), this.#timeframe);
    const days = this.#days(symbol);
    return this.#timeframe.unit === "Day" ? days : this.#merge(days, this.#timeframe);
  }

  #days(symbol: string): readonly AnyBar[] {
    const { bars, dailyBars, assetClass } = this.#history;
    const days = new Map<number, AnyBar>();
    for (const bar of all(dailyBars, symbol, 0, dailyBars.length(symbol))) days.set(bar.seconds, bar);
    for (let index = 0; index < bars.length(symbol); ) {
      const { start, end } = assetClass.dayOf(bars.read(symbol, index).seconds);
      const next = bars.indexFrom(symbol, { seconds: end, nanos: 0 });
      if (!days.has(start)) days.set(start, this.#merged(all(bars, symbol, index, next), start));
      index = next;
    }
    return [...days.values()].sort((a, b) => a.seconds - b.seconds);
  }

  /** Merges bars, which are in order, into those of a timeframe. */
  #merge(bars: readonly AnyBar[], timeframe: Timeframe): AnyBar[] {
    const groups: { readonly interval: Interval; readonly parts: AnyBar[] }[] = [];
    for (const bar of bars) {
      const group = groups.at(-1);
      if (group !== undefined && bar.seconds < group.interval.end) group.parts.push(bar);
      else groups.push({ interval: intervalOf(bar.seconds, timeframe, this.#history.assetClass.dayOf), parts: [bar] });
    }
    return groups.map(({ interval, parts }) => this.#merged(parts, interval.start));
  }

  #merged(parts: readonly AnyBar[], start: number): AnyBar {
    const { symbol = "", open = 0 } = parts[0] ?? {};
    const sum = (value: (bar: AnyBar) => number): number => parts.reduce((total, bar) => total + value(bar), 0);
    const volume = sum((bar) => bar.volume);
    const value = sum((bar) => (bar.vwap ?? 0) * bar.volume);
    return this.#history.assetClass.makeBar(
      symbol,
      start,
      open,
      Math.max(...parts.map((bar) => bar.high)),
      Math.min(...parts.map((bar) => bar.low)),
      parts.at(-1)?.close ?? 0,
      volume,
      sum((bar) => bar.tradeCount ?? 0),
      volume === 0 ? 0 : Math.round((value / volume) * VWAP_SCALE) / VWAP_SCALE,
    );
  }
}

/** Average prices have six decimals: further ones would be those of the sums. */
const VWAP_SCALE = 1e6;

function all(bars: ChannelHistory<AnyBar>, symbol: string, start: number, end: number): AnyBar[] {
  return Array.from({ length: end - start }, (_, index) => bars.read(symbol, start + index));
}
