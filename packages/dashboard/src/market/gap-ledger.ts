import type { GapEvent, GapFilledEvent, GapOpenEvent, StreamError } from "@tickerplant/client";
import { MAX_GAPS } from "./limits.ts";

/** What the page reads of an error. */
export type Cause = Pick<StreamError, "code" | "message" | "closeCode" | "status" | "serverCode">;

/**
 * `filling` until every symbol has an outcome; `open` if records of one may still be missing; `missed` if no history has
 * them, or none is asked for them, as for quotes.
 */
export type GapState = (typeof GAP_STATES)[number];

/** In the order of the attention that they need. */
const GAP_STATES = ["open", "filling", "filled", "missed"] as const;

/** Codes of a channel whose gaps are never filled. */
const NEVER_FILLED: ReadonlySet<string> = new Set(["no_history", "not_filled"]);

/** What an event of a gap must have to be counted. */
type Range<Event extends { channel: unknown; symbols: unknown; from: unknown; to: unknown }> = Pick<
  Event,
  "channel" | "symbols" | "from" | "to"
>;

/** A gap as panels show it: the channels of one loss that have come to the same state. */
export interface Gap {
  readonly state: GapState;
  readonly fromMs: number;
  /** Undefined while the connection is lost and the gap grows. */
  readonly toMs: number | undefined;
  readonly channels: readonly string[];
  /** The symbols, `*` for all; empty while the gap grows, which then concerns all. */
  readonly symbols: readonly string[];
  readonly cause: Cause;
  /** Records that history delivered. */
  readonly recordCount: number;
  /** From the end of the gap to the last outcome. */
  readonly fillMs: number | undefined;
  /** Why records may still be missing. */
  readonly openCause: Cause | undefined;
}

/** One channel of a loss. */
class Part {
  readonly channel: string;
  readonly symbols: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly #pending: Set<string>;
  recordCount = 0;
  openCause: Cause | undefined;
  endedAtMs: number | undefined;

  constructor({ channel, symbols, from, to }: Range<GapEvent>) {
    this.channel = channel;
    this.symbols = symbols;
    this.fromMs = from.getTime();
    this.toMs = to.getTime();
    this.#pending = new Set(symbols);
  }

  /** Some symbols have an outcome; all of them if `symbols` is undefined. */
  end(symbols: readonly string[] | undefined, nowMs: number): void {
    for (const symbol of symbols ?? this.symbols) this.#pending.delete(symbol);
    if (this.#pending.size === 0) this.endedAtMs ??= nowMs;
  }

  get state(): GapState {
    if (this.openCause !== undefined) return NEVER_FILLED.has(this.openCause.code) ? "missed" : "open";
    return this.#pending.size > 0 ? "filling" : "filled";
  }

  /** The length of its records: the gap of bars begins as much before the loss. */
  get length(): "moment" | "minute" | "day" {
    if (this.channel === "dailyBars") return "day";
    return this.channel === "bars" || this.channel === "updatedBars" ? "minute" : "moment";
  }
}

/** One loss of records: its parts share the error that caused it. */
class Loss {
  readonly parts: Part[] = [];
  readonly cause: Cause;
  readonly #reportedAtMs: number;

  constructor(cause: Cause, nowMs: number) {
    this.cause = cause;
    this.#reportedAtMs = nowMs;
  }

  gaps(): Gap[] {
    return GAP_STATES.flatMap((state) => {
      const parts = this.parts.filter((part) => part.state === state);
      return parts.length === 0 ? [] : [this.#gapOf(state, parts)];
    });
  }

  #gapOf(state: GapState, parts: readonly Part[]): Gap {
    const ofLength = (wanted: Part["length"]): Part[] => parts.filter(({ length }) => length === wanted);
    const ranges = [ofLength("moment"), ofLength("minute")].find(({ length }) => length > 0) ?? parts;
    const endedAtMs = Math.max(...parts.map((part) => part.endedAtMs ?? Number.NEGATIVE_INFINITY));
    return {
      state,
      fromMs: Math.min(...ranges.map(({ fromMs }) => fromMs)),
      toMs: Math.max(...ranges.map(({ toMs }) => toMs)),
      channels: [...new Set(parts.map(({ channel }) => channel))],
      symbols: [...new Set(parts.flatMap(({ symbols }) => symbols))],
      cause: this.cause,
      recordCount: parts.reduce((sum, part) => sum + part.recordCount, 0),
      fillMs: Number.isFinite(endedAtMs) ? endedAtMs - this.#reportedAtMs : undefined,
      openCause: parts.find(({ openCause }) => openCause !== undefined)?.openCause,
    };
  }
}

/** All gaps since the page was opened, from the stream's events. */
export class GapLedger {
  readonly #losses: Loss[] = [];
  #growing: Gap | undefined;
  #all: readonly Gap[] | undefined;

  /**
   * Open gaps first, then those being filled, then filled ones, then missed ones; newest first within each. The array is a new one when
   * a gap has changed.
   */
  get all(): readonly Gap[] {
    this.#all ??= [...this.#losses.flatMap((loss) => loss.gaps()), ...(this.#growing ? [this.#growing] : [])].sort(
      (a, b) => GAP_STATES.indexOf(a.state) - GAP_STATES.indexOf(b.state) || b.fromMs - a.fromMs,
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
    loss.parts.push(new Part(event));
    this.#all = undefined;
  }

  filled(event: Range<GapFilledEvent> & { readonly recordCount: number }, nowMs: number): void {
    const part = this.#find(event);
    if (part === undefined) return;
    part.recordCount += event.recordCount;
    // The last event of a part: symbols that it does not name were unsubscribed, or are named by an open event.
    part.end(undefined, nowMs);
    this.#all = undefined;
  }

  open(event: Range<GapOpenEvent> & { readonly cause: Cause }, nowMs: number): void {
    const part = this.#find(event);
    if (part === undefined) return;
    part.openCause = event.cause;
    part.end(event.symbols, nowMs);
    this.#all = undefined;
  }

  #find({ channel, from, to, symbols }: Range<GapEvent>): Part | undefined {
    for (const { parts } of this.#losses.toReversed()) {
      const part = parts.find(
        (each) =>
          each.channel === channel &&
          each.fromMs === from.getTime() &&
          each.toMs === to.getTime() &&
          symbols.some((symbol) => each.symbols.includes(symbol) || each.symbols.includes("*")),
      );
      if (part !== undefined) return part;
    }
    return undefined;
  }
}

/** Whether a gap concerns a symbol. A gap that grows names none yet. */
export function concerns({ symbols }: Gap, symbol: string): boolean {
  return symbols.length === 0 || symbols.includes(symbol) || symbols.includes("*");
}

/** Whether a gap is one of some channels. A gap that grows names none yet. */
export function isOf({ channels }: Gap, some: ReadonlySet<string>): boolean {
  return channels.length === 0 || channels.some((channel) => some.has(channel));
}
