import { RestError } from "../rest-error.ts";
import { RECORDED_LIMITS } from "./limits.ts";

/** Limits how many requests read recordings at the same time, and how many wait. */
export class ReadingTurns {
  #reading = 0;
  readonly #waiting: (() => void)[] = [];

  /** @throws RestError 503 if too many requests wait. */
  async run<T>(read: () => Promise<T>): Promise<T> {
    if (this.#reading < RECORDED_LIMITS.maxReading) this.#reading++;
    else await this.#wait(); // a read that ends passes its turn on
    try {
      return await read();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#reading--;
      else next();
    }
  }

  #wait(): Promise<void> {
    if (this.#waiting.length >= RECORDED_LIMITS.maxWaiting)
      throw new RestError(
        503,
        "too many requests read the recording: request it again",
        undefined,
        RECORDED_LIMITS.retryAfterSeconds,
      );
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
