import { BarStore } from "./bar-store.ts";
import type { ChartBar, ChartMarket, ChartTrade } from "./chart-market.ts";
import { FormingBar } from "./forming-bar.ts";
import type { BaseTimeframe, ChartTimeframe } from "./timeframes.ts";

const MINUTE_MS = 60_000;

/** What has changed since the chart drew last: nothing, the newest candle alone, or any. */
export type Change = "none" | "newest" | "any";

/** Bars of one length with how far back history was asked for them. */
class Bars {
  readonly store = new BarStore();
  /** The start of the range that history was asked for; undefined before the first answer. */
  fromMs: number | undefined;
  isLoading = false;
  /** History has nothing earlier. */
  isComplete = false;
  error: string | undefined;
}

/**
 * The bars of one symbol. Live bars are collected first and history is asked then, so that no bar is missed between
 * the two. The minute that is not over is made of trades until its bar comes.
 */
export class ChartData {
  readonly symbol: string;
  readonly #market: ChartMarket;
  readonly #bars: Record<BaseTimeframe, Bars> = { "1Min": new Bars(), "1Day": new Bars() };
  readonly #unsubscribe: () => void;
  #forming: FormingBar | undefined;
  #newestTrade: ChartTrade | undefined;
  #change: Change = "any";

  constructor(symbol: string, market: ChartMarket) {
    this.symbol = symbol;
    this.#market = market;
    this.#unsubscribe = market.onBar(symbol, (bar) => this.#pushLive(bar));
  }

  /** Ends the subscription. Answers of history that arrive later change nothing that is drawn. */
  close(): void {
    this.#unsubscribe();
  }

  /** The bars of whole minutes, and days, in order. */
  bars(base: BaseTimeframe): readonly ChartBar[] {
    return this.#bars[base].store.all;
  }

  /** The minute that is not over; undefined before its first trade, and where its bar has come already. */
  get forming(): ChartBar | undefined {
    const forming = this.#forming;
    const newest = this.#bars["1Min"].store.all.at(-1);
    if (forming === undefined || !forming.hasPrices) return undefined;
    return newest !== undefined && newest.seconds >= forming.seconds ? undefined : forming.toBar();
  }

  isLoading(base: BaseTimeframe): boolean {
    return this.#bars[base].isLoading;
  }

  /** Why history could not be loaded. */
  error(base: BaseTimeframe): string | undefined {
    return this.#bars[base].error;
  }

  /** Asks history for what a timeframe shows at first, unless it is here. */
  async load({ base, spanMs }: ChartTimeframe): Promise<void> {
    const bars = this.#bars[base];
    const nowMs = this.#market.nowMs();
    const fromMs = nowMs - spanMs;
    if (bars.fromMs === undefined) await this.#request(base, fromMs, nowMs);
    else if (bars.fromMs > fromMs) await this.#request(base, fromMs, bars.fromMs);
  }

  /** Asks history for bars before those that are here. */
  async loadEarlier({ base, spanMs }: ChartTimeframe): Promise<void> {
    const { fromMs, isComplete, error } = this.#bars[base];
    if (fromMs !== undefined && !isComplete && error === undefined) await this.#request(base, fromMs - spanMs, fromMs);
  }

  /** Adds the trades since the last call. Returns what has changed since then. */
  update(): Change {
    const hasTraded = this.#pushTrades();
    const change = this.#change;
    this.#change = "none";
    return change === "none" && hasTraded ? "newest" : change;
  }

  async #request(base: BaseTimeframe, fromMs: number, toMs: number): Promise<void> {
    const bars = this.#bars[base];
    if (bars.isLoading) return;
    bars.isLoading = true;
    bars.error = undefined;
    try {
      const answer = await this.#market.bars(this.symbol, base, fromMs, toMs);
      this.#pushHistory(base, answer);
      bars.isComplete = bars.fromMs !== undefined && answer.length === 0;
      bars.fromMs = fromMs;
    } catch (error) {
      bars.error = error instanceof Error ? error.message : String(error);
    }
    bars.isLoading = false;
    this.#change = "any";
  }

  #pushHistory(base: BaseTimeframe, answer: readonly ChartBar[]): void {
    const newest = answer.at(-1);
    const isPart = base === "1Min" && newest !== undefined && isInProgress(newest, this.#market.nowMs());
    this.#bars[base].store.pushHistory(isPart ? answer.slice(0, -1) : answer);
    if (isPart) this.#formingAt(newest.seconds)?.addPart(newest);
  }

  #pushLive(bar: ChartBar): void {
    this.#bars[bar.channel === "dailyBars" ? "1Day" : "1Min"].store.pushLive(bar);
    this.#change = "any";
  }

  #pushTrades(): boolean {
    const prints = this.#market.prints(this.symbol);
    const newest = prints[0]?.trade;
    if (newest === undefined || newest === this.#newestTrade) return false;
    const known = prints.findIndex(({ trade }) => trade === this.#newestTrade);
    for (let index = (known < 0 ? prints.length : known) - 1; index >= 0; index--) {
      const trade = prints[index]?.trade;
      if (trade !== undefined) this.#formingAt(FormingBar.startOf(trade))?.push(trade);
    }
    this.#newestTrade = newest;
    return true;
  }

  /** The forming bar of a minute. A new minute ends the one before; undefined for a minute that is over. */
  #formingAt(seconds: number): FormingBar | undefined {
    const present = this.#forming;
    if (present?.seconds === seconds) return present;
    if (present !== undefined && present.seconds > seconds) return undefined;
    // Until its bar comes, or history is asked, the minute is shown as its trades made it.
    if (present?.hasPrices) this.#bars["1Min"].store.pushHistory([present.toBar()]);
    this.#forming = new FormingBar(seconds);
    this.#change = "any";
    return this.#forming;
  }
}

function isInProgress({ seconds }: ChartBar, nowMs: number): boolean {
  return seconds * 1000 + MINUTE_MS > nowMs;
}
