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

/** So many of the newest records may still turn out to have wrong times, or right ones. */
const UNCONFIRMED = 3;

/** Entries at first; doubled while all are younger than the window. */
const FIRST_CAPACITY = 1024;

/**
 * Remembers which records of one channel were delivered within a window of market time, by symbol, time and
 * identity: what a fill must not deliver again. Plain numbers in a ring, because every record passes here.
 */
export class RecentRecords {
  readonly #windowS: number;
  #symbols = new Int32Array(FIRST_CAPACITY);
  #seconds = new Float64Array(FIRST_CAPACITY);
  #nanos = new Int32Array(FIRST_CAPACITY);
  #identities = new Float64Array(FIRST_CAPACITY);
  /** Symbols that are not numbered, by the negative numbers that stand for them here. */
  readonly #unnumbered = new Map<string, number>();
  readonly #names: string[] = [];
  #head = 0;
  #size = 0;
  /** The newest time in the middle of three records in a row: one alone may have a wrong time. */
  #newestS = Number.NEGATIVE_INFINITY;
  /** Of the last record, and of the one before. */
  #lastS = Number.NEGATIVE_INFINITY;
  #secondLastS = Number.NEGATIVE_INFINITY;

  /** Whether nothing is forgotten, because gaps are open. */
  keepsAll = false;
  /** By symbol, the newest time that was forgotten: seconds and nanoseconds. */
  #forgotten = new Float64Array(FIRST_CAPACITY).fill(Number.NEGATIVE_INFINITY);

  /** Remembers each record until one that is `windowMs` newer has come. */
  constructor(windowMs: number) {
    this.#windowS = Math.ceil(windowMs / 1000);
  }

  /** Records that are remembered. */
  get size(): number {
    return this.#size;
  }

  /** Adds a record that was delivered. */
  add(symbol: string, symbolNumber: number, seconds: number, nanos: number, identity: number): void {
    const low = Math.min(seconds, this.#lastS);
    const high = Math.max(seconds, this.#lastS);
    const reachedS = Math.max(low, Math.min(high, this.#secondLastS));
    this.#secondLastS = this.#lastS;
    this.#lastS = seconds;
    if (reachedS > this.#newestS) this.#newestS = reachedS;
    // Two for each that is added: the ring shrinks to its window again after a burst.
    if (this.#isExpired(this.#head)) this.#dropHead();
    if (this.#isExpired(this.#head)) this.#dropHead();
    this.#append(symbolNumber === 0 ? this.#numberOf(symbol) : symbolNumber, seconds, nanos, identity);
  }

  #append(number: number, seconds: number, nanos: number, identity: number): void {
    if (this.#size === this.#symbols.length) this.#grow();
    const at = (this.#head + this.#size) & (this.#symbols.length - 1);
    this.#symbols[at] = number;
    this.#seconds[at] = seconds;
    this.#nanos[at] = nanos;
    this.#identities[at] = identity;
    this.#size++;
  }

  #dropHead(): void {
    const at = this.#head;
    const number = this.#symbols[at] ?? 0;
    const seconds = this.#seconds[at] ?? 0;
    const nanos = this.#nanos[at] ?? 0;
    this.#head = (at + 1) & (this.#symbols.length - 1);
    this.#size--;
    const leadMs = (seconds - this.#newestS) * 1000;
    if (leadMs <= 0) this.#forget(number, seconds, nanos);
    // A time ahead is right where the market is fast, and wrong if it is days ahead.
    else if (leadMs < LIMITS.maxTimeLagMs) this.#append(number, seconds, nanos, this.#identities[at] ?? 0);
  }

  /**
   * Forgets everything that is remembered, one by one: what follows has earlier times, of a symbol that history has
   * behind the last one.
   */
  forgetAll(): void {
    this.visit((symbolNumber, seconds, nanos) => this.#forget(symbolNumber, seconds, nanos));
    this.#head = 0;
    this.#size = 0;
    this.#newestS = Number.NEGATIVE_INFINITY;
    this.#lastS = Number.NEGATIVE_INFINITY;
    this.#secondLastS = Number.NEGATIVE_INFINITY;
  }

  /** The newest time that is certain, in whole seconds; minus infinity before the second record. */
  get newestS(): number {
    return this.#newestS;
  }

  /** Of later times, in nanoseconds since the epoch, every record is remembered; undefined without a certain time. */
  get rememberedNs(): bigint | undefined {
    if (this.#newestS === Number.NEGATIVE_INFINITY) return undefined;
    return toNanoseconds(this.#newestS - this.#windowS, 0) - 1n;
  }

  /** Calls `each` with each record that is remembered, the last one first; {@link nameOf} has the symbol's name. */
  visit(each: (symbolNumber: number, seconds: number, nanos: number, identity: number) => void): void {
    for (let index = this.#size - 1; index >= 0; index--) {
      const at = (this.#head + index) & (this.#symbols.length - 1);
      each(this.#symbols[at] ?? 0, this.#seconds[at] ?? 0, this.#nanos[at] ?? 0, this.#identities[at] ?? 0);
    }
  }

  /** What was delivered, by symbol. Walks through everything: once for a request. */
  bySymbol(): ReadonlyMap<string, RecentOfSymbol> {
    const bySymbol = new Map<string, { records: RecentRecord[]; forgotten: RecentOfSymbol["forgotten"] }>();
    for (let slot = 0; 2 * slot < this.#forgotten.length; slot++) {
      const seconds = this.#forgotten[2 * slot] ?? 0;
      if (seconds === Number.NEGATIVE_INFINITY) continue;
      const forgotten = { seconds, nanos: this.#forgotten[2 * slot + 1] ?? 0 };
      bySymbol.set(this.nameOf(numberAt(slot)), { records: [], forgotten });
    }
    for (let index = 0; index < this.#size; index++) {
      const at = (this.#head + index) & (this.#symbols.length - 1);
      const record = {
        seconds: this.#seconds[at] ?? 0,
        nanos: this.#nanos[at] ?? 0,
        identity: this.#identities[at] ?? 0,
      };
      const symbol = this.nameOf(this.#symbols[at] ?? 0);
      const ofSymbol = bySymbol.get(symbol);
      if (ofSymbol === undefined) bySymbol.set(symbol, { ...NOTHING_RECENT, records: [record] });
      else ofSymbol.records.push(record);
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

  #isExpired(at: number): boolean {
    if (this.keepsAll || this.#size <= UNCONFIRMED || this.#newestS === Number.NEGATIVE_INFINITY) return false;
    return Math.abs((this.#seconds[at] ?? 0) - this.#newestS) > this.#windowS;
  }

  #grow(): void {
    const capacity = this.#symbols.length;
    const head = this.#head;
    const grown = {
      symbols: new Int32Array(2 * capacity),
      seconds: new Float64Array(2 * capacity),
      nanos: new Int32Array(2 * capacity),
      identities: new Float64Array(2 * capacity),
    };
    for (const [to, from] of [
      [grown.symbols, this.#symbols],
      [grown.seconds, this.#seconds],
      [grown.nanos, this.#nanos],
      [grown.identities, this.#identities],
    ] as const) {
      to.set(from.subarray(head));
      to.set(from.subarray(0, head), capacity - head);
    }
    this.#symbols = grown.symbols;
    this.#seconds = grown.seconds;
    this.#nanos = grown.nanos;
    this.#identities = grown.identities;
    this.#head = 0;
  }
}

/** Numbers from 1 up are those that symbols are interned under, from -1 down those of other symbols. */
function slotOf(number: number): number {
  return number > 0 ? 2 * number : -2 * number - 1;
}

function numberAt(slot: number): number {
  return slot % 2 === 0 ? slot / 2 : -(slot + 1) / 2;
}
