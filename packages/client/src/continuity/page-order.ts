import * as LIMITS from "../limits.ts";
import { formatTimestamp, StreamError } from "../wire/index.ts";

/**
 * Checks that the pages of one request follow each other: each symbol in one piece, its records by time, no
 * page twice. A server that breaks this would make records be missed or delivered twice.
 */
export class PageOrder {
  /** -1 where the newest record comes first. */
  readonly #direction: 1 | -1;
  readonly #finished = new Set<string>();
  /** In the order of their pages. */
  readonly #tokens = new Set<string>();
  #symbol = "";
  #seconds = 0;
  #nanos = 0;

  constructor(isDescending = false) {
    this.#direction = isDescending ? -1 : 1;
  }

  /**
   * Begins the records of a symbol, or goes on with those of the page before.
   *
   * @throws StreamError `bad_page` for a symbol that had ended.
   */
  startSymbol(symbol: string): void {
    if (symbol === this.#symbol) return;
    this.#finished.add(this.#symbol);
    if (this.#finished.has(symbol)) throw badPage(`${symbol} comes again after another symbol`);
    this.#symbol = symbol;
    this.#seconds = this.#direction * Number.NEGATIVE_INFINITY;
    this.#nanos = 0;
  }

  /** @throws StreamError `bad_page` for a record of the symbol whose time goes back. */
  addRecord(seconds: number, nanos: number): void {
    const ahead = (seconds - this.#seconds || nanos - this.#nanos) * this.#direction;
    if (ahead < 0) {
      const times = [formatTimestamp(seconds, nanos), formatTimestamp(this.#seconds, this.#nanos)];
      throw badPage(`a record of ${this.#symbol} at ${times[0]} follows one at ${times[1]}`);
    }
    this.#seconds = seconds;
    this.#nanos = nanos;
  }

  /** @throws StreamError `bad_page` for the token of a page that was requested before. */
  addToken(token: string): void {
    if (this.#tokens.has(token)) throw badPage("the server sends the token of an earlier page again");
    this.#tokens.add(token);
    const [oldest] = this.#tokens;
    if (this.#tokens.size > LIMITS.maxSeenTokens && oldest !== undefined) this.#tokens.delete(oldest);
  }
}

/** The error for a page of history that cannot be used. */
export function badPage(what: string, cause?: unknown): StreamError {
  return new StreamError("bad_page", `a page of history cannot be used: ${what}`, { cause, terminal: true });
}
