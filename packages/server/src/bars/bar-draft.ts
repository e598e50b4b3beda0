import { Bar, type BarChannel, BarRule, type Trade } from "@tickerplant/client";

/** A bar that trades are added to. Prices are 0 until a trade sets them. */
export class BarDraft {
  /** Whether it is already in an array of bars to send. */
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
  /** Dollars and shares of the trades that count towards the average price. */
  #averagedDollars = 0;
  #averagedShares = 0;

  constructor(symbol: string, startSeconds: number) {
    this.#symbol = symbol;
    this.#startSeconds = startSeconds;
  }

  /**
   * Changes what `rule` allows a trade to change; returns false if that is nothing. A trade at price 0 has no price: it
   * changes the volume alone.
   */
  add(trade: Trade, rule: number, isOpening: boolean): boolean {
    const { price, size } = trade;
    if ((rule & BarRule.VOLUME) !== 0) {
      this.#volume += size;
      this.#tradeCount++;
    }
    if (price === 0) return (rule & BarRule.VOLUME) !== 0;
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
      // The first opening print sets the final open, before and after any other trade.
      this.#isOpenFinal = isOpening;
    }
    if (this.#close === 0 || !isEarlier(seconds, nanos, this.#closeSeconds, this.#closeNanos)) {
      this.#close = price;
      this.#closeSeconds = seconds;
      this.#closeNanos = nanos;
    }
  }

  /** Returns the present bar; undefined while one of its prices or its volume is 0. */
  toBar(channel: BarChannel): Bar | undefined {
    if (this.#open === 0 || this.#close === 0 || this.#high === 0 || this.#low === 0 || this.#volume === 0) {
      return undefined;
    }
    // Alpaca's samples have six digits.
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
