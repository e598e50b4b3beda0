/** With `once`: no client was sent the feed to its end. */
export class UndeliveredError extends Error {
  override readonly name = "UndeliveredError";
}

/** A client that had subscribed and has left. */
interface Departure {
  readonly reason: string;
  readonly undeliveredBytes: number;
  /** Records that had been published by then. */
  readonly published: number;
}

/** The clients that left a feed: whether one of them was sent all its records, and why the last one left. */
export class Departures {
  #last: Departure | undefined;
  /** Records that some client was sent all of. */
  #deliveredUpTo = 0;

  add(departure: Departure): void {
    this.#last = departure;
    if (departure.undeliveredBytes === 0) this.#deliveredUpTo = departure.published;
  }

  /** The error for a feed that has ended; undefined if some client was sent all of it. */
  errorAtEnd(published: number): UndeliveredError | undefined {
    if (this.#deliveredUpTo === published) return undefined;
    return new UndeliveredError(
      `the feed ended after ${published} records, and no client was sent all of them: ${this.#lastLeft}`,
    );
  }

  /** The error for a feed that was stopped because no client subscribed for some time. */
  errorAtStop(published: number, waitedMs: number): UndeliveredError {
    return new UndeliveredError(
      `the feed was stopped after ${published} records, and the rest was not delivered: ` +
        `${this.#lastLeft}, and no client subscribed within ${waitedMs / 1000} s`,
    );
  }

  get #lastLeft(): string {
    if (this.#last === undefined) return "the last client unsubscribed";
    const { reason, undeliveredBytes, published } = this.#last;
    const bytes = undeliveredBytes === 0 ? "" : ` and up to ${undeliveredBytes} bytes not delivered`;
    return `the last client left after ${published} records${bytes} (${reason})`;
  }
}
