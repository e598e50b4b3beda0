import { concerns, type Gap, type GapLedger, isOf } from "../market/gap-ledger.ts";
import type { Market } from "../market/market.ts";
import type { PrintLog } from "../market/print-log.ts";
import type { TapeMarket } from "../tape/tape-panel.ts";

const TRADES: ReadonlySet<string> = new Set(["trades"]);

/** What the tape reads, from the model of the page. */
export class TapeSource implements TapeMarket {
  readonly #market: Market;
  readonly #ledger: GapLedger;
  #read: readonly Gap[] = [];
  #symbol: string | undefined;
  #gaps: readonly Gap[] = [];

  constructor(market: Market, ledger: GapLedger) {
    this.#market = market;
    this.#ledger = ledger;
  }

  prints(): PrintLog | undefined {
    return this.#market.selected?.prints;
  }

  /** The gaps in the trades of the selected symbol, oldest first. */
  gaps(): readonly Gap[] {
    const symbol = this.#market.selected?.symbol;
    const { all } = this.#ledger;
    if (all === this.#read && symbol === this.#symbol) return this.#gaps;
    this.#read = all;
    this.#symbol = symbol;
    this.#gaps = all
      .filter((gap) => isOf(gap, TRADES))
      .filter((gap) => symbol !== undefined && concerns(gap, symbol))
      .sort((a, b) => a.fromMs - b.fromMs);
    return this.#gaps;
  }

  isStale(): boolean {
    return this.#market.isStale;
  }
}
