/**
 * The pulls of an async iterator that wait for a value. The owner keeps the values that no pull waits
 * for, and asks for a pull only when it has none.
 */
export class Pulls<T> {
  readonly #waiting: { resolve(result: IteratorResult<T, undefined>): void; reject(reason: unknown): void }[] = [];
  #hasEnded = false;
  /** What the first pull after the end rejects with. */
  #failure: { readonly reason: unknown } | undefined;

  /** Whether {@link end} was called. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Gives a value to the oldest pull; false if none waits. */
  push(value: T): boolean {
    if (this.#waiting.length === 0) return false;
    this.#waiting.shift()?.resolve({ done: false, value });
    return true;
  }

  /** Waits for a value, or for the end. */
  wait(): Promise<IteratorResult<T, undefined>> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      if (this.#hasEnded) this.#settle();
    });
  }

  /** No value will follow: every pull is done, the first one with the failure if there is one. */
  end(failure?: { readonly reason: unknown }): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#failure = failure;
    this.#settle();
  }

  #settle(): void {
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      const failure = this.#failure;
      this.#failure = undefined;
      if (failure === undefined) resolve({ done: true, value: undefined });
      else reject(failure.reason);
    }
  }
}
