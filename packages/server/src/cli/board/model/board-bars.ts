import { type Bar, BarRule, barRules, type CryptoBar, type Trade } from "@tickerplant/client";
import { MAX_BARS } from "../limits.ts";
import type { AnyTrade } from "./print.ts";

/** A bar as the board shows it. Prices are in dollars. */
export interface BoardBar {
  /** The bar's left edge, in seconds since the epoch. */
  readonly seconds: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** The length of the bars that are shown, in minutes. */
export type BarMinutes = 1 | 5 | 15 | 1440;

const MINUTE_SECONDS = 60;

/** What a trade of crypto changes in a bar: everything. */
const ALL_RULES = 15;

/** What a trade may change in a minute bar. */
export function minuteRules(trade: AnyTrade): number {
  return "conditions" in trade ? barRules(trade.conditions, (trade as Trade).tape) & ALL_RULES : ALL_RULES;
}

/** The minutes of a symbol: the server's bars, and the minute that runs, built from its trades. */
export class MinuteBars {
  /** In order of time. */
  #bars: BoardBar[] = [];
  #running: BoardBar | undefined;

  /** Adds a minute of the server, or revises it. */
  pushBar(received: Bar | CryptoBar): void {
    if (received.volume === 0) return; // a minute of quotes alone
    const bar = boardBar(received);
    const { seconds } = bar;
    const at = this.#bars.findLastIndex((each) => each.seconds <= seconds);
    const isRevision = this.#bars[at]?.seconds === seconds;
    this.#bars.splice(isRevision ? at : at + 1, isRevision ? 1 : 0, bar);
    if (this.#bars.length > MAX_BARS) this.#bars.shift();
    if (this.#running !== undefined && this.#running.seconds <= seconds) this.#running = undefined;
  }

  /** Adds minutes of history, before those that were received. */
  pushPast(bars: readonly BoardBar[]): void {
    const begin = (this.#bars[0] ?? this.#running)?.seconds ?? Number.POSITIVE_INFINITY;
    const earlier = bars.filter(({ seconds, volume }) => seconds < begin && volume > 0);
    const sorted = earlier.map(boardBar).sort((one, other) => one.seconds - other.seconds);
    this.#bars = [...sorted, ...this.#bars].slice(-MAX_BARS);
  }

  /** Adds a trade to the minute that runs. */
  pushTrade({ seconds: tradeSeconds, price, size }: AnyTrade, rules: number): void {
    const seconds = tradeSeconds - (tradeSeconds % MINUTE_SECONDS);
    const running = this.#running;
    if (running === undefined || running.seconds < seconds) {
      if ((rules & BarRule.OPEN_CLOSE) === 0 || seconds <= (this.#bars.at(-1)?.seconds ?? 0)) return;
      this.#running = { seconds, open: price, high: price, low: price, close: price, volume: size };
      return;
    }
    if (running.seconds > seconds) return; // reported late: the server's bar counts it
    const { open, high, low, close, volume } = running;
    const movesRange = (rules & BarRule.HIGH_LOW) !== 0;
    this.#running = {
      seconds,
      open,
      high: movesRange ? Math.max(high, price) : high,
      low: movesRange ? Math.min(low, price) : low,
      close: (rules & BarRule.OPEN_CLOSE) !== 0 ? price : close,
      volume: volume + ((rules & BarRule.VOLUME) !== 0 ? size : 0),
    };
  }

  /** Bars of a length, oldest first; the last one may still run. */
  bars(minutes: BarMinutes): readonly BoardBar[] {
    const all = this.#running === undefined ? this.#bars : [...this.#bars, this.#running];
    return minutes === 1 ? all : merged(all, minutes * MINUTE_SECONDS);
  }

  /** A copy that later records do not change. */
  copy(): MinuteBars {
    const copy = new MinuteBars();
    copy.#bars = [...this.#bars];
    copy.#running = this.#running;
    return copy;
  }
}

function boardBar({ seconds, open, high, low, close, volume }: BoardBar): BoardBar {
  return { seconds, open, high, low, close, volume };
}

/** A US trading day, from 04:00 to 20:00 in New York, lies within one day that begins at this second of the UTC day. */
const DAY_STARTS_AT = 5 * 3_600;

function merged(bars: readonly BoardBar[], lengthSeconds: number): BoardBar[] {
  const offset = lengthSeconds > 3_600 ? DAY_STARTS_AT : 0;
  const result: BoardBar[] = [];
  for (const bar of bars) {
    const seconds = bar.seconds - ((bar.seconds - offset) % lengthSeconds);
    const last = result.at(-1);
    if (last?.seconds !== seconds) result.push({ ...bar, seconds });
    else result[result.length - 1] = joined(last, bar);
  }
  return result;
}

function joined(one: BoardBar, next: BoardBar): BoardBar {
  return {
    seconds: one.seconds,
    open: one.open,
    high: Math.max(one.high, next.high),
    low: Math.min(one.low, next.low),
    close: next.close,
    volume: one.volume + next.volume,
  };
}
