import type { Quote, Trade, TradeCancel, TradeCorrection } from "@tickerplant/client";
import { MAX_LINES } from "./limits.ts";
import type { Print, Update } from "./print.ts";

/** The smallest sizes that the tape can be filtered by. */
export const SMALLEST_SIZES = [0, 1_000, 10_000] as const;

/** One of the smallest sizes that the tape can be filtered by. */
export type SmallestSize = (typeof SMALLEST_SIZES)[number];

/**
 * The last trades of one symbol. Each smallest size has its own ring, so that a flood of small trades does not push out
 * the large ones. The memory does not grow.
 */
export class PrintLog {
  readonly #rings = SMALLEST_SIZES.map((size) => new Ring(size));

  /** Adds a trade, with the last quote before it. */
  push(trade: Trade, quote: Quote | undefined): void {
    const print: Print = { trade, quote, update: undefined };
    for (const ring of this.#rings) if (trade.size >= ring.smallestSize) ring.push(print);
  }

  /** Marks the trade that a correction replaces. The corrected price stands below it. */
  correct({ exchange, originalId, correctedPrice, correctedSize }: TradeCorrection): void {
    this.#update(originalId, exchange, { kind: "corrected", price: correctedPrice, size: correctedSize });
  }

  /** Marks a trade as cancelled. */
  cancel({ id, exchange }: TradeCancel): void {
    this.#update(id, exchange, { kind: "cancelled" });
  }

  /** The trades of at least a size, newest first. */
  prints(smallestSize: SmallestSize): Print[] {
    return this.#ring(smallestSize).newestFirst();
  }

  /** How many trades of at least a size were added in all. */
  count(smallestSize: SmallestSize): number {
    return this.#ring(smallestSize).count;
  }

  #ring(smallestSize: SmallestSize): Ring {
    return this.#rings[SMALLEST_SIZES.indexOf(smallestSize)] as Ring; // one ring for each size
  }

  /** The rings share their prints, but each may hold a trade that the others have dropped. */
  #update(id: Trade["id"], exchange: string, update: Update): void {
    for (const ring of this.#rings) {
      const print = ring.newestFirst().find(({ trade }) => trade.id === id && trade.exchange === exchange);
      if (print !== undefined) print.update = update;
    }
  }
}

/** The last trades of at least a size. */
class Ring {
  readonly smallestSize: number;
  readonly #prints: Print[] = [];
  count = 0;

  constructor(smallestSize: number) {
    this.smallestSize = smallestSize;
  }

  push(print: Print): void {
    this.#prints[this.count++ % MAX_LINES] = print;
  }

  newestFirst(): Print[] {
    const oldestAt = this.#prints.length < MAX_LINES ? 0 : this.count % MAX_LINES;
    return [...this.#prints.slice(oldestAt), ...this.#prints.slice(0, oldestAt)].reverse();
  }
}
