import * as LIMITS from "../limits.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import type { LedgerEntry } from "./ledger-entry.ts";

/** How the symbols of a market are spelt. */
export interface SymbolSpelling {
  /** What a symbol is called, with its article, for messages. */
  readonly noun: string;
  /** A symbol, for messages. */
  readonly example: string;
  /** Whether a symbol is not spelt like one of the market. */
  isSuspect(symbol: string): boolean;
  /** How the market most likely spells it; the same where that cannot be guessed. */
  likely(symbol: string): string;
  /** How symbols are spelt, as a sentence without its point. */
  readonly advice: string;
}

/** What the watch needs from the stream. */
export interface SpellingWatchEvents {
  /** Whether a record of a symbol has come, in any channel. */
  hasHeard(symbol: string): boolean;
  /** Confirmed symbols that may be misspelt. */
  suspected(entries: readonly LedgerEntry[]): void;
}

/**
 * Finds symbols that may be misspelt: the server confirms them and no record ever comes. Unusual
 * spellings exist, so that converting a symbol would be wrong and a hint is right.
 */
export class SpellingWatch {
  readonly #spelling: SymbolSpelling;
  readonly #clock: Clock;
  readonly #events: SpellingWatchEvents;
  /** Since when each is confirmed, by the monotonic clock; undefined while it is not. */
  readonly #watched = new Map<LedgerEntry, number | undefined>();
  /** Symbols that were reported: each is reported once. */
  readonly #reported = new Set<string>();
  #timer: Timer;

  constructor(spelling: SymbolSpelling, clock: Clock, events: SpellingWatchEvents) {
    this.#spelling = spelling;
    this.#clock = clock;
    this.#events = events;
  }

  /** Watches the entries of a new subscription with an unlikely spelling. */
  watch(entries: readonly LedgerEntry[]): void {
    for (const entry of entries) if (this.#spelling.isSuspect(entry.symbol)) this.#watched.set(entry, undefined);
    this.check();
  }

  /** Looks now: the server may have confirmed a symbol. */
  check(): void {
    if (this.#watched.size === 0) return;
    this.#clock.clearTimer(this.#timer);
    const nowMs = this.#clock.monotonic();
    const due: LedgerEntry[] = [];
    let earliestMs = Number.POSITIVE_INFINITY;
    for (const [entry, knownSinceMs] of this.#watched) {
      if (this.#isSettled(entry)) {
        this.#watched.delete(entry);
        continue;
      }
      const sinceMs = entry.state === "active" ? (knownSinceMs ?? nowMs) : undefined;
      this.#watched.set(entry, sinceMs);
      if (sinceMs === undefined) continue;
      const dueMs = sinceMs + LIMITS.silentSymbolMs;
      if (dueMs <= nowMs) due.push(entry);
      else earliestMs = Math.min(earliestMs, dueMs);
    }
    if (earliestMs < Number.POSITIVE_INFINITY)
      this.#timer = this.#clock.setTimer(() => this.check(), earliestMs - nowMs);
    this.#report(due);
  }

  /** The connection is gone: what is confirmed on the next one is watched from then on. */
  stop(): void {
    this.#clock.clearTimer(this.#timer);
    for (const entry of this.#watched.keys()) this.#watched.set(entry, undefined);
  }

  #isSettled({ symbol, refCount }: LedgerEntry): boolean {
    return refCount === 0 || this.#reported.has(symbol) || this.#events.hasHeard(symbol);
  }

  #report(due: readonly LedgerEntry[]): void {
    for (const entry of due) this.#watched.delete(entry);
    const isFull = this.#reported.size >= LIMITS.maxSuspectSymbols;
    if (due.length === 0 || isFull) return;
    for (const { symbol } of due) this.#reported.add(symbol);
    this.#events.suspected(due);
  }
}
