import { seededRandom } from "@tickerplant/client/testing";

/** Seeded random choices: the same seed gives the same choices in every run, on every machine. */
export class Random {
  /** Returns a number from 0 up to, but not including, 1. Can be passed on as a function. */
  readonly next: () => number;

  constructor(seed: number) {
    this.next = seededRandom(seed);
  }

  /** Returns a generator of its own, so that one part's choices do not shift those of another. */
  fork(): Random {
    return new Random(this.below(2 ** 32));
  }

  /** Returns an integer from 0 to `end - 1`. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  /** Returns an integer from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** Returns true with the given probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** Returns one element of an array that is not empty. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T; // an index below the length
  }

  /** Returns about half of the elements, perhaps none, in their order. */
  subset<T>(items: readonly T[]): T[] {
    return items.filter(() => this.chance(0.5));
  }

  /** Returns 1 to `most` different elements, in random order. */
  sample<T>(items: readonly T[], most: number): T[] {
    const left = [...items];
    const chosen: T[] = [];
    for (let count = this.between(1, Math.min(most, items.length)); count > 0; count--) {
      chosen.push(...left.splice(this.below(left.length), 1));
    }
    return chosen;
  }
}
