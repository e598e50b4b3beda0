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
    return this.left(record);
  }

  retain(isKept: (record: unknown) => boolean): void {
    this.#records = this.#records.slice(this.#oldest).filter((record) => {
      const keeps = isKept(record);
      if (!keeps) this.left(record);
      return keeps;
    });
    this.#oldest = 0;
  }

  protected add(record: unknown): void {
    this.#records.push(record);
  }

  #skip(count: number): void {
    this.#oldest += count;
    // Cut off when they are half of the array: so each record is copied once on average, and few are kept alive.
    if (2 * this.#oldest < this.#records.length) return;
    this.#records = this.#records.slice(this.#oldest);
    this.#oldest = 0;
  }
}
