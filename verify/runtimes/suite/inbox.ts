import { within } from "./expect.ts";

/** Things that arrive, and whoever waits for so many of them. */
export class Inbox<T> {
  readonly items: T[] = [];
  #looked: (() => void)[] = [];

  /** Takes one. Bound, so that it can be a handler. */
  readonly take = (item: T): void => {
    this.items.push(item);
    for (const look of this.#looked.splice(0)) look();
  };

  /** The first so many, as soon as they are there. */
  async first(count: number): Promise<T[]> {
    await this.#until(() => this.items.length >= count, `item ${count} (there are not so many)`);
    return this.items.slice(0, count);
  }

  /** The first that fits, as soon as it is there. */
  async find(fits: (item: T) => boolean, what: string): Promise<T> {
    await this.#until(() => this.items.some(fits), what);
    return this.items.find(fits) as T; // it is there, by the line above
  }

  async #until(isMet: () => boolean, what: string): Promise<void> {
    while (!isMet()) {
      await within(15_000, new Promise<void>((resolve) => this.#looked.push(resolve)), what);
    }
  }
}
