/** The newest values, up to a limit. */
export class Ring<T> {
  readonly #limit: number;
  readonly #values: T[];
  /** How many values were pushed in all. */
  #count: number;

  constructor(limit: number, values: readonly T[] = [], count = 0) {
    this.#limit = limit;
    this.#values = [...values];
    this.#count = count;
  }

  get count(): number {
    return this.#count;
  }

  push(value: T): void {
    this.#values[this.#count++ % this.#limit] = value;
  }

  /** The values, newest first. */
  newestFirst(): T[] {
    const oldestAt = this.#values.length < this.#limit ? 0 : this.#count % this.#limit;
    return [...this.#values.slice(oldestAt), ...this.#values.slice(0, oldestAt)].reverse();
  }

  /** A copy that later pushes do not change. */
  copy(): Ring<T> {
    return new Ring(this.#limit, this.#values, this.#count);
  }
}
