/** Prices of a trend before two of them become one: twice the cells of its picture. */
const MAX_PRICES = 20;

/** The seconds for which a price of a new trend stands. */
const FIRST_STEP_SECONDS = 2;

/** The price since the start of the board, in at most twenty steps of equal length, which doubles as time goes on. */
export class Trend {
  #prices: number[] = [];
  #stepSeconds = FIRST_STEP_SECONDS;
  #stepEnd = 0;

  /** The price at the end of each step, oldest first. */
  get prices(): readonly number[] {
    return this.#prices;
  }

  /** The price at a time of the market. */
  push(price: number, seconds: number): void {
    if (seconds < this.#stepEnd && this.#prices.length > 0) {
      this.#prices[this.#prices.length - 1] = price;
      return;
    }
    if (this.#prices.length === MAX_PRICES) {
      this.#prices = this.#prices.filter((_, index) => index % 2 === 1);
      this.#stepSeconds *= 2;
    }
    this.#prices.push(price);
    this.#stepEnd = seconds + this.#stepSeconds;
  }

  /** A copy that later prices do not change. */
  copy(): Trend {
    const copy = new Trend();
    copy.#prices = [...this.#prices];
    copy.#stepSeconds = this.#stepSeconds;
    copy.#stepEnd = this.#stepEnd;
    return copy;
  }
}
