import type { GapEvent, GapFilledEvent, GapOpenEvent } from "@tickerplant/client";
import type { Cause } from "./causes.ts";
import * as LIMITS from "./limits.ts";

/** `filling` until every symbol has an outcome; `open` if records of one may still be missing. */
export type GapState = "open" | "filling" | "filled";

/** What an event of a gap must have to be counted. */
type Range<Event extends { channel: unknown; symbols: unknown; from: unknown; to: unknown }> = Pick<
  Event,
  "channel" | "symbols" | "from" | "to"
>;

/** The gap of one channel. */
interface Part {
  readonly channel: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly symbols: readonly string[];
  readonly pending: Set<string>;
}

/** A gap as tables show it: one loss, with all its channels. */
export interface GapRow {
  readonly state: GapState;
  readonly fromMs: number;
  /** Undefined while the connection is lost and the gap grows. */
  readonly toMs: number | undefined;
  readonly channels: readonly string[];
  readonly symbols: readonly string[];
  readonly cause: Cause;
  /** Records that history delivered. */
  readonly recordCount: number;
  /** From the end of the gap to the last outcome. */
  readonly fillMs: number | undefined;
  /** Why records may still be missing. */
  readonly openCause: Cause | undefined;
}

/** One loss of records: its parts share the error that caused it. */
class Gap {
  readonly parts: Part[] = [];
  readonly cause: Cause;
  readonly #reportedAtMs: number;
  #endedAtMs: number | undefined;
  recordCount = 0;
  openCause: Cause | undefined;

  constructor(cause: Cause, nowMs: number) {
    this.cause = cause;
    this.#reportedAtMs = nowMs;
  }

  /** Some symbols of a part have an outcome; all of them if `symbols` is undefined. */
  end(part: Part, symbols: readonly string[] | undefined, nowMs: number): void {
    for (const symbol of symbols ?? part.symbols) part.pending.delete(symbol);
    if (!this.#isFilling) this.#endedAtMs = nowMs;
  }

  get #isFilling(): boolean {
    return this.parts.some(({ pending }) => pending.size > 0);
  }

  row(): GapRow {
    const { parts, cause, recordCount, openCause } = this;
    return {
      state: openCause !== undefined ? "open" : this.#isFilling ? "filling" : "filled",
      fromMs: Math.min(...parts.map(({ fromMs }) => fromMs)),
      toMs: Math.max(...parts.map(({ toMs }) => toMs)),
      channels: [...new Set(parts.map(({ channel }) => channel))],
      symbols: [...new Set(parts.flatMap(({ symbols }) => symbols))],
      cause,
      recordCount,
      fillMs: this.#endedAtMs === undefined ? undefined : this.#endedAtMs - this.#reportedAtMs,
      openCause,
    };
  }
}

/** All gaps since the page was opened, from the stream's events. */
export class GapLedger {
  readonly #gaps: Gap[] = [];
  #growing: GapRow | undefined;

  /** The connection is lost: a gap grows from now on, until the stream reports it. */
  lost(nowMs: number, cause: Cause): void {
    this.#growing ??= {
      state: "open",
      fromMs: nowMs,
      toMs: undefined,
      channels: [],
      symbols: [],
      cause,
      recordCount: 0,
      fillMs: undefined,
      openCause: cause,
    };
  }

  /** The connection is back: gap events follow for what it had subscribed to. */
  back(): void {
    this.#growing = undefined;
  }

  gap(event: Range<GapEvent> & { readonly cause: Cause }, nowMs: number): void {
    const last = this.#gaps.at(-1);
    // One loss has one error object, and one event for each channel.
    const gap = last?.cause === event.cause ? last : new Gap(event.cause, nowMs);
    if (gap !== last) this.#gaps.push(gap);
    if (this.#gaps.length > LIMITS.maxGaps) this.#gaps.shift();
    const { channel, symbols, from, to } = event;
    const pending = new Set(symbols);
    gap.parts.push({ channel, symbols, fromMs: from.getTime(), toMs: to.getTime(), pending });
  }

  filled(event: Range<GapFilledEvent> & { readonly recordCount: number }, nowMs: number): void {
    const found = this.#find(event);
    if (found === undefined) return;
    found.gap.recordCount += event.recordCount;
    // The last event of a part: symbols that it does not name were unsubscribed, or are named by an open event.
    found.gap.end(found.part, undefined, nowMs);
  }

  open(event: Range<GapOpenEvent> & { readonly cause: Cause }, nowMs: number): void {
    const found = this.#find(event);
    if (found === undefined) return;
    found.gap.openCause = event.cause;
    found.gap.end(found.part, event.symbols, nowMs);
  }

  /** Open gaps first, then those being filled, then filled ones; newest first within each. */
  rows(): GapRow[] {
    const rows = this.#gaps.map((gap) => gap.row());
    if (this.#growing !== undefined) rows.push(this.#growing);
    return rows.sort((a, b) => RANK[a.state] - RANK[b.state] || b.fromMs - a.fromMs);
  }

  #find({ channel, from, to, symbols }: Range<GapEvent>): { gap: Gap; part: Part } | undefined {
    for (const gap of this.#gaps.toReversed()) {
      const part = gap.parts.find(
        (each) =>
          each.channel === channel &&
          each.fromMs === from.getTime() &&
          each.toMs === to.getTime() &&
          symbols.some((symbol) => each.symbols.includes(symbol) || each.symbols.includes("*")),
      );
      if (part !== undefined) return { gap, part };
    }
    return undefined;
  }
}

const RANK: Record<GapState, number> = { open: 0, filling: 1, filled: 2 };
