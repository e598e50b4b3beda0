import * as LIMITS from "../limits.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import type { LedgerEntry } from "./ledger-entry.ts";

/** What the watch needs from the stream. */
export interface SpellingWatchEvents {
  /** Whether a record of a symbol has come, in any channel. */
  hasHeard(symbol: string): boolean;
  /** Confirmed symbols that may be misspelt. */
  suspected(entries: readonly LedgerEntry[]): void;
}

/**
 * Finds symbols such as `aapl`, `BRK-B` and `$AAPL`: the server confirms them and nothing ever comes.
 * Alpaca lists stocks by capital letters and points. Some preferred shares have a small letter among
 * them, so that converting a symbol would be wrong and a hint is right.
 */
export class SpellingWatch {
  readonly #clock: Clock;
  readonly #events: SpellingWatchEvents;
  /** Since when each is confirmed, by the monotonic clock; undefined while it is not. */
  readonly #watched = new Map<LedgerEntry, number | undefined>();
  /** Reported once, whatever is subscribed later. */
  readonly #reported = new Set<string>();
  #timer: Timer;

  constructor(clock: Clock, events: SpellingWatchEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  /** Watches those of a new subscription's entries that are not spelt like a stock. */
  watch(entries: readonly LedgerEntry[]): void {
    for (const entry of entries) if (isSuspect(entry.symbol)) this.#watched.set(entry, undefined);
    this.look();
  }

  /** Looks now: the server may have confirmed a symbol. */
  look(): void {
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
      this.#timer = this.#clock.setTimer(() => this.look(), earliestMs - nowMs);
    this.#report(due);
  }

  /** The connection is gone: what is confirmed on the next one is watched from then on. */
  stop(): void {
    this.#clock.clearTimer(this.#timer);
    for (const entry of this.#watched.keys()) this.#watched.set(entry, undefined);
  }

  #isSettled({ symbol, holders }: LedgerEntry): boolean {
    return holders === 0 || this.#reported.has(symbol) || this.#events.hasHeard(symbol);
  }

  #report(due: readonly LedgerEntry[]): void {
    for (const entry of due) this.#watched.delete(entry);
    const isFull = this.#reported.size >= LIMITS.maxSuspectSymbols;
    if (due.length === 0 || isFull) return;
    for (const { symbol } of due) this.#reported.add(symbol);
    this.#events.suspected(due);
  }
}

/**
 * `aapl`, and `Aapl` as phones write it; not `BACpL`. `BRK-B`, `$AAPL` and others that vendors write.
 * Six digits are the date of an option.
 */
function isSuspect(symbol: string): boolean {
  return /[a-z]{3}|[^A-Za-z0-9.*]|\d{6}/.test(symbol) || (/[a-z]/.test(symbol) && !/[A-Z]/.test(symbol));
}

/** How Alpaca most likely lists it; the same where that cannot be guessed. */
export function likelySymbol(symbol: string): string {
  return symbol
    .toUpperCase()
    .replace(/^[^A-Z0-9]+/, "")
    .replaceAll(/[-/_]/g, ".");
}
