import { numberedText } from "../../wire/interning.ts";

/** A record that was delivered. */
export interface RecentRecord {
  readonly seconds: number;
  readonly nanos: number;
  /** Distinguishes records of one symbol and one nanosecond. */
  readonly identity: number;
}

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
  #newestS = Number.NEGATIVE_INFINITY;

  /** Whether nothing is forgotten, because gaps are open. */
  keepsAll = false;
  /** Records of this second, in seconds since the epoch, and of earlier ones may be forgotten. */
  forgottenS: number = Number.NEGATIVE_INFINITY;

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
    if (seconds > this.#newestS) this.#newestS = seconds;
    const mask = this.#symbols.length - 1;
    // Two for each that is added: the ring shrinks to its window again after a burst.
    for (let drops = 0; drops < 2 && this.#size > 0 && this.#isExpired(this.#head); drops++) {
      this.forgottenS = Math.max(this.forgottenS, this.#seconds[this.#head] ?? 0);
      this.#head = (this.#head + 1) & mask;
      this.#size--;
    }
    if (this.#size > mask) this.#grow();
    const at = (this.#head + this.#size) & (this.#symbols.length - 1);
    this.#symbols[at] = symbolNumber === 0 ? this.#numberOf(symbol) : symbolNumber;
    this.#seconds[at] = seconds;
    this.#nanos[at] = nanos;
    this.#identities[at] = identity;
    this.#size++;
  }

  /** The records that are remembered, by symbol. Walks through all of them: once for a fill. */
  bySymbol(): ReadonlyMap<string, readonly RecentRecord[]> {
    const byNumber = new Map<number, RecentRecord[]>();
    for (let index = 0; index < this.#size; index++) {
      const at = (this.#head + index) & (this.#symbols.length - 1);
      const number = this.#symbols[at] ?? 0;
      const record = {
        seconds: this.#seconds[at] ?? 0,
        nanos: this.#nanos[at] ?? 0,
        identity: this.#identities[at] ?? 0,
      };
      const list = byNumber.get(number);
      if (list === undefined) byNumber.set(number, [record]);
      else list.push(record);
    }
    return new Map([...byNumber].map(([number, list]) => [this.#nameOf(number), list]));
  }

  #nameOf(number: number): string {
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

  /** The symbols of which records are remembered. */
  symbols(): string[] {
    return [...this.bySymbol().keys()];
  }

  /** Forgets everything: the market's time may begin anew. */
  clear(): void {
    this.#size = 0;
    this.#newestS = Number.NEGATIVE_INFINITY;
    this.forgottenS = Number.NEGATIVE_INFINITY;
  }

  #isExpired(at: number): boolean {
    return !this.keepsAll && (this.#seconds[at] ?? 0) < this.#newestS - this.#windowS;
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
