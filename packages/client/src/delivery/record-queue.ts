/** What happens to a subscription's records when `maxQueued` of them wait. */
export const Overflow = {
  /** Stop reading the socket until the handler has caught up: nothing is dropped on this side. */
  BLOCK: "block",
  /** Drop the record that has waited longest. */
  DROP_OLDEST: "dropOldest",
  /** Keep only the newest record of each symbol that waits; for channels whose newest record replaces all before. */
  CONFLATE: "conflate",
  /** End the stream with the error `slow_consumer`. */
  DISCONNECT: "disconnect",
} as const;

/** What happens to a subscription's records when `maxQueued` of them wait. */
export type Overflow = (typeof Overflow)[keyof typeof Overflow];

/**
 * The records that wait for one subscription, up to a limit, and the policy at the limit. Where they
 * wait is up to the kind of subscription.
 */
export abstract class RecordQueue {
  /** Records that wait. */
  size = 0;
  /** Records dropped because the queue was full, since the start. */
  dropped = 0;
  /** Records replaced by a newer one of their symbol, since the start. */
  conflated = 0;
  /** Drop the oldest at the limit whatever the policy is: the subscription is isolated. */
  isDropping = false;
  protected readonly isConflating: boolean;
  readonly #mayDrop: boolean;
  readonly #maxQueued: number;
  readonly #topicOf: (record: unknown) => string;
  readonly #dropped: (record: unknown) => void;
  /** For the policy `conflate`, the newest record of each topic that waits: it leaves in the place of the first one. */
  readonly #newest = new Map<string, unknown>();

  /** Records of one topic replace one another. `dropped` is called for each record that the policy drops. */
  constructor(
    overflow: Overflow,
    maxQueued: number,
    topicOf: (record: unknown) => string,
    dropped: (record: unknown) => void,
  ) {
    this.isConflating = overflow === Overflow.CONFLATE;
    this.#mayDrop = this.isConflating || overflow === Overflow.DROP_OLDEST;
    this.#maxQueued = maxQueued;
    this.#topicOf = topicOf;
    this.#dropped = dropped;
  }

  /** Whether the limit is reached. */
  get isFull(): boolean {
    return this.size >= this.#maxQueued;
  }

  /** Adds a record at the end; applies the policy where that loses one. */
  push(record: unknown, symbol: string, symbolNumber: number): void {
    if (this.isConflating) {
      const topic = this.#topicOf(record);
      const hasOlder = this.#newest.has(topic);
      this.#newest.set(topic, record);
      if (hasOlder) {
        this.conflated++;
        return;
      }
    }
    if (this.#mayDrop || this.isDropping) this.#makeRoom();
    this.add(record, symbol, symbolNumber);
    this.size++;
  }

  /** Adds a record behind all others. */
  protected abstract add(record: unknown, symbol: string, symbolNumber: number): void;

  /** Removes and returns the record that has waited longest; undefined if none waits. */
  abstract removeOldest(): unknown;

  /** Removes the records that `isKept` rejects. */
  abstract retain(isKept: (record: unknown) => boolean): void;

  /** Under `conflate`: a record was removed; returns the newest of its topic, which leaves the queue in its place. */
  protected finish(record: unknown): unknown {
    const topic = this.#topicOf(record);
    const newest = this.#newest.get(topic);
    this.#newest.delete(topic);
    return newest;
  }

  /** Drops what has waited longest. One record, except in a queue that was over its limit when it was isolated. */
  #makeRoom(): void {
    while (this.isFull) {
      const lost = this.removeOldest();
      this.dropped++;
      this.#dropped(lost);
    }
  }
}
