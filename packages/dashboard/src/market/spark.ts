import { MAX_SPARK_POINTS } from "./limits.ts";

/** The line of a day: the close of each minute, from history and from the stream. */
export class Spark {
  readonly #closes = new Map<number, number>();
  readonly #live = new Set<number>();
  #sorted: readonly number[] = [];
  #isSorted = true;

  /** Adds a minute of the stream, or revises it. */
  pushLive(seconds: number, close: number): void {
    this.#live.add(seconds);
    this.#set(seconds, close);
  }

  /** Adds a minute of history. Minutes of the stream stay as they are. */
  pushHistory(seconds: number, close: number): void {
    if (!this.#live.has(seconds)) this.#set(seconds, close);
  }

  /** Begins another day. */
  clear(): void {
    this.#closes.clear();
    this.#live.clear();
    this.#isSorted = false;
  }

  /** In order of time. The array is a new one when a minute was added or revised. */
  get closes(): readonly number[] {
    if (!this.#isSorted) {
      const minutes = [...this.#closes].sort(([a], [b]) => a - b).slice(-MAX_SPARK_POINTS);
      this.#sorted = minutes.map(([, close]) => close);
      this.#isSorted = true;
    }
    return this.#sorted;
  }

  #set(seconds: number, close: number): void {
    this.#closes.set(seconds, close);
    this.#isSorted = false;
  }
}
