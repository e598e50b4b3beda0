import { within } from "./expect.ts";

/** Collects items as they arrive, and resolves waits for them. */
export class Inbox<T> {
  readonly items: T[] = [];
  #waiting: (() => void)[] = [];

  /** Adds an item. It is bound, so that it can be a handler. */
  readonly push = (item: T): void => {
    this.items.push(item);
    for (const wake of this.#waiting.splice(0)) wake();
  };

  /** Resolves with the first `count` items, once they have arrived. */
  async first(count: number): Promise<T[]> {
    await this.#until(() => this.items.length >= count, `the arrival of item ${count}`);
    return this.items.slice(0, count);
  }

  /** Resolves with the first item that `fits` accepts, once it has arrived. */
  async find(fits: (item: T) => boolean, what: string): Promise<T> {
    await this.#until(() => this.items.some(fits), what);
    return this.items.find(fits) as T; // the line above waits for it
  }

  async #until(isMet: () => boolean, what: string): Promise<void> {
    while (!isMet()) {
      await within(15_000, new Promise<void>((resolve) => this.#waiting.push(resolve)), what);
    }
  }
}
