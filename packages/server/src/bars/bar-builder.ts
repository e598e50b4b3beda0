import type { Bar, BarChannel, Trade } from "@tickerplant/client";
import { checkOptions } from "../option-checks.ts";
import { BarAggregator } from "./bar-aggregator.ts";
import { BarDraft } from "./bar-draft.ts";
import { barRules } from "./bar-rules.ts";
import { type NewYorkDay, newYorkDay } from "./new-york-day.ts";
import { TimeGate } from "./time-gate.ts";

const MINUTE_S = 60;
const HALF_MINUTE_S = 30;

/**
 * How long after its end a minute still takes late trades. Exchanges have ten seconds to report;
 * five minutes cover stragglers and keep no more than a handful of minutes in memory.
 */
const LATE_LIMIT_S = 300;

/** The year 9999. Later ones are milliseconds by mistake, and would be half a minute for every 30 of them. */
const MAX_SECONDS = 253_402_300_800;

/** A confirmed step back by more than this is another time, and nothing of the old one goes on. */
const RESTART_S = 86_400;

const NO_BARS: readonly Bar[] = [];

/** Options of a {@link BarBuilder}. */
export interface BarBuilderOptions {
  /**
   * Length of `bars` and `updatedBars` in minutes, from 1 to 1,440, a day in New York. Bars begin at
   * midnight in New York, and every so many minutes after it. Default 1.
   */
  readonly minutes?: number;
}

/**
 * Builds minute, updated and daily bars from any stream of trades, under Alpaca's rules, and joins minute
 * bars into longer ones. It has no clock: say what time it is with `advanceTo`, and add each record when it
 * arrives.
 *
 * ```ts
 * for (const trade of trades) {
 *   for (const bar of builder.advanceTo(trade.seconds)) publish(bar);
 *   builder.add(trade);
 * }
 * ```
 *
 * A trade belongs to the minute of its timestamp and to the New York calendar day of it. Where
 * trades arrive out of order, the earliest timestamp opens a bar and the latest closes it. A daily
 * bar is given after those minutes only in which it changed. Corrections and cancels change no
 * bar: no rule says that they do.
 *
 * Longer bars are made of minute bars, those that it has built or those that were added: the first open,
 * the highest high, the lowest low, the last close, sums of volume and trades, and the average price by
 * volume. A minute without trades has no bar and adds nothing; a longer bar without any is not given. An
 * updated minute bar changes the longer one, which is then given again among `updatedBars`, up to half an
 * hour after its end. Bars of the server come after the minute's end: of `advanceTo`, the time is then that
 * up to which all have come, the clock's less a few seconds, or the newest bar's own.
 *
 * ```ts
 * const builder = new BarBuilder({ minutes: 5 });
 * for await (const bar of stream.records({ bars: ["SPY"], updatedBars: ["SPY"] })) {
 *   for (const five of builder.advanceTo(bar.seconds)) publish(five);
 *   builder.add(bar);
 * }
 * ```
 *
 * A time that is over an hour ahead of the last, or two days behind it, moves nothing until the next two
 * calls of `advanceTo` confirm it, so that one wrong time does not end all bars; see `outliers`. A step
 * ahead of over five minutes is taken back when the next three calls contradict it.
 *
 * Source: docs.alpaca.markets/docs/market-data-faq and /real-time-stock-pricing-data.
 */
export class BarBuilder {
  #aggregator: BarAggregator;
  readonly #length: number;
  /** Whether bars of one minute, as they are built, have to be joined. */
  readonly #isLong: boolean;
  readonly #gate = new TimeGate<Trade | Bar>();
  readonly #minutes = new Map<number, Minute>();
  #minute: Minute | undefined;
  #late: BarDraft[] = [];

  #day: NewYorkDay | undefined;
  #daily = new Map<string, BarDraft>();
  #changedDaily: BarDraft[] = [];

  /** The next whole or half minute, in seconds since the epoch; unknown before the first call. */
  #nextMark: number | undefined;

  /**
   * @throws RangeError unless `minutes` is a whole number from 1 to 1,440.
   * @throws TypeError for an unknown option, or a value that is no number.
   */
  constructor(options: BarBuilderOptions = {}) {
    checkOptions("BarBuilder", options, { minutes: "number" });
    const { minutes = 1 } = options;
    this.#aggregator = new BarAggregator(minutes);
    this.#length = minutes;
    this.#isLong = minutes > 1;
  }

  /**
   * Adds a trade or a minute bar that arrived now, that is: since the last `advanceTo`. For one symbol, add
   * the one or the other. Daily bars are ignored.
   *
   * @throws TypeError for anything else.
   */
  add(record: Trade | Bar): void {
    if (typeof record !== "object" || record === null || (!isTrade(record) && !isBar(record)))
      // A quote or a raw record would make bars of NaN.
      throw new TypeError(
        "BarBuilder.add takes trades and bars: records with seconds, and with price and size or open and volume",
      );
    if (this.#nextMark !== undefined && this.#gate.holdsBack(this.#nextMark, record)) return;
    if (isTrade(record)) this.#addTrade(record);
    else if (record.channel !== "dailyBars") this.#aggregator.add(record);
  }

  /** Records that are in no bar because their time is far from those around it. */
  get outliers(): number {
    return this.#gate.outliers;
  }

  #addTrade(trade: Trade): void {
    this.#nextMark ??= markAfter(trade.seconds);
    const rules = barRules(trade.conditions, trade.tape);
    const isOpening = trade.conditions.includes("O");
    this.#addToMinute(trade, rules & 15, isOpening);
    this.#addToDay(trade, rules >> 4, isOpening);
  }

  /**
   * Moves time on and gives the bars that fell due: `bars` and `dailyBars` after each minute mark,
   * `updatedBars` after each half-minute mark. Empty when no mark was passed, or time went back.
   */
  advanceTo(seconds: number): readonly Bar[] {
    if (!(Number.isFinite(seconds) && seconds < MAX_SECONDS))
      throw new TypeError(
        `BarBuilder.advanceTo takes seconds since the epoch, such as trade.seconds, got ${String(seconds)}`,
      );
    if (this.#nextMark === undefined) {
      this.#gate.begin(seconds);
      return this.#advance(seconds);
    }
    const wrongStep = this.#gate.findWrongStep(this.#nextMark, seconds);
    if (wrongStep !== undefined) this.#goBack(wrongStep.from ?? markAfter(seconds));
    const times = this.#gate.pass(this.#nextMark, seconds);
    return times === undefined ? this.#advance(seconds) : this.#advanceToHeld(times);
  }

  #advanceToHeld(times: readonly { readonly seconds: number; readonly records: readonly (Trade | Bar)[] }[]): Bar[] {
    const bars: Bar[] = [];
    for (const { seconds, records } of times) {
      const isRestart = this.#nextMark !== undefined && seconds < this.#nextMark - RESTART_S;
      if (isRestart) this.#restart(); // a replay that begins again, or a first time that was wrong
      bars.push(...this.#advance(seconds));
      for (const record of records) this.add(record);
    }
    return bars;
  }

  /** Takes a step ahead back that was wrong, with the records that came at its time. */
  #goBack(seconds: number): void {
    for (const { start, drafts } of this.#minutes.values()) {
      if (start < seconds + LATE_LIMIT_S) continue;
      this.#gate.outliers += drafts.size;
      this.#minutes.delete(start);
    }
    this.#minute = undefined;
    if (this.#day !== undefined && seconds < this.#day.start) this.#forgetDay();
    this.#aggregator.goBack(seconds);
    this.#nextMark = seconds;
  }

  #forgetDay(): void {
    this.#day = undefined;
    this.#daily = new Map();
    this.#changedDaily = [];
  }

  /** Forgets everything of a time that is not the market's any more. */
  #restart(): void {
    this.#aggregator = new BarAggregator(this.#length);
    this.#minutes.clear();
    this.#minute = undefined;
    this.#late = [];
    this.#forgetDay();
    this.#nextMark = undefined;
  }

  #advance(seconds: number): readonly Bar[] {
    const built = this.#build(seconds);
    if (!this.#isLong) return concatenated(built, this.#aggregator.advanceTo(seconds));
    const daily: Bar[] = [];
    for (const bar of built) {
      if (bar.channel === "dailyBars") daily.push(bar);
      else this.#aggregator.add(bar);
    }
    return concatenated(this.#aggregator.advanceTo(seconds), daily);
  }

  #build(seconds: number): readonly Bar[] {
    this.#nextMark ??= markAfter(seconds);
    if (seconds < this.#nextMark) return NO_BARS;
    const bars: Bar[] = [];
    while (this.#nextMark <= seconds) {
      if (!this.#isAnythingPending()) {
        this.#nextMark = markAfter(seconds);
        break;
      }
      if (this.#nextMark % MINUTE_S === 0) this.#passMinuteMark(this.#nextMark, bars);
      else this.#passHalfMinuteMark(bars);
      this.#nextMark += HALF_MINUTE_S;
    }
    this.#forgetOldMinutes(this.#nextMark - HALF_MINUTE_S);
    return bars;
  }

  #addToMinute(trade: Trade, rule: number, isOpening: boolean): void {
    const start = Math.floor(trade.seconds / MINUTE_S) * MINUTE_S;
    if (this.#minute?.start !== start) {
      const minute = this.#minuteAt(start);
      if (minute === undefined) return;
      this.#minute = minute;
    }
    const { drafts, isSent } = this.#minute;
    let draft = drafts.get(trade.symbol);
    if (draft === undefined) {
      draft = new BarDraft(trade.symbol, start);
      drafts.set(trade.symbol, draft);
    }
    if (draft.add(trade, rule, isOpening) && isSent && !draft.isPending) {
      draft.isPending = true;
      this.#late.push(draft);
    }
  }

  /** The minute that starts at `start`, or undefined when it is over for longer than the limit. */
  #minuteAt(start: number): Minute | undefined {
    const lastMark = (this.#nextMark ?? start) - HALF_MINUTE_S;
    const isContradicted = this.#gate.isContradicted; // then the mark is probably wrong
    if (isLongOver(start, lastMark) && !isContradicted) return undefined;
    const known = this.#minutes.get(start);
    if (known !== undefined) return known;
    const isSent = !isContradicted && start + MINUTE_S <= Math.floor(lastMark / MINUTE_S) * MINUTE_S;
    const minute: Minute = { start, drafts: new Map(), isSent };
    this.#minutes.set(start, minute);
    return minute;
  }

  #addToDay(trade: Trade, rule: number, isOpening: boolean): void {
    if (this.#day === undefined || trade.seconds >= this.#day.end) {
      this.#day = newYorkDay(trade.seconds);
      this.#daily = new Map();
    }
    // A straggler of a day that is over: its bar was last sent then.
    if (trade.seconds < this.#day.start) return;
    let draft = this.#daily.get(trade.symbol);
    if (draft === undefined) {
      draft = new BarDraft(trade.symbol, this.#day.start);
      this.#daily.set(trade.symbol, draft);
    }
    if (draft.add(trade, rule, isOpening) && !draft.isPending) {
      draft.isPending = true;
      this.#changedDaily.push(draft);
    }
  }

  #isAnythingPending(): boolean {
    if (this.#late.length > 0 || this.#changedDaily.length > 0) return true;
    for (const minute of this.#minutes.values()) if (!minute.isSent) return true;
    return false;
  }

  #passMinuteMark(mark: number, bars: Bar[]): void {
    const ended = [...this.#minutes.values()].filter(({ start }) => start + MINUTE_S <= mark);
    ended.sort((one, other) => one.start - other.start);
    for (const minute of ended) {
      if (minute.isSent) continue;
      minute.isSent = true;
      collect("bars", minute.drafts.values(), bars);
    }
    collect("dailyBars", this.#changedDaily, bars);
    this.#changedDaily = [];
  }

  #forgetOldMinutes(mark: number): void {
    this.#minute = undefined;
    if (this.#gate.isUnsure) return; // the mark may be wrong
    for (const start of this.#minutes.keys()) if (isLongOver(start, mark)) this.#minutes.delete(start);
  }

  #passHalfMinuteMark(bars: Bar[]): void {
    collect("updatedBars", this.#late, bars);
    this.#late = [];
  }
}

function isTrade(record: Trade | Bar): record is Trade {
  const { seconds, price, size, conditions } = record as Partial<Trade>;
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

function isLongOver(start: number, mark: number): boolean {
  return start + MINUTE_S + LATE_LIMIT_S < mark;
}

interface Minute {
  readonly start: number;
  readonly drafts: Map<string, BarDraft>;
  /** Whether its minute mark has passed, so that a further trade is late. */
  isSent: boolean;
}

function markAfter(seconds: number): number {
  return Math.floor(seconds / HALF_MINUTE_S) * HALF_MINUTE_S + HALF_MINUTE_S;
}

function collect(channel: BarChannel, drafts: Iterable<BarDraft>, bars: Bar[]): void {
  for (const draft of drafts) {
    draft.isPending = false;
    const bar = draft.toBar(channel);
    if (bar !== undefined) bars.push(bar);
  }
}
