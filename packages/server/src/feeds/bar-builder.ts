import { Bar, type BarChannel, type Trade } from "@tickerplant/client/wire";
import { BarRule, barRules } from "./bar-rules.ts";
import { type NewYorkDay, newYorkDay } from "./new-york-day.ts";

const MINUTE_S = 60;
const HALF_MINUTE_S = 30;

/**
 * How long after its end a minute still takes late trades. Exchanges have ten seconds to report;
 * five minutes cover stragglers and keep no more than a handful of minutes in memory.
 */
const LATE_LIMIT_S = 300;

/** The year 9999. Later ones are milliseconds by mistake, and would be half a minute for every 30 of them. */
const MAX_SECONDS = 253_402_300_800;

const NO_BARS: readonly Bar[] = [];

/**
 * Builds minute, updated and daily bars from any stream of trades, under Alpaca's rules. It has no
 * clock: say what time it is with `advanceTo`, and add each trade when it arrives.
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
 * Source: docs.alpaca.markets/docs/market-data-faq and /real-time-stock-pricing-data.
 */
export class BarBuilder {
  readonly #minutes = new Map<number, Minute>();
  #minute: Minute | undefined;
  #late: BarDraft[] = [];

  #day: NewYorkDay | undefined;
  #daily = new Map<string, BarDraft>();
  #changedDaily: BarDraft[] = [];

  /** The next whole or half minute, in seconds since the epoch; unknown before the first call. */
  #nextMark: number | undefined;

  /** Takes a trade that arrived now, that is: since the last `advanceTo`. */
  add(trade: Trade): void {
    // A quote or a raw record has conditions, too, and would make bars of NaN.
    if (typeof trade.price !== "number" || typeof trade.size !== "number" || !Number.isInteger(trade.seconds))
      throw new TypeError("BarBuilder.add takes trades: records with seconds, price and size");
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
    if (!(typeof seconds === "number" && seconds < MAX_SECONDS))
      throw new TypeError(
        `BarBuilder.advanceTo takes seconds since the epoch, such as trade.seconds, got ${String(seconds)}`,
      );
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
    const known = this.#minutes.get(start);
    if (known !== undefined) return known;
    const lastMark = (this.#nextMark ?? start) - HALF_MINUTE_S;
    if (isLongOver(start, lastMark)) return undefined;
    const isSent = start + MINUTE_S <= Math.floor(lastMark / MINUTE_S) * MINUTE_S;
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
    for (const start of this.#minutes.keys()) if (isLongOver(start, mark)) this.#minutes.delete(start);
    this.#minute = undefined;
  }

  #passHalfMinuteMark(bars: Bar[]): void {
    collect("updatedBars", this.#late, bars);
    this.#late = [];
  }
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

/** A bar in the making. Prices are 0 until a trade sets them. */
class BarDraft {
  /** Whether it waits in a list to be sent, and needs no second place there. */
  isPending = false;
  readonly #symbol: string;
  readonly #startSeconds: number;
  #open = 0;
  #openSeconds = 0;
  #openNanos = 0;
  #isOpenFinal = false;
  #high = 0;
  #low = 0;
  #close = 0;
  #closeSeconds = 0;
  #closeNanos = 0;
  #volume = 0;
  #tradeCount = 0;
  /** Dollars and shares of the trades that the average price is over. */
  #averagedDollars = 0;
  #averagedShares = 0;

  constructor(symbol: string, startSeconds: number) {
    this.#symbol = symbol;
    this.#startSeconds = startSeconds;
  }

  /** Lets a trade change what `rule` allows; false when that is nothing. */
  add(trade: Trade, rule: number, isOpening: boolean): boolean {
    const { price, size } = trade;
    if ((rule & BarRule.VOLUME) !== 0) {
      this.#volume += size;
      this.#tradeCount++;
    }
    if ((rule & BarRule.HIGH_LOW) !== 0) {
      if (price > this.#high) this.#high = price;
      if (price < this.#low || this.#low === 0) this.#low = price;
      if ((rule & BarRule.VOLUME) !== 0) {
        this.#averagedDollars += price * size;
        this.#averagedShares += size;
      }
    }
    const openCloseBit = this.#open === 0 ? BarRule.OPEN_CLOSE_IF_FIRST : BarRule.OPEN_CLOSE;
    if ((rule & openCloseBit) !== 0) this.#setOpenAndClose(trade, isOpening);
    return rule !== 0;
  }

  #setOpenAndClose({ price, seconds, nanos }: Trade, isOpening: boolean): void {
    const isFirst = this.#open === 0 || isEarlier(seconds, nanos, this.#openSeconds, this.#openNanos);
    if (!this.#isOpenFinal && (isFirst || isOpening)) {
      this.#open = price;
      this.#openSeconds = seconds;
      this.#openNanos = nanos;
      // The opening print's price stands, whatever traded before it or is printed after it.
      this.#isOpenFinal = isOpening;
    }
    if (this.#close === 0 || !isEarlier(seconds, nanos, this.#closeSeconds, this.#closeNanos)) {
      this.#close = price;
      this.#closeSeconds = seconds;
      this.#closeNanos = nanos;
    }
  }

  /** The bar as it stands; none while one of its prices or its volume is 0. */
  toBar(channel: BarChannel): Bar | undefined {
    if (this.#open === 0 || this.#close === 0 || this.#high === 0 || this.#low === 0 || this.#volume === 0) {
      return undefined;
    }
    // Alpaca's samples carry six digits.
    const vwap =
      this.#averagedShares === 0 ? undefined : Math.round((this.#averagedDollars / this.#averagedShares) * 1e6) / 1e6;
    return new Bar(
      channel,
      this.#symbol,
      this.#startSeconds,
      0,
      this.#open,
      this.#high,
      this.#low,
      this.#close,
      this.#volume,
      this.#tradeCount,
      vwap,
    );
  }
}

function isEarlier(seconds: number, nanos: number, otherSeconds: number, otherNanos: number): boolean {
  return seconds < otherSeconds || (seconds === otherSeconds && nanos < otherNanos);
}
