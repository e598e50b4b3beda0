import type { Bar, Trade } from "@tickerplant/client";
import { checkOptions } from "../option-checks.ts";
import { BarAggregator } from "./bar-aggregator.ts";
import { TimeGate } from "./time-gate.ts";
import { markAfter, TradeBars } from "./trade-bars.ts";

/** The year 9999. Later times are milliseconds by mistake, and each has a thousand times as many half minutes. */
const MAX_SECONDS = 253_402_300_800;

/** A confirmed step back by more than this, in seconds, restarts the builder: the bars of the later time are discarded. */
const RESTART_S = 86_400;

/** Options of a {@link BarBuilder}. */
export interface BarBuilderOptions {
  /**
   * Length of `bars` and `updatedBars` in minutes, from 1 to 1,440 (a day in New York). The first bar of
   * a day begins at midnight in New York.
   *
   * @defaultValue 1
   */
  readonly minutes?: number;
}

/**
 * Builds minute, updated and daily bars from trades by Alpaca's rules, and aggregates minute bars into longer
 * ones.
 *
 * It has no clock: pass the time to `advanceTo`, then add each record when it arrives.
 *
 * - A trade belongs to the minute and to the New York calendar day of its timestamp. If trades arrive out of
 *   order, the earliest timestamp sets the open and the latest the close.
 * - A daily bar is returned after each minute that changed it.
 * - Corrections and cancels change no bar: Alpaca documents no rule for them.
 * - A longer bar has the first open, the highest high, the lowest low, the last close, the sums of volume and
 *   trades, and the volume-weighted average price of its minute bars. A minute without trades has no bar and
 *   adds nothing; a longer bar without any minute is not returned.
 * - An updated minute bar changes the longer bar, which is returned again among `updatedBars`, up to half an
 *   hour after its end.
 * - Bars of a server arrive after their minute has ended: pass to `advanceTo` the time up to which all bars
 *   have arrived, which is the clock's time less a few seconds, or the time of the newest bar.
 * - A time over an hour ahead of the last, or two days behind it, has no effect until the next two calls of
 *   `advanceTo` confirm it, so that one wrong time does not end all bars; see `outliers`. A step ahead of over
 *   five minutes is undone when the next three calls contradict it.
 *
 * Source: docs.alpaca.markets/docs/market-data-faq and /real-time-stock-pricing-data.
 *
 * @example
 * ```ts
 * for (const trade of trades) {
 *   for (const bar of builder.advanceTo(trade.seconds)) publish(bar);
 *   builder.add(trade);
 * }
 * ```
 *
 * @example
 * ```ts
 * const builder = new BarBuilder({ minutes: 5 });
 * for await (const bar of stream.records({ bars: ["SPY"], updatedBars: ["SPY"] })) {
 *   for (const five of builder.advanceTo(bar.seconds)) publish(five);
 *   builder.add(bar);
 * }
 * ```
 */
export class BarBuilder {
  readonly #minutes: number;
  readonly #gate = new TimeGate<Trade | Bar>();
  #tradeBars: TradeBars;
  #aggregator: BarAggregator;

  /**
   * @throws RangeError unless `minutes` is a whole number from 1 to 1,440.
   * @throws TypeError for an unknown option, or for `minutes` that is no number.
   */
  constructor(options: BarBuilderOptions = {}) {
    checkOptions("BarBuilder", options, { minutes: "number" });
    const { minutes = 1 } = options;
    this.#minutes = minutes;
    this.#tradeBars = new TradeBars(this.#gate);
    this.#aggregator = new BarAggregator(minutes);
  }

  /** Number of records that are in no bar because their time is far from the times around it. */
  get outliers(): number {
    return this.#gate.outliers;
  }

  /**
   * Adds a trade or a minute bar that has arrived since the last `advanceTo`. For one symbol, add either
   * trades or bars. Ignores daily bars.
   *
   * @throws TypeError for anything else.
   */
  add(record: Trade | Bar): void {
    if (typeof record !== "object" || record === null || (!isTrade(record) && !isBar(record)))
      // A quote or a raw record would make bars of NaN.
      throw new TypeError(
        "BarBuilder.add takes trades and bars: records with seconds, and with price and size or open and volume",
      );
    const { nextMark } = this.#tradeBars;
    if (nextMark !== undefined && this.#gate.holdsBack(nextMark, record)) return;
    if (isTrade(record)) this.#tradeBars.add(record);
    else if (record.channel !== "dailyBars") this.#aggregator.add(record);
  }

  /**
   * Moves time forward to `seconds` since the epoch and returns the bars that are due: `bars` and `dailyBars`
   * after each minute, `updatedBars` after each half minute. Returns an empty array when neither has passed,
   * or when time went back.
   *
   * @throws TypeError unless `seconds` is a number before the year 10000.
   */
  advanceTo(seconds: number): readonly Bar[] {
    if (!(Number.isFinite(seconds) && seconds < MAX_SECONDS))
      throw new TypeError(
        `BarBuilder.advanceTo takes seconds since the epoch, such as trade.seconds, got ${String(seconds)}`,
      );
    if (this.#tradeBars.nextMark === undefined) {
      this.#gate.begin(seconds);
      return this.#advance(seconds);
    }
    const wrongStep = this.#gate.findWrongStep(this.#tradeBars.nextMark, seconds);
    if (wrongStep !== undefined) this.#goBack(wrongStep.from ?? markAfter(seconds));
    const times = this.#gate.pass(this.#tradeBars.nextMark, seconds);
    return times === undefined ? this.#advance(seconds) : this.#advanceToHeld(times);
  }

  #advance(seconds: number): readonly Bar[] {
    const built = this.#tradeBars.advanceTo(seconds);
    if (this.#minutes === 1) return concatenated(built, this.#aggregator.advanceTo(seconds));
    const daily: Bar[] = [];
    for (const bar of built) {
      if (bar.channel === "dailyBars") daily.push(bar);
      else this.#aggregator.add(bar);
    }
    return concatenated(this.#aggregator.advanceTo(seconds), daily);
  }

  #advanceToHeld(times: readonly { readonly seconds: number; readonly records: readonly (Trade | Bar)[] }[]): Bar[] {
    const bars: Bar[] = [];
    for (const { seconds, records } of times) {
      const { nextMark } = this.#tradeBars;
      const isRestart = nextMark !== undefined && seconds < nextMark - RESTART_S;
      if (isRestart) this.#restart(); // a replay that begins again, or a first time that was wrong
      bars.push(...this.#advance(seconds));
      for (const record of records) this.add(record);
    }
    return bars;
  }

  /** Undoes a wrong step ahead and drops the records of that time. */
  #goBack(mark: number): void {
    this.#gate.outliers += this.#tradeBars.goBack(mark);
    this.#aggregator.goBack(mark);
  }

  #restart(): void {
    this.#tradeBars = new TradeBars(this.#gate);
    this.#aggregator = new BarAggregator(this.#minutes);
  }
}

function isTrade(record: Trade | Bar): record is Trade {
  const { seconds, price, size, conditions } = record as Partial<Trade>; // of callers without types, any object
  return (
    typeof price === "number" && typeof size === "number" && Array.isArray(conditions) && Number.isInteger(seconds)
  );
}

function isBar({ seconds, open, volume }: Partial<Bar>): boolean {
  return typeof open === "number" && typeof volume === "number" && Number.isInteger(seconds);
}

function concatenated(one: readonly Bar[], other: readonly Bar[]): readonly Bar[] {
  return other.length === 0 ? one : one.length === 0 ? other : [...one, ...other];
}
