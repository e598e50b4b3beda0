/** How many tasks a {@link FairQueue} runs and holds. */
export interface FairQueueLimits {
  readonly maxOpen: number;
  readonly maxWaitingPerKey: number;
  readonly maxWaiting: number;
}

/** More tasks wait than may, of one key or of all. */
export class QueueFullError extends Error {
  override readonly name = "QueueFullError";
}

/** Runs a few tasks at a time. Keys take turns, so that one with many tasks does not delay the others. */
export class FairQueue {
  readonly #limits: FairQueueLimits;
  /** The tasks that wait, by key; the key whose turn is next comes first. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #waitingCount = 0;
  #open = 0;

  constructor(limits: FairQueueLimits) {
    this.#limits = limits;
  }

  /**
   * Runs a task when its turn has come.
   *
   * @throws QueueFullError when too many wait; the signal's reason when it is aborted before the turn.
   */
  async run<T>(key: string, signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    if (this.#open >= this.#limits.maxOpen) await this.#turn(key, signal);
    else this.#open++;
    try {
      return await task();
    } finally {
      this.#open--;
      this.#startNext();
    }
  }

  /** Resolves when the turn has come: the task then counts as open. */
  #turn(key: string, signal: AbortSignal): Promise<void> {
    const { maxWaiting, maxWaitingPerKey } = this.#limits;
    const queue = this.#waiting.get(key) ?? [];
    if (queue.length >= maxWaitingPerKey || this.#waitingCount >= maxWaiting)
      throw new QueueFullError(`${queue.length} requests of the key wait, and ${this.#waitingCount} of all keys`);
    return new Promise((resolve, reject) => {
      const start = (): void => {
        signal.removeEventListener("abort", abort);
        resolve();
      };
      const abort = (): void => {
        queue.splice(queue.indexOf(start), 1);
        if (queue.length === 0) this.#waiting.delete(key);
        this.#waitingCount--;
        reject(signal.reason);
      };
      signal.addEventListener("abort", abort, { once: true });
      queue.push(start);
      this.#waiting.set(key, queue);
      this.#waitingCount++;
    });
  }

  #startNext(): void {
    const [next] = this.#waiting;
    if (next === undefined || this.#open >= this.#limits.maxOpen) return;
    const [key, queue] = next;
    const start = queue.shift();
    this.#waiting.delete(key);
    if (queue.length > 0) this.#waiting.set(key, queue); // behind the other keys
    this.#waitingCount--;
    this.#open++;
    start?.();
  }
}
