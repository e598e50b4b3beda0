import type { TimestampParts } from "@tickerplant/client/wire";
import type { FeedHistory } from "./feed-history.ts";
import type { AnyBar, MakeBar } from "./layouts.ts";
import type { ChannelHistory, Place, RecordSource } from "./store/channel-history.ts";
import { type Interval, intervalOf, isWithinDay, type Timeframe } from "./timeframe.ts";

const DAY: Timeframe = { count: 1, unit: "Day" };

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
    const { bars, dailyBars, assetClass } = this.#history;
    const minutes = allOf(bars, symbol);
    if (isWithinDay(this.#timeframe)) return merged(minutes, this.#timeframe, assetClass.makeBar);
    const days = new Map(merged(minutes, DAY, assetClass.makeBar).map((bar) => [bar.seconds, bar]));
    for (const bar of allOf(dailyBars, symbol)) days.set(bar.seconds, bar);
    const inOrder = [...days.values()].sort((a, b) => a.seconds - b.seconds);
    return this.#timeframe.unit === "Day" ? inOrder : merged(inOrder, this.#timeframe, assetClass.makeBar);
  }
}

function allOf(bars: ChannelHistory<AnyBar>, symbol: string): AnyBar[] {
  return Array.from({ length: bars.length(symbol) }, (_, index) => bars.read(symbol, index));
}

/** Merges bars, which are in order, into those of a timeframe. */
function merged(bars: readonly AnyBar[], timeframe: Timeframe, makeBar: MakeBar): AnyBar[] {
  const result: AnyBar[] = [];
  let parts: AnyBar[] = [];
  let interval: Interval | undefined;
  for (const bar of bars) {
    if (interval === undefined || bar.seconds >= interval.end) {
      if (interval !== undefined) result.push(mergedBar(parts, interval.start, makeBar));
      interval = intervalOf(bar.seconds, timeframe);
      parts = [];
    }
    parts.push(bar);
  }
  if (interval !== undefined) result.push(mergedBar(parts, interval.start, makeBar));
  return result;
}

function mergedBar(parts: readonly AnyBar[], start: number, makeBar: MakeBar): AnyBar {
  const { symbol = "", open = 0 } = parts[0] ?? {};
  const sum = (value: (bar: AnyBar) => number): number => parts.reduce((total, bar) => total + value(bar), 0);
  const volume = sum((bar) => bar.volume);
  const value = sum((bar) => (bar.vwap ?? 0) * bar.volume);
  return makeBar(
    symbol,
    start,
    open,
    Math.max(...parts.map((bar) => bar.high)),
    Math.min(...parts.map((bar) => bar.low)),
    parts.at(-1)?.close ?? 0,
    volume,
    sum((bar) => bar.tradeCount ?? 0),
    volume === 0 ? 0 : Math.round((value / volume) * 1e6) / 1e6,
  );
}
