interface Entry {
  readonly seconds: number;
  readonly nanos: number;
  /** Entries of the same time run in the order in which they were added. */
  readonly order: number;
  readonly act: () => void;
}

/** Future actions, ordered by simulated time: a binary heap. */
export class Schedule {
  readonly #heap: Entry[] = [];
  #added = 0;

  /** Whole seconds of the next entry's time; infinity when there is none. */
  get dueSeconds(): number {
    return this.#heap[0]?.seconds ?? Number.POSITIVE_INFINITY;
  }

  /** Nanoseconds of that second. */
  get dueNanos(): number {
    return this.#heap[0]?.nanos ?? 0;
  }

  /** Schedules `act` for a time. */
  add(seconds: number, nanos: number, act: () => void): void {
    const entry = { seconds, nanos, order: this.#added++, act };
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = heap[parentAt] as Entry; // an index below a filled one is filled
      if (isBefore(parent, entry)) break;
      heap[at] = parent;
      at = parentAt;
    }
    heap[at] = entry;
  }

  /** Removes the next entry and returns its action; undefined when there is none. */
  pop(): (() => void) | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first?.act;
    let at = 0;
    for (;;) {
      let childAt = 2 * at + 1;
      const left = heap[childAt];
      if (left === undefined) break;
      const right = heap[childAt + 1];
      if (right !== undefined && isBefore(right, left)) childAt++;
      const child = heap[childAt] as Entry; // either left or right, both seen above
      if (isBefore(last, child)) break;
      heap[at] = child;
      at = childAt;
    }
    heap[at] = last;
    return first.act;
  }
}

function isBefore(one: Entry, other: Entry): boolean {
  if (one.seconds !== other.seconds) return one.seconds < other.seconds;
  if (one.nanos !== other.nanos) return one.nanos < other.nanos;
  return one.order < other.order;
}
