import { BarRule, barRules } from "@tickerplant/client";
import type { ChartBar, ChartTrade } from "./chart-market.ts";

const { HIGH_LOW, OPEN_CLOSE, OPEN_CLOSE_IF_FIRST, VOLUME } = BarRule;
const MINUTE_S = 60;

/** The minute that is not over: its bar comes after its end, and until then its trades show it. */
export class FormingBar implements ChartBar {
  readonly channel = "bars";
  /** When the minute begins. */
  readonly seconds: number;
  open = 0;
  high = 0;
  low = 0;
  close = 0;
  volume = 0;
  readonly vwap = undefined;

  constructor(seconds: number) {
    this.seconds = seconds;
  }

  /** The start of the minute of a trade. */
  static startOf({ seconds }: ChartTrade): number {
    return Math.floor(seconds / MINUTE_S) * MINUTE_S;
  }

  /** Adds a trade of this minute by the rules of its conditions. Trades are expected in order. */
  push({ price, size, conditions, tape }: ChartTrade): void {
    const rules = barRules(conditions, tape);
    if ((rules & VOLUME) !== 0) this.volume += size;
    if ((rules & HIGH_LOW) !== 0) {
      this.high = Math.max(this.high, price);
      this.low = this.low === 0 ? price : Math.min(this.low, price);
    }
    if ((rules & (this.open === 0 ? OPEN_CLOSE_IF_FIRST : OPEN_CLOSE)) !== 0) {
      if (this.open === 0) this.open = price;
      this.close = price;
    }
  }

  /** Adds the part of this minute that history has. The trades that are here already may be in it. */
  addPart({ open, high, low, close, volume }: ChartBar): void {
    if (this.open === 0) this.close = close;
    this.open = open;
    this.high = Math.max(this.high, high);
    this.low = this.low === 0 ? low : Math.min(this.low, low);
    this.volume = Math.max(this.volume, volume);
  }

  /** Whether a trade has set the prices. */
  get hasPrices(): boolean {
    return this.open !== 0 && this.high !== 0;
  }

  /** The bar as it is now. */
  toBar(): ChartBar {
    const { channel, seconds, open, high, low, close, volume, vwap } = this;
    return { channel, seconds, open, high, low, close, volume, vwap };
  }
}
