import type { Subscription } from "@tickerplant/client";
import type { ChartBar, ChartMarket } from "../chart/chart-market.ts";
import type { BandStep } from "../market/band-log.ts";
import { type Gap, type GapLedger, isOf } from "../market/gap-ledger.ts";
import type { HaltSpan } from "../market/halt-log.ts";
import type { Market } from "../market/market.ts";
import type { Print } from "../market/print.ts";

const NONE: readonly never[] = [];

/** What candles are made of. */
const CANDLE_CHANNELS: ReadonlySet<string> = new Set(["trades", "bars", "dailyBars"]);

/** What the chart reads, from the model of the page. */
export class ChartSource implements ChartMarket {
  readonly #market: Market;
  readonly #ledger: GapLedger;
  #read: readonly Gap[] | undefined;
  #gaps: readonly Gap[] = NONE;

  constructor(market: Market, ledger: GapLedger) {
    this.#market = market;
    this.#ledger = ledger;
  }

  /** Before the first record of a replay its time is not known. */
  nowMs(): number {
    return this.#market.nowMs() ?? Date.now();
  }

  source(): "live" | "simulated" | "replay" {
    return this.#market.source ?? "live";
  }

  isStale(): boolean {
    return this.#market.isStale;
  }

  async bars(symbol: string, timeframe: "1Min" | "1Day", fromMs: number, toMs: number): Promise<readonly ChartBar[]> {
    const range = { timeframe, start: new Date(fromMs), end: new Date(toMs) };
    const bars: ChartBar[] = [];
    for await (const bar of this.#market.history.bars(symbol, range)) bars.push(bar);
    return bars;
  }

  onBar(symbol: string, listener: (bar: ChartBar) => void): () => void {
    const one = [symbol];
    const subscription: Subscription = this.#market.stream.subscribe(
      { bars: one, updatedBars: one, dailyBars: one },
      listener,
    );
    return () => {
      subscription.unsubscribe().catch(() => {}); // the stream's event `error` reports it
    };
  }

  prints(symbol: string): readonly Print[] {
    return this.#market.symbols.get(symbol)?.prints.prints(0) ?? NONE;
  }

  gaps(): readonly Gap[] {
    const { all } = this.#ledger;
    if (all === this.#read) return this.#gaps;
    this.#read = all;
    this.#gaps = all.filter((gap) => gap.state !== "missed" && isOf(gap, CANDLE_CHANNELS));
    return this.#gaps;
  }

  halts(symbol: string): readonly HaltSpan[] {
    return this.#market.symbols.get(symbol)?.halts.spans ?? NONE;
  }

  bands(symbol: string): readonly BandStep[] {
    return this.#market.symbols.get(symbol)?.bands.steps ?? NONE;
  }
}
