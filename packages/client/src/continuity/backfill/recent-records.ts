import * as LIMITS from "../../limits.ts";
import { numberedText } from "../../wire/interning.ts";
import { toNanoseconds } from "../../wire/timestamp.ts";

/** A record that was delivered. */
export interface RecentRecord {
  readonly seconds: number;
  readonly nanos: number;
  /** Distinguishes records of one symbol and one nanosecond. */
  readonly identity: number;
}

/** Records of one symbol that were delivered. */
export interface RecentOfSymbol {
  readonly records: readonly RecentRecord[];
  /** Of this time and before, further ones may have been delivered and forgotten. */
  readonly forgotten: { readonly seconds: number; readonly nanos: number };
}

/** What is known of a symbol of which nothing was delivered. */
export const NOTHING_RECENT: RecentOfSymbol = {
  records: [],
  forgotten: { seconds: Number.NEGATIVE_INFINITY, nanos: 0 },
};

/** Numbers of one record: its symbol, seconds, nanoseconds and identity. */
const FIELDS = 4;

/** Numbers of one segment. What has expired is checked once per segment, not once per record. */
const SEGMENT = 1024 * FIELDS;

/** Segments whose times the records behind them may still confirm or refute. */
const UNCONFIRMED = 2;

/** Numbers of forgotten times at first: doubled for symbols of higher numbers. */
const FIRST_FORGOTTEN = 1024;

/**
 * Remembers which records of one channel were delivered within a window of market time, by symbol, time and
 * identity: what a fill must not deliver again. Plain numbers, because every record passes here: objects would
 * outlive the young generation, and cost more than the rest of the delivery.
 */
export class RecentRecords {
  readonly #windowS: number;
  /** The segment that is being filled, and where its next record goes. */
  #current = new Float64Array(SEGMENT);
  #end = 0;
  /** All segments, oldest first: all but the newest are full. */
  #segments = [this.#current];
  /** Where the newest segment's records begin whose times were not looked at yet. */
  #unchecked = 0;
  /** Symbols that are not numbered, by the negative numbers that stand for them here. */
  readonly #unnumbered = new Map<string, number>();
  readonly #names: string[] = [];
  /** The newest time in the middle of three records in a row: one alone may have a wrong time. */
  #newestS = Number.NEGATIVE_INFINITY;
  /** Of the last record that was checked, and of the one before. */
  #lastS = Number.NEGATIVE_INFINITY;
  #secondLastS = Number.NEGATIVE_INFINITY;
  /** The newest time that was forgotten for lack of room. */
  #crowdedOutS = Number.NEGATIVE_INFINITY;
  /** By symbol, the newest time that was forgotten: seconds and nanoseconds. */
  #forgotten = new Float64Array(FIRST_FORGOTTEN).fill(Number.NEGATIVE_INFINITY);

  /** Whether nothing is forgotten, because gaps are open. */
  keepsAll = false;

  /** Remembers each record until records that are `windowMs` newer have come, and some thousand records longer. */
  constructor(windowMs: number) {
    this.#windowS = Math.ceil(windowMs / 1000);
  }

  /** Records that are remembered. */
  get size(): number {
    return ((this.#segments.length - 1) * SEGMENT + this.#end) / FIELDS;
  }

  /** Adds a record that was delivered. */
  add(symbol: string, symbolNumber: number, seconds: number, nanos: number, identity: number): void {
    if (this.#end === SEGMENT) this.#endSegment();
    this.#append(symbolNumber === 0 ? this.#numberOf(symbol) : symbolNumber, seconds, nanos, identity);
  }

  #append(number: number, seconds: number, nanos: number, identity: number): void {
    const segment = this.#current;
    const at = this.#end;
    segment[at] = number;
    segment[at + 1] = seconds;
    segment[at + 2] = nanos;
    segment[at + 3] = identity;
    this.#end = at + FIELDS;
  }

  /** The newest segment is full: begins another, and forgets what has expired. */
  #endSegment(): void {
    this.#confirmTimes();
    this.#beginSegment();
    // Two for each that begins: the memory shrinks to its window again after a burst.
    for (let count = 0; count < 2 && this.#isFirstExpired(); count++) this.#dropFirst();
    this.#unchecked = this.#end;
  }

  #beginSegment(): void {
    this.#current = new Float64Array(SEGMENT);
    this.#segments.push(this.#current);
    this.#end = 0;
  }

  /** Moves the newest time to those of the newest segment. */
  #confirmTimes(): void {
    for (let at = this.#unchecked; at < this.#end; at += FIELDS) {
      const seconds = this.#current[at + 1] ?? 0;
      const low = Math.min(seconds, this.#lastS);
      const high = Math.max(seconds, this.#lastS);
      const reachedS = Math.max(low, Math.min(high, this.#secondLastS));
      this.#secondLastS = this.#lastS;
      this.#lastS = seconds;
      if (reachedS > this.#newestS) this.#newestS = reachedS;
    }
    this.#unchecked = this.#end;
  }

  /** Whether all records of the oldest segment are too far from the newest time. */
  #isFirstExpired(): boolean {
    const [first] = this.#segments;
    if (first === undefined || this.#segments.length <= UNCONFIRMED) return false;
    if (this.#isFull) return true;
    if (this.keepsAll) return false;
    // From its end: a record within the window is there, if there is one.
    for (let at = SEGMENT - FIELDS; at >= 0; at -= FIELDS)
      if (Math.abs((first[at + 1] ?? 0) - this.#newestS) <= this.#windowS) return false;
    return true;
  }

  get #isFull(): boolean {
    return this.size > LIMITS.maxRecent;
  }

  /** Forgets the records of the oldest segment; those whose time is still to come move to the newest one. */
  #dropFirst(): void {
    const isFull = this.#isFull;
    const first = this.#segments.shift() ?? [];
    for (let at = 0; at < first.length; at += FIELDS) {
      const number = first[at] ?? 0;
      const seconds = first[at + 1] ?? 0;
      const nanos = first[at + 2] ?? 0;
      const leadMs = (seconds - this.#newestS) * 1000;
      if (leadMs >= LIMITS.maxTimeLagMs) continue; // a time that is days ahead is wrong
      if (isFull) this.#crowdedOutS = Math.max(this.#crowdedOutS, seconds);
      if (leadMs <= 0 || isFull) this.#forget(number, seconds, nanos);
      else {
        if (this.#end === SEGMENT) this.#beginSegment();
        this.#append(number, seconds, nanos, first[at + 3] ?? 0);
      }
    }
  }

  /**
   * Forgets everything that is remembered, one by one: what follows has earlier times, of a symbol that history has
   * behind the last one.
   */
  forgetAll(): void {
    this.visit((symbolNumber, seconds, nanos) => this.#forget(symbolNumber, seconds, nanos));
    this.#segments = [];
    this.#beginSegment();
    this.#unchecked = 0;
    this.#newestS = Number.NEGATIVE_INFINITY;
    this.#lastS = Number.NEGATIVE_INFINITY;
    this.#secondLastS = Number.NEGATIVE_INFINITY;
    this.#crowdedOutS = Number.NEGATIVE_INFINITY;
  }

  /** The newest time that is certain, in whole seconds; minus infinity before the second record. */
  get newestS(): number {
    this.#confirmTimes();
    return this.#newestS;
  }

  /** Of later times, in nanoseconds since the epoch, every record is remembered; undefined without a certain time. */
  get rememberedNs(): bigint | undefined {
    const { newestS } = this;
    if (newestS === Number.NEGATIVE_INFINITY) return undefined;
    return toNanoseconds(Math.max(newestS - this.#windowS, this.#crowdedOutS + 1), 0) - 1n;
  }

  /** Calls `each` with each record that is remembered, the last one first; {@link nameOf} has the symbol's name. */
  visit(each: (symbolNumber: number, seconds: number, nanos: number, identity: number) => void): void {
    for (const segment of this.#segments.toReversed()) {
      const end = segment === this.#current ? this.#end : SEGMENT;
      for (let at = end - FIELDS; at >= 0; at -= FIELDS)
        each(segment[at] ?? 0, segment[at + 1] ?? 0, segment[at + 2] ?? 0, segment[at + 3] ?? 0);
    }
  }

  /** What was delivered, by symbol. Walks through everything: once for a request. */
  bySymbol(): ReadonlyMap<string, RecentOfSymbol> {
    const bySymbol = new Map<string, { records: RecentRecord[]; forgotten: RecentOfSymbol["forgotten"] }>();
    for (let slot = 0; 2 * slot < this.#forgotten.length; slot++) {
      const seconds = this.#forgotten[2 * slot] ?? 0;
      if (seconds === Number.NEGATIVE_INFINITY) continue;
      const forgotten = { seconds, nanos: this.#forgotten[2 * slot + 1] ?? 0 };
      const symbol = this.nameOf(numberAt(slot));
      // A symbol may have come with its number and, from an earlier stream, without.
      const other = bySymbol.get(symbol)?.forgotten ?? NOTHING_RECENT.forgotten;
      const isLater = other.seconds > seconds || (other.seconds === seconds && other.nanos > forgotten.nanos);
      bySymbol.set(symbol, { records: [], forgotten: isLater ? other : forgotten });
    }
    for (const segment of this.#segments) {
      const end = segment === this.#current ? this.#end : SEGMENT;
      for (let at = 0; at < end; at += FIELDS) {
        const symbol = this.nameOf(segment[at] ?? 0);
        const record = {
          seconds: segment[at + 1] ?? 0,
          nanos: segment[at + 2] ?? 0,
          identity: segment[at + 3] ?? 0,
        };
        const ofSymbol = bySymbol.get(symbol);
        if (ofSymbol === undefined) bySymbol.set(symbol, { ...NOTHING_RECENT, records: [record] });
        else ofSymbol.records.push(record);
      }
    }
    return bySymbol;
  }

  /** The symbol of a number that {@link visit} has called with. */
  nameOf(number: number): string {
    return number < 0 ? (this.#names[-number - 1] ?? "") : numberedText(number);
  }

  #numberOf(symbol: string): number {
    let number = this.#unnumbered.get(symbol);
    if (number === undefined) {
      this.#names.push(symbol);
      number = -this.#names.length;
      this.#unnumbered.set(symbol, number);
    }
    return number;
  }

  /** The symbols of which records were delivered. */
  symbols(): string[] {
    return [...this.bySymbol().keys()];
  }

  #forget(number: number, seconds: number, nanos: number): void {
    const slot = slotOf(number);
    while (2 * slot >= this.#forgotten.length) {
      const larger = new Float64Array(2 * this.#forgotten.length).fill(Number.NEGATIVE_INFINITY);
      larger.set(this.#forgotten);
      this.#forgotten = larger;
    }
    const forgottenS = this.#forgotten[2 * slot] ?? 0;
    if (seconds < forgottenS || (seconds === forgottenS && nanos <= (this.#forgotten[2 * slot + 1] ?? 0))) return;
    this.#forgotten[2 * slot] = seconds;
    this.#forgotten[2 * slot + 1] = nanos;
  }
}

/** Numbers from 1 up are those that symbols are interned under, from -1 down those of other symbols. */
function slotOf(number: number): number {
  return number > 0 ? 2 * number : -2 * number - 1;
}

function numberAt(slot: number): number {
  return slot % 2 === 0 ? slot / 2 : -(slot + 1) / 2;
}
