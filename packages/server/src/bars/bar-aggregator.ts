import { Bar, type BarChannel } from "@tickerplant/client";
import { type NewYorkDay, newYorkDay, newYorkMoment, newYorkSecondOfDay } from "./new-york-day.ts";

const MINUTE_S = 60;
const DAY_S = 24 * 60 * MINUTE_S;
const HALF_MINUTE_S = 30;

/**
 * How long after its end a bar accepts minutes, in seconds. Outside regular hours trades are reported up to
 * 15 minutes late, and the updated bar of their minute follows; this is twice that.
 */
const LATE_LIMIT_S = 30 * MINUTE_S;

const NO_BARS: readonly Bar[] = [];

/**
 * Aggregates minute bars into bars of several minutes, counted from midnight in New York. Another bar of the
 * same minute, such as an updated bar, replaces the first.
 */
export class BarAggregator {
  readonly #lengthS: number;
  readonly #spans = new Map<number, Span>();
  #current: Span | undefined;
  #day: NewYorkDay | undefined;
  /** The last whole or half minute that has passed, in seconds since the epoch. */
  #mark = Number.NEGATIVE_INFINITY;

  /** @throws RangeError unless `minutes` is a whole number from 1 to 1,440. */
  constructor(minutes: number) {
    if (!Number.isInteger(minutes) || minutes < 1 || minutes > DAY_S / MINUTE_S)
      throw new RangeError(`minutes must be a whole number from 1 to 1440, a day, got ${String(minutes)}`);
    this.#lengthS = minutes * MINUTE_S;
  }

  /** Adds the bar of a minute, or replaces the earlier one. Ignores a minute whose longer bar ended too long ago. */
  add(bar: Bar): void {
    const span = this.#spanAt(bar.seconds);
    if (span.end + LATE_LIMIT_S < this.#mark) return;
    let minutes = span.symbols.get(bar.symbol);
    if (minutes === undefined) {
      minutes = [];
      span.symbols.set(bar.symbol, minutes);
    }
    insert(minutes, bar);
    if (span.isSent) span.changed.add(bar.symbol);
  }

  /**
   * Moves time forward. Returns, once each half minute, the bars whose last minute has ended as `bars`, and
   * those that have changed since as `updatedBars`.
   */
  advanceTo(seconds: number): readonly Bar[] {
    if (seconds < this.#mark + HALF_MINUTE_S) return NO_BARS;
    this.#mark = Math.floor(seconds / HALF_MINUTE_S) * HALF_MINUTE_S;
    const bars: Bar[] = [];
    for (const span of [...this.#spans.values()].sort((one, other) => one.start - other.start)) {
      if (span.end > this.#mark) continue;
      const channel = span.isSent ? "updatedBars" : "bars";
      for (const symbol of span.isSent ? span.changed : span.symbols.keys())
        bars.push(aggregate(channel, symbol, span.start, span.symbols.get(symbol) ?? []));
      span.isSent = true;
      span.changed.clear();
      if (span.end + LATE_LIMIT_S < this.#mark) this.#spans.delete(span.start);
    }
    return bars;
  }

  /** Sets the time back after a wrong step ahead. */
  goBack(seconds: number): void {
    this.#mark = Math.min(this.#mark, seconds - (seconds % HALF_MINUTE_S));
  }

  #spanAt(seconds: number): Span {
    if (this.#current === undefined || seconds < this.#current.start || seconds >= this.#current.end) {
      const { start, end } = this.#limitsAt(seconds);
      this.#current = this.#spans.get(start) ?? {
        start,
        end,
        symbols: new Map(),
        changed: new Set(),
        isSent: end <= this.#mark,
      };
    }
    this.#spans.set(this.#current.start, this.#current); // again, if it was deleted
    return this.#current;
  }

  #limitsAt(seconds: number): { start: number; end: number } {
    if (this.#day === undefined || seconds < this.#day.start || seconds >= this.#day.end)
      this.#day = newYorkDay(seconds);
    const secondOfDay = newYorkSecondOfDay(seconds);
    const first = secondOfDay - (secondOfDay % this.#lengthS);
    const next = first + this.#lengthS;
    return {
      start: newYorkMoment(this.#day, first),
      end: next < DAY_S ? newYorkMoment(this.#day, next) : this.#day.end,
    };
  }
}

/** The time range of one bar of each symbol, in seconds since the epoch. */
interface Span {
  readonly start: number;
  readonly end: number;
  /** Minute bars by symbol, in the order of their times. */
  readonly symbols: Map<string, Bar[]>;
  /** Symbols that have changed since their bar was sent. */
  readonly changed: Set<string>;
  isSent: boolean;
}

/** Inserts a bar in order of time, nearly always at the end. */
function insert(minutes: Bar[], bar: Bar): void {
  let at = minutes.length;
  while (at > 0 && (minutes[at - 1]?.seconds ?? 0) > bar.seconds) at--;
  const replaces = minutes[at - 1]?.seconds === bar.seconds;
  minutes.splice(replaces ? at - 1 : at, replaces ? 1 : 0, bar);
}

/**
 * Makes a bar with the first open, the highest high, the lowest low, the last close, the sums of volume and
 * trades, and the volume-weighted average price of the minutes that have one.
 */
function aggregate(channel: BarChannel, symbol: string, start: number, minutes: readonly Bar[]): Bar {
  let [high, low, volume, dollars, shares] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 0, 0, 0];
  let tradeCount: number | undefined;
  for (const minute of minutes) {
    high = Math.max(high, minute.high);
    low = Math.min(low, minute.low);
    volume += minute.volume;
    if (minute.tradeCount !== undefined) tradeCount = (tradeCount ?? 0) + minute.tradeCount;
    if (minute.vwap === undefined) continue;
    dollars += minute.vwap * minute.volume;
    shares += minute.volume;
  }
  const vwap = shares === 0 ? undefined : Math.round((dollars / shares) * 1e6) / 1e6; // as Alpaca's samples
  const open = minutes[0]?.open ?? Number.NaN; // a symbol is stored with its first minute
  const close = minutes.at(-1)?.close ?? Number.NaN;
  return new Bar(channel, symbol, start, 0, open, high, low, close, volume, tradeCount, vwap);
}
