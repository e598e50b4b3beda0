import { CryptoBar, type CryptoBarChannel, type CryptoTrade } from "@tickerplant/client";

const MINUTE_S = 60;
const DAY_S = 86_400;

/** The bars of one pair: minutes, days of UTC, and minutes that late trades changed. */
export class CryptoBars {
  readonly #symbol: string;
  #minute: Draft;
  #lastMinute: Draft | undefined;
  #day: Draft;
  #isLastMinuteChanged = false;

  /** `midpoint` is the standing one, which prices a bar until something happens. */
  constructor(symbol: string, seconds: number, midpoint: number) {
    this.#symbol = symbol;
    this.#minute = new Draft(startOf(seconds, MINUTE_S), midpoint);
    this.#day = new Draft(startOf(seconds, DAY_S), midpoint);
  }

  addMidpoint(midpoint: number): void {
    this.#minute.addPrice(midpoint);
    this.#day.addPrice(midpoint);
  }

  /** Adds a trade of this minute or, reported late, of the last one. */
  addTrade(trade: CryptoTrade): void {
    const start = startOf(trade.seconds, MINUTE_S);
    if (start === this.#minute.start) this.#minute.addTrade(trade);
    else if (start === this.#lastMinute?.start) {
      this.#lastMinute.addTrade(trade);
      this.#isLastMinuteChanged = true;
    }
    if (startOf(trade.seconds, DAY_S) === this.#day.start) this.#day.addTrade(trade);
  }

  /** Begins a minute. Returns the bar of the last one, and that of the day so far. */
  passMinute(seconds: number, midpoint: number): CryptoBar[] {
    const bars = [this.#bar("bars", this.#minute), this.#bar("dailyBars", this.#day)];
    this.#lastMinute = this.#minute;
    this.#isLastMinuteChanged = false;
    this.#minute = new Draft(startOf(seconds, MINUTE_S), midpoint);
    const day = startOf(seconds, DAY_S);
    if (day !== this.#day.start) this.#day = new Draft(day, midpoint);
    return bars;
  }

  /** Returns the bar of the last minute if late trades have changed it since. */
  passHalfMinute(): CryptoBar[] {
    if (this.#lastMinute === undefined || !this.#isLastMinuteChanged) return [];
    this.#isLastMinuteChanged = false;
    return [this.#bar("updatedBars", this.#lastMinute)];
  }

  #bar(channel: CryptoBarChannel, draft: Draft): CryptoBar {
    const { start, open, high, low, close, volume, tradeCount } = draft;
    return new CryptoBar(channel, this.#symbol, start, 0, open, high, low, close, volume, tradeCount, draft.vwap);
  }
}

/** A bar that prices and trades are added to. */
class Draft {
  readonly start: number;
  readonly open: number;
  high: number;
  low: number;
  close: number;
  volume = 0;
  tradeCount = 0;
  #value = 0;

  constructor(start: number, price: number) {
    this.start = start;
    this.open = price;
    this.high = price;
    this.low = price;
    this.close = price;
  }

  /** Average price of the trades; 0 without any, as from Alpaca. */
  get vwap(): number {
    return this.volume === 0 ? 0 : this.#value / this.volume;
  }

  addPrice(price: number): void {
    this.high = Math.max(this.high, price);
    this.low = Math.min(this.low, price);
    this.close = price;
  }

  addTrade({ price, size }: CryptoTrade): void {
    this.addPrice(price);
    this.volume = Math.round((this.volume + size) * 1e9) / 1e9; // sizes have nine decimals
    this.tradeCount++;
    this.#value += price * size;
  }
}

function startOf(seconds: number, lengthS: number): number {
  return Math.floor(seconds / lengthS) * lengthS;
}
