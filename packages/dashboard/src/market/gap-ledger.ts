import type { GapEvent, GapFilledEvent, GapOpenEvent, StreamError } from "@tickerplant/client";
import { MAX_GAPS } from "./limits.ts";

/** What the page reads of an error. */
export type Cause = Pick<StreamError, "code" | "message" | "closeCode" | "status" | "serverCode">;

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

/** A gap as panels show it: one loss, with all its channels. */
export interface Gap {
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
class Loss {
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

  toGap(): Gap {
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
  readonly #losses: Loss[] = [];
  #growing: Gap | undefined;
  #all: readonly Gap[] | undefined;

  /**
   * Open gaps first, then those being filled, then filled ones; newest first within each. The array is a new one when
   * a gap has changed.
   */
  get all(): readonly Gap[] {
    this.#all ??= [...this.#losses.map((loss) => loss.toGap()), ...(this.#growing ? [this.#growing] : [])].sort(
      (a, b) => RANK[a.state] - RANK[b.state] || b.fromMs - a.fromMs,
    );
    return this.#all;
  }

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
    this.#all = undefined;
  }

  /** The connection is back: gap events follow for what it had subscribed to. */
  back(): void {
    this.#growing = undefined;
    this.#all = undefined;
  }

  gap(event: Range<GapEvent> & { readonly cause: Cause }, nowMs: number): void {
    const last = this.#losses.at(-1);
    // One loss has one error object, and one event for each channel.
    const loss = last?.cause === event.cause ? last : new Loss(event.cause, nowMs);
    if (loss !== last) this.#losses.push(loss);
    if (this.#losses.length > MAX_GAPS) this.#losses.shift();
    const { channel, symbols, from, to } = event;
    const pending = new Set(symbols);
    loss.parts.push({ channel, symbols, fromMs: from.getTime(), toMs: to.getTime(), pending });
    this.#all = undefined;
  }

  filled(event: Range<GapFilledEvent> & { readonly recordCount: number }, nowMs: number): void {
    const found = this.#find(event);
    if (found === undefined) return;
    found.loss.recordCount += event.recordCount;
    // The last event of a part: symbols that it does not name were unsubscribed, or are named by an open event.
    found.loss.end(found.part, undefined, nowMs);
    this.#all = undefined;
  }

  open(event: Range<GapOpenEvent> & { readonly cause: Cause }, nowMs: number): void {
    const found = this.#find(event);
    if (found === undefined) return;
    found.loss.openCause = event.cause;
    found.loss.end(found.part, event.symbols, nowMs);
    this.#all = undefined;
  }

  #find({ channel, from, to, symbols }: Range<GapEvent>): { loss: Loss; part: Part } | undefined {
    for (const loss of this.#losses.toReversed()) {
      const part = loss.parts.find(
        (each) =>
          each.channel === channel &&
          each.fromMs === from.getTime() &&
          each.toMs === to.getTime() &&
          symbols.some((symbol) => each.symbols.includes(symbol) || each.symbols.includes("*")),
      );
      if (part !== undefined) return { loss, part };
    }
    return undefined;
  }
}

/** Whether a gap concerns a symbol. A gap that grows names none yet. */
export function concerns({ symbols }: Gap, symbol: string): boolean {
  return symbols.length === 0 || symbols.includes(symbol) || symbols.includes("*");
}

const RANK: Record<GapState, number> = { open: 0, filling: 1, filled: 2 };
