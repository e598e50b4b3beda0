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

/** Whether a code says that no history has the records, or that none is asked for them. */
export function isNeverFilled(code: string): boolean {
  return NEVER_FILLED.has(code);
}

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
  /** From the end of the gap to the last outcome; undefined without one, and where the gateway has filled it. */
  readonly fillMs: number | undefined;
  /** Why records may still be missing. */
  readonly openCause: Cause | undefined;
}

/** A gap of a channel that the gateway reports as over. */
export interface ReportedGap extends Range<GapEvent> {
  readonly cause: Cause;
  /** Records with which it was filled; undefined for one that stayed open. */
  readonly recordCount: number | undefined;
}

/** Which connection is lost: that of the page, or that of the gateway to its source. */
export type Side = "page" | "gateway";

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

  isAt({ channel, from, to }: Pick<Range<GapEvent>, "channel" | "from" | "to">): boolean {
    return this.channel === channel && this.fromMs === from.getTime() && this.toMs === to.getTime();
  }

  get state(): GapState {
    if (this.openCause !== undefined) return isNeverFilled(this.openCause.code) ? "missed" : "open";
    return this.#pending.size > 0 ? "filling" : "filled";
  }

  /** The length of its records: the gap of bars begins as much before the loss. */
  get length(): "moment" | "minute" | "day" {
    if (this.channel === "dailyBars") return "day";
    return this.channel === "bars" || this.channel === "updatedBars" ? "minute" : "moment";
  }
}

/** One loss of records, with a part for each channel. */
class Loss {
  parts: readonly Part[] = [];
  readonly cause: Cause;
  /** Undefined for a gap that the gateway reports as over. */
  readonly #reportedAtMs: number | undefined;

  constructor(cause: Cause, nowMs: number | undefined) {
    this.cause = cause;
    this.#reportedAtMs = nowMs;
  }

  endsAt(to: Date): boolean {
    return this.parts.some(({ toMs }) => toMs === to.getTime());
  }

  get isOver(): boolean {
    return this.#reportedAtMs === undefined;
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
    const reportedAtMs = this.#reportedAtMs;
    return {
      state,
      fromMs: Math.min(...ranges.map(({ fromMs }) => fromMs)),
      toMs: Math.max(...ranges.map(({ toMs }) => toMs)),
      channels: [...new Set(parts.map(({ channel }) => channel))],
      symbols: [...new Set(parts.flatMap(({ symbols }) => symbols))],
      cause: this.cause,
      recordCount: parts.reduce((sum, part) => sum + part.recordCount, 0),
      fillMs: reportedAtMs !== undefined && Number.isFinite(endedAtMs) ? endedAtMs - reportedAtMs : undefined,
      openCause: parts.find(({ openCause }) => openCause !== undefined)?.openCause,
    };
  }
}

/** All gaps since the page was opened, from the stream's events, and those that the gateway reports. */
export class GapLedger {
  readonly #losses: Loss[] = [];
  readonly #growing = new Map<Side, Gap>();
  #all: readonly Gap[] | undefined;

  /**
   * Open gaps first, then those being filled, then filled ones, then missed ones; newest first within each. The array is a new one when
   * a gap has changed.
   */
  get all(): readonly Gap[] {
    this.#all ??= [...this.#losses.flatMap((loss) => loss.gaps()), ...this.#growing.values()].sort(
      (a, b) => GAP_STATES.indexOf(a.state) - GAP_STATES.indexOf(b.state) || b.fromMs - a.fromMs,
    );
    return this.#all;
  }

  /** A connection is lost: a gap grows from now on, until it is reported. */
  lost(nowMs: number, cause: Cause, side: Side = "page"): void {
    if (this.#growing.has(side)) return;
    this.#growing.set(side, {
      state: "open",
      fromMs: nowMs,
      toMs: undefined,
      channels: [],
      symbols: [],
      cause,
      recordCount: 0,
      fillMs: undefined,
      openCause: cause,
    });
    this.#all = undefined;
  }

  /** The connection is back: gaps are reported for what it had subscribed to. */
  back(side: Side = "page"): void {
    if (this.#growing.delete(side)) this.#all = undefined;
  }

  /** The gateway reports a gap that is over. One that the stream has reported stays as it is. */
  reported(gap: ReportedGap): void {
    if (this.#losses.some(({ parts }) => parts.some((part) => part.isAt(gap)))) return;
    const { cause, recordCount, to } = gap;
    const loss = this.#losses.find((each) => each.isOver && each.endsAt(to)) ?? this.#add(new Loss(cause, undefined));
    const part = new Part(gap);
    part.recordCount = recordCount ?? 0;
    if (recordCount === undefined) part.openCause = cause;
    part.end(undefined, 0);
    loss.parts = [...loss.parts, part];
    this.#all = undefined;
  }

  gap(event: Range<GapEvent> & { readonly cause: Cause }, nowMs: number): void {
    const last = this.#losses.at(-1);
    // One loss has one event for each channel: with one error object, or, from a gateway, with one end.
    const isSame = last !== undefined && !last.isOver && (last.cause === event.cause || last.endsAt(event.to));
    const loss = isSame ? last : this.#add(new Loss(event.cause, nowMs));
    // The stream knows more of it than the gateway's report, which may have come before.
    for (const other of this.#losses) if (other.isOver) other.parts = other.parts.filter((part) => !part.isAt(event));
    loss.parts = [...loss.parts, new Part(event)];
    this.#all = undefined;
  }

  #add(loss: Loss): Loss {
    this.#losses.push(loss);
    if (this.#losses.length > MAX_GAPS) this.#losses.shift();
    return loss;
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
          each.isAt({ channel, from, to }) &&
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
