import * as LIMITS from "../../limits.ts";
import type { Clock } from "../../platform/clock.ts";
import type { SymbolSpelling } from "../../subscriptions/spelling-watch.ts";
import { checkedSymbols, type SymbolList } from "../../subscriptions/wanted-symbols.ts";
import { type StreamError, WILDCARD } from "../../wire/index.ts";
import { universeFailed } from "./fill-errors.ts";
import { wait } from "./page-reader.ts";

/** The symbols that `*` stands for, or a function that returns them. */
export type UniverseOption = SymbolList | (() => SymbolList | Promise<SymbolList>);

/** What is known of the symbols that `*` stands for. */
export interface KnownUniverse {
  readonly symbols: readonly string[];
  /** Why the symbols are not known, or no longer up to date; undefined if they are. */
  readonly failure: StreamError | undefined;
}

/**
 * The symbols that `*` stands for, where history does not accept `*`. A function is called when the first gap needs
 * them, and again after a day: stocks are listed and delisted from one day to the next, and a run may last for weeks.
 */
export class Universe {
  readonly #option: UniverseOption;
  readonly #spelling: SymbolSpelling;
  readonly #clock: Clock;
  #symbols: readonly string[] = [];
  /** When the symbols are to be requested again, by the monotonic clock. */
  #expiresMs = Number.NEGATIVE_INFINITY;

  /** @throws TypeError for an array of something other than symbols. */
  constructor(option: UniverseOption, spelling: SymbolSpelling, clock: Clock) {
    this.#option = option;
    this.#spelling = spelling;
    this.#clock = clock;
    if (typeof option === "function") return;
    this.#symbols = checkedUniverse(option, spelling);
    this.#expiresMs = Number.POSITIVE_INFINITY;
  }

  /** The symbols; those of an earlier day if the function fails. Ends early when `signal` is aborted. */
  async known(signal: AbortSignal): Promise<KnownUniverse> {
    const option = this.#option;
    if (typeof option !== "function" || this.#clock.monotonic() < this.#expiresMs)
      return { symbols: this.#symbols, failure: undefined };
    try {
      this.#symbols = checkedUniverse(await this.#inTime(option, signal), this.#spelling);
      this.#expiresMs = this.#clock.monotonic() + LIMITS.universeMaxAgeMs;
      return { symbols: this.#symbols, failure: undefined };
    } catch (error) {
      return { symbols: this.#symbols, failure: universeFailed(error) };
    }
  }

  /** Calls the function, and waits for a limited time: live records are held meanwhile. */
  async #inTime(list: () => SymbolList | Promise<SymbolList>, signal: AbortSignal): Promise<SymbolList> {
    const ended = new AbortController();
    const end = (): void => ended.abort();
    signal.addEventListener("abort", end, { once: true });
    const tooLate = wait(this.#clock, LIMITS.universeTimeoutMs, ended.signal).then(() => {
      throw new TypeError(`universe must return within ${LIMITS.universeTimeoutMs} ms`);
    });
    const answer = (async () => list())(); // what it throws at once is a rejection like any other
    try {
      return await Promise.race([answer, tooLate]);
    } finally {
      end();
      signal.removeEventListener("abort", end);
    }
  }
}

/** @throws TypeError for anything but an array or a set of symbols. */
function checkedUniverse(value: unknown, spelling: SymbolSpelling): readonly string[] {
  const symbols = checkedSymbols("universe", value, spelling);
  if (symbols.includes(WILDCARD))
    throw new TypeError(`universe must name the symbols that "*" stands for, such as "${spelling.example}", got "*"`);
  if (symbols.length > LIMITS.maxUniverse)
    throw new TypeError(`universe must have at most ${LIMITS.maxUniverse} symbols, got ${symbols.length}`);
  return symbols;
}
