import type { Clock, Timer } from "@tickerplant/client";
import type { FeedRecorder, RecordedReader } from "./feed-recorder.ts";
import { RECORDED_LIMITS } from "./limits.ts";

interface OpenReader {
  readonly reader: RecordedReader;
  /** How many of the recorder's rows it has. */
  readonly rowCount: number;
  useCount: number;
  isReplaced: boolean;
}

/** The reader that all requests of one feed share. It is opened again when memory has dropped what it lacks. */
export class SharedReader {
  readonly #recorder: FeedRecorder;
  readonly #clock: Clock;
  #current: Promise<OpenReader> | undefined;
  #idleTimer: Timer | undefined;

  constructor(recorder: FeedRecorder, clock: Clock) {
    this.#recorder = recorder;
    this.#clock = clock;
  }

  /**
   * Lends a reader that has at least so many rows of the recorder. `use` gets it with the number of rows that it has.
   */
  async use<T>(leastRows: number, use: (reader: RecordedReader, rowCount: number) => Promise<T>): Promise<T> {
    const open = await this.#atLeast(leastRows);
    this.#clock.clearTimer(this.#idleTimer);
    try {
      return await use(open.reader, open.rowCount);
    } finally {
      open.useCount--;
      this.#release(open);
    }
  }

  /** Closes it when no request uses it. */
  close(): void {
    this.#clock.clearTimer(this.#idleTimer);
    this.#replace();
  }

  /** Returns a reader that is in use. */
  async #atLeast(leastRows: number): Promise<OpenReader> {
    for (;;) {
      this.#current ??= this.#open();
      const current = this.#current;
      const open = await current;
      if (open.isReplaced) continue;
      if (open.rowCount >= leastRows) {
        open.useCount++;
        return open;
      }
      if (this.#current === current) this.#replace();
    }
  }

  async #open(): Promise<OpenReader> {
    try {
      return { ...(await this.#recorder.openReader()), useCount: 0, isReplaced: false };
    } catch (error) {
      this.#current = undefined;
      throw error;
    }
  }

  #replace(): void {
    const old = this.#current;
    this.#current = undefined;
    old?.then(
      (open) => {
        open.isReplaced = true;
        this.#release(open);
      },
      () => {}, // the request has the error
    );
  }

  #release(open: OpenReader): void {
    if (open.useCount > 0) return;
    if (open.isReplaced) open.reader.close();
    else {
      this.#clock.clearTimer(this.#idleTimer);
      this.#idleTimer = this.#clock.setTimer(() => this.#replace(), RECORDED_LIMITS.idleMs);
    }
  }
}
