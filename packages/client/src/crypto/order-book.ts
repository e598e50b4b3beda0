import * as LIMITS from "../limits.ts";
import type { PriceLevel } from "../wire/price-levels.ts";
import type { CryptoOrderBook } from "./records.ts";

/**
 * The order book of one symbol, kept up to date by its records.
 *
 * Updates before the first snapshot are ignored. After a gap, or after records were dropped, call
 * {@link OrderBook.clear}: what is known may be wrong until the next snapshot, which the server sends
 * after each subscription. The event `gap` may come after that snapshot: pass its `from` to `clear`.
 *
 * A book with more than 20,000 levels on a side is not believed: it is empty and not complete until the next
 * snapshot.
 *
 * @example
 * const book = new OrderBook();
 * stream.subscribeOrderbooks((record) => {
 *   if (book.apply(record)) console.log(book.bestBid?.price, book.bestAsk?.price);
 * }, "BTC/USD");
 * stream.on("gap", ({ channel, from }) => {
 *   if (channel === "orderbooks") book.clear(from);
 * });
 */
export class OrderBook {
  readonly #bids: PriceLevel[] = [];
  readonly #asks: PriceLevel[] = [];
  #isComplete = false;
  /** The time of the newest snapshot, in milliseconds since the epoch. */
  #snapshotMs = Number.NEGATIVE_INFINITY;

  /** Whether a snapshot has come, so that the levels are those of the server. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Levels of the bid, the highest price first. The array changes with the book. */
  get bids(): readonly PriceLevel[] {
    return this.#bids;
  }

  /** Levels of the offer, the lowest price first. The array changes with the book. */
  get asks(): readonly PriceLevel[] {
    return this.#asks;
  }

  /** The highest bid; undefined without bids. */
  get bestBid(): PriceLevel | undefined {
    return this.#bids[0];
  }

  /** The lowest offer; undefined without offers. */
  get bestAsk(): PriceLevel | undefined {
    return this.#asks[0];
  }

  /** Applies a snapshot or an update. Returns whether the book is complete, and so has changed. */
  apply({ bids, asks, isSnapshot, seconds, nanos }: CryptoOrderBook): boolean {
    if (isSnapshot) {
      this.clear();
      this.#isComplete = true;
      this.#snapshotMs = seconds * 1000 + Math.floor(nanos / 1e6);
    }
    if (!this.#isComplete) return false;
    if (setLevels(this.#bids, bids, -1) && setLevels(this.#asks, asks, 1)) return true;
    this.clear();
    return false;
  }

  /**
   * Forgets all levels until the next snapshot. With the time at which a gap begins, a book whose snapshot is later
   * stays: the snapshot came after the gap.
   */
  clear(from?: Date): void {
    if (from !== undefined && this.#snapshotMs > from.getTime()) return;
    this.#bids.length = 0;
    this.#asks.length = 0;
    this.#isComplete = false;
  }
}

/** Sets levels; returns false, without the rest of them, if they become too many. */
function setLevels(levels: PriceLevel[], changes: readonly PriceLevel[], direction: 1 | -1): boolean {
  for (const level of changes) {
    setLevel(levels, level, direction);
    if (levels.length > LIMITS.maxBookLevels) return false;
  }
  return true;
}

/** Puts a level in its place among levels of ascending (1) or descending (-1) prices, or removes it. */
function setLevel(levels: PriceLevel[], level: PriceLevel, direction: 1 | -1): void {
  let from = 0;
  let to = levels.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    const { price } = levels[middle] as PriceLevel; // within the array's length
    if ((price - level.price) * direction < 0) from = middle + 1;
    else to = middle;
  }
  const isKnown = levels[from]?.price === level.price;
  if (level.size > 0) levels.splice(from, isKnown ? 1 : 0, level);
  else if (isKnown) levels.splice(from, 1);
}
