import { WILDCARD } from "@tickerplant/client/wire";
import { STORE_LIMITS } from "./limits.ts";

/** From when on all records of a symbol have come. */
interface Since {
  /** The number of rows before the first one of them. */
  readonly row: number;
  /** The clock's time at which that began, in seconds. */
  readonly clockSeconds: number;
  /** The market's time, in seconds; infinite until records have shown it. */
  seconds: number;
}

/** What has shown the market's time. */
export interface MarketTime {
  /** The latest second of a record of the channel. */
  readonly newestSeconds: number;
  /** How far the market's time is ahead of the clock, at most; negative in a market of the past. */
  readonly aheadSeconds: number;
}

/**
 * From when on the records of a channel are complete, by symbol, in the market's time: since the feed has begun to
 * carry the symbol by its name or by `*`, and since the last gap that stayed open. It is never too early: whole seconds
 * are counted, and a beginning is known only when later records have shown the market's time.
 */
export class Coverage {
  readonly #carried = new Map<string, Since>();
  /** By symbol, or `*`: the last gap. */
  readonly #gaps = new Map<string, Since>();
  /** Those whose time is not known, in the order of their rows. */
  readonly #unsettled = new Set<Since>();

  /** The feed carries symbols from now on; `row` is the number of rows until now. */
  carry(symbols: readonly string[], row: number, clockSeconds: number): void {
    for (const symbol of symbols) {
      const since = { row, clockSeconds, seconds: Number.POSITIVE_INFINITY };
      this.#carried.set(symbol, since);
      this.#unsettled.add(since);
    }
  }

  /** The feed carries everything, and has from its beginning. */
  carryAll(): void {
    const since = Number.NEGATIVE_INFINITY;
    this.#carried.set(WILDCARD, { row: 0, clockSeconds: since, seconds: since });
  }

  /** The feed no longer carries symbols. */
  release(symbols: readonly string[]): void {
    for (const symbol of symbols) {
      const since = this.#carried.get(symbol);
      if (since === undefined) continue;
      this.#carried.delete(symbol);
      this.#unsettled.delete(since);
    }
    if (this.#carried.size === 0) this.#gaps.clear(); // what is carried later begins behind them
  }

  /** Records of symbols until a second may be missing; `row` is the number of rows until now. */
  gap(symbols: readonly string[], row: number, seconds: number): void {
    const gaps = this.#gaps;
    const isMuch = gaps.size + symbols.length > STORE_LIMITS.maxGapSymbols;
    const earlier = isMuch ? [...gaps.values()] : [];
    if (isMuch) gaps.clear();
    for (const symbol of isMuch ? [WILDCARD] : symbols) {
      const before = [...earlier, gaps.get(symbol)].map((gap) => gap?.seconds ?? Number.NEGATIVE_INFINITY);
      gaps.set(symbol, { row, clockSeconds: 0, seconds: Math.max(seconds, ...before) });
    }
  }

  /** Records have come, `rows` in all: they show when it was that symbols began to be carried. */
  settle(rows: number, { newestSeconds, aheadSeconds }: MarketTime): void {
    for (const since of this.#unsettled) {
      if (rows < since.row + STORE_LIMITS.settlingRows) return;
      // The newest record may be older than that moment, in a market with few records: then the clock is closer.
      since.seconds = Math.max(newestSeconds + 1, Math.ceil(since.clockSeconds + aheadSeconds));
      this.#unsettled.delete(since);
    }
  }

  /**
   * Returns the second of the market from which on all records of a symbol have come, and for `*` those of all symbols;
   * infinite if that is unknown.
   */
  fromSeconds(symbol: string): number {
    return this.#latest(symbol, ({ seconds }) => seconds);
  }

  /** Returns the number of a row; all records of a symbol since then have come. */
  fromRow(symbol: string): number {
    return this.#latest(symbol, ({ row }) => row);
  }

  #latest(symbol: string, value: (since: Since) => number): number {
    const of = (since: Since | undefined, otherwise: number): number =>
      since === undefined ? otherwise : value(since);
    const [carried, gaps] = [this.#carried, this.#gaps];
    const [never, always] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const since = Math.min(of(carried.get(symbol), never), of(carried.get(WILDCARD), never));
    const ends = symbol === WILDCARD ? [...gaps.values()] : [gaps.get(symbol), gaps.get(WILDCARD)];
    return Math.max(since, ...ends.map((gap) => of(gap, always)));
  }
}
