import { RecordQueue } from "./record-queue.ts";

/** The records that wait for one iterator, in arrival order: in one array, which costs next to nothing for each. */
export class IteratorQueue extends RecordQueue {
  #records: unknown[] = [];
  /** The index of the oldest record that waits: those before it have left. */
  #oldest = 0;

  /** Removes and returns the oldest record; undefined if none waits. */
  removeOldest(): unknown {
    if (this.size === 0) return undefined;
    const record = this.#records[this.#oldest];
    this.#skip(1);
    return this.isConflating ? this.finish(record) : record;
  }

  /** Removes and returns the oldest records, `count` at most, in an array that is not used again. */
  removeMany(count: number): unknown[] {
    const records = this.#records.slice(this.#oldest, this.#oldest + count);
    this.#skip(records.length);
    return this.isConflating ? records.map((record) => this.finish(record)) : records;
  }

  retain(isKept: (record: unknown) => boolean): void {
    const kept: unknown[] = [];
    for (const record of this.#records.slice(this.#oldest)) {
      if (isKept(record)) kept.push(record);
      else this.finish(record);
    }
    this.#records = kept;
    this.#oldest = 0;
    this.size = kept.length;
  }

  protected add(record: unknown): void {
    this.#records.push(record);
  }

  #skip(count: number): void {
    this.size -= count;
    this.#oldest += count;
    // Cut off when they are half of the array: so each record is copied once on average, and few are kept alive.
    if (2 * this.#oldest < this.#records.length) return;
    this.#records = this.#records.slice(this.#oldest);
    this.#oldest = 0;
  }
}
