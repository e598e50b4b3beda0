import type { Bar, BarChannel, Trade } from "@tickerplant/client";
import { barRules } from "@tickerplant/client";
import { BarDraft } from "./bar-draft.ts";
import { type NewYorkDay, newYorkDay } from "./new-york-day.ts";

const MINUTE_S = 60;
const HALF_MINUTE_S = 30;

/**
 * How long after its end a minute accepts late trades, in seconds. Exchanges have ten seconds to
 * report; five minutes cover stragglers and keep only a few minutes in memory.
 */
const LATE_LIMIT_S = 300;

const NO_BARS: readonly Bar[] = [];

/** Whether the time that was passed last may be wrong. */
interface TimeDoubt {
  readonly isUnsure: boolean;
  readonly isContradicted: boolean;
}

/** Builds minute, updated and daily bars from trades whose times have been checked. */
export class TradeBars {
  readonly #doubt: TimeDoubt;
  readonly #minutes = new Map<number, Minute>();
  /** The minute of the last trade. */
  #minute: Minute | undefined;
  /** Bars of sent minutes that late trades have changed since. */
  #updated: BarDraft[] = [];

  #day: NewYorkDay | undefined;
  #daily = new Map<string, BarDraft>();
  /** Daily bars that have changed since the last minute mark. */
  #changedDaily: BarDraft[] = [];

  #nextMark: number | undefined;

  constructor(doubt: TimeDoubt) {
    this.#doubt = doubt;
  }

  /** The next whole or half minute, in seconds since the epoch; undefined before the first trade or time. */
  get nextMark(): number | undefined {
    return this.#nextMark;
  }

  add(trade: Trade): void {
    this.#nextMark ??= markAfter(trade.seconds);
    const rules = barRules(trade.conditions, trade.tape);
    const isOpening = trade.conditions.includes("O");
    this.#addToMinute(trade, rules & 15, isOpening);
    this.#addToDay(trade, rules >> 4, isOpening);
  }

  /** Moves time forward and returns the bars that are due. */
  advanceTo(seconds: number): readonly Bar[] {
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
    this.#deleteOldMinutes(this.#nextMark - HALF_MINUTE_S);
    return bars;
  }

  /** Sets the next mark back to `mark` after a wrong step ahead; returns how many bars of that wrong time it drops. */
  goBack(mark: number): number {
    let dropped = 0;
    for (const { start, drafts } of this.#minutes.values()) {
      if (start < mark + LATE_LIMIT_S) continue;
      dropped += drafts.size;
      this.#minutes.delete(start);
    }
    this.#minute = undefined;
    if (this.#day !== undefined && mark < this.#day.start) {
      this.#day = undefined;
      this.#daily = new Map();
      this.#changedDaily = [];
    }
    this.#nextMark = mark;
    return dropped;
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
      this.#updated.push(draft);
    }
  }

  /** Returns the minute that starts at `start`; undefined when it ended longer ago than the limit. */
  #minuteAt(start: number): Minute | undefined {
    const lastMark = (this.#nextMark ?? start) - HALF_MINUTE_S;
    const { isContradicted } = this.#doubt; // then the mark is probably wrong
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
    // A late trade of a day that is over: the last bar of that day has been sent.
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
    if (this.#updated.length > 0 || this.#changedDaily.length > 0) return true;
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

  #passHalfMinuteMark(bars: Bar[]): void {
    collect("updatedBars", this.#updated, bars);
    this.#updated = [];
  }

  #deleteOldMinutes(mark: number): void {
    this.#minute = undefined;
    if (this.#doubt.isUnsure) return; // the mark may be wrong
    for (const start of this.#minutes.keys()) if (isLongOver(start, mark)) this.#minutes.delete(start);
  }
}

/** Returns the first whole or half minute after a time. */
export function markAfter(seconds: number): number {
  return Math.floor(seconds / HALF_MINUTE_S) * HALF_MINUTE_S + HALF_MINUTE_S;
}

/** The bars of all symbols in one minute. */
interface Minute {
  readonly start: number;
  readonly drafts: Map<string, BarDraft>;
  /** Whether its minute mark has passed, so that further trades are late. */
  isSent: boolean;
}

function isLongOver(start: number, mark: number): boolean {
  return start + MINUTE_S + LATE_LIMIT_S < mark;
}

function collect(channel: BarChannel, drafts: Iterable<BarDraft>, bars: Bar[]): void {
  for (const draft of drafts) {
    draft.isPending = false;
    const bar = draft.toBar(channel);
    if (bar !== undefined) bars.push(bar);
  }
}
