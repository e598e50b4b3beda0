import type { StreamError } from "../../wire/index.ts";
import type { RecordRange } from "../open-gap.ts";

/** Records that were missing in a gap have been delivered, in order and once. */
export interface GapFilledEvent<C extends string = string> {
  readonly channel: C;
  /** The symbols that are complete, `*` for all. */
  readonly symbols: readonly string[];
  /**
   * Those of them of which no live record came right behind the gap. Nothing but the time since then shows that
   * history has everything of them: three seconds, five for bars. `*` stands for symbols that were not heard of.
   */
  readonly unproven: readonly string[];
  readonly from: Date;
  readonly to: Date;
  /** Records that were missing and have been delivered, with revisions of records from before the gap. */
  readonly recordCount: number;
  /** Trades of the gap that history marks as canceled or corrected: they were not delivered. */
  readonly voidCount: number;
}

/** Records of a gap may still be missing: history does not have them, or could not be asked. */
export interface GapOpenEvent<C extends string = string> {
  readonly channel: C;
  readonly symbols: readonly string[];
  readonly from: Date;
  readonly to: Date;
  /** Why: its code is a word to branch on, such as `no_history`, `not_entitled` or `history_incomplete`. */
  readonly cause: StreamError;
}

/** What the fills of one gap report. */
export interface OutcomeEvents {
  filled(event: GapFilledEvent): void;
  open(event: GapOpenEvent): void;
}

/**
 * Collects how the fill of one gap ends for each symbol. Reports the symbols that are complete in one event, when the
 * last has ended, and the others in one event for each cause, at the latest then.
 */
export class GapOutcome {
  readonly #gap: RecordRange;
  readonly #events: OutcomeEvents;
  readonly #pending: Set<string>;
  readonly #ended = new Set<string>();
  readonly #filled: string[] = [];
  readonly #unproven: string[] = [];
  readonly #open = new Map<StreamError, string[]>();
  /** Records that were delivered. */
  recordCount = 0;
  /** Records that history marks as void. */
  voidCount = 0;

  constructor(gap: RecordRange, events: OutcomeEvents) {
    this.#gap = gap;
    this.#events = events;
    this.#pending = new Set(gap.symbols);
  }

  /** The symbols without an outcome. */
  get pending(): readonly string[] {
    return [...this.#pending];
  }

  /** Whether a symbol has an outcome. */
  hasEnded(symbol: string): boolean {
    return this.#ended.has(symbol);
  }

  /** A symbol is complete; `isProven` if a live record has shown that. */
  filled(symbol: string, isProven: boolean): void {
    this.#ended.add(symbol);
    if (this.#pending.delete(symbol)) {
      this.#filled.push(symbol);
      if (!isProven) this.#unproven.push(symbol);
    }
    this.#report();
  }

  /** Records of a symbol may be missing; it may be one of those that `*` stands for. */
  open(symbol: string, cause: StreamError): void {
    if (this.#ended.has(symbol)) return;
    this.#ended.add(symbol);
    this.#pending.delete(symbol);
    const sameCause = [...this.#open.keys()].find(({ code }) => code === cause.code) ?? cause;
    this.#open.set(sameCause, [...(this.#open.get(sameCause) ?? []), symbol]);
    this.#report();
  }

  /** The same of every symbol without an outcome. */
  openRest(cause: StreamError): void {
    for (const symbol of this.pending) this.open(symbol, cause);
  }

  /** A symbol has no subscription any more. */
  exclude(symbol: string): void {
    this.#ended.add(symbol);
    this.#pending.delete(symbol);
    this.#report();
  }

  /** Reports the symbols that stay open so far: before their later records follow. */
  reportOpen(): void {
    const { channel, from, to } = this.#gap;
    const open = [...this.#open];
    this.#open.clear();
    for (const [cause, symbols] of open) this.#events.open({ channel, symbols, from, to, cause });
  }

  #report(): void {
    if (this.#pending.size > 0) return;
    const { channel, from, to } = this.#gap;
    const { recordCount, voidCount } = this;
    const symbols = this.#filled.splice(0);
    const unproven = this.#unproven.splice(0);
    if (symbols.length > 0) this.#events.filled({ channel, symbols, unproven, from, to, recordCount, voidCount });
    this.reportOpen();
  }
}
