/** Numbers of one symbol's rows, in the order of their records. */
export class Series {
  readonly symbol: string;
  /** The time of the last record. Integers from the start: an infinity would make the field a boxed double. */
  lastSeconds = 0;
  lastNanos = -1;
  #rows: number[] = [];
  /** Rows before this index were removed. */
  #head = 0;

  constructor(symbol: string) {
    this.symbol = symbol;
  }

  get length(): number {
    return this.#rows.length - this.#head;
  }

  /** Returns the row at an index. */
  at(index: number): number {
    const row = this.#rows[this.#head + index];
    if (row === undefined) throw new RangeError(`${this.symbol} has no row at ${index}`);
    return row;
  }

  push(row: number): void {
    this.#rows.push(row);
  }

  insert(index: number, row: number): void {
    this.#rows.splice(this.#head + index, 0, row);
  }

  /** Removes a row, as a rule the first. */
  remove(row: number): void {
    if (this.#rows[this.#head] === row) {
      this.#head++;
      // The array is cut when half of it is unused: each row is copied once at most.
      if (this.#head * 2 >= this.#rows.length) {
        this.#rows = this.#rows.slice(this.#head);
        this.#head = 0;
      }
      return;
    }
    const index = this.#rows.indexOf(row, this.#head);
    if (index >= 0) this.#rows.splice(index, 1);
  }
}
