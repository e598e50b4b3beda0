import { seededRandom } from "@tickerplant/client/testing";

/** Lots from one seed. */
export class Dice {
  /** A number from 0 to below 1. */
  readonly random: () => number;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  /** Dice of their own, so that one part's lots do not move another's. */
  fork(): Dice {
    return new Dice(Math.floor(this.random() * 2 ** 32));
  }

  /** True so often. */
  chance(probability: number): boolean {
    return this.random() < probability;
  }

  /** A whole number from `least` to `most`. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.random() * (most - least + 1));
  }

  /** One of several. */
  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.random() * items.length)] as T; // none of the lists here is empty
  }

  /** A few of several, one at least, each once. */
  some<T>(items: readonly T[], most: number): T[] {
    const left = [...items];
    const taken: T[] = [];
    for (let count = this.whole(1, Math.min(most, items.length)); count > 0; count--) {
      taken.push(...left.splice(Math.floor(this.random() * left.length), 1));
    }
    return taken;
  }
}
