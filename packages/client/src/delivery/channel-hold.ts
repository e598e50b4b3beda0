import * as LIMITS from "../limits.ts";
import { type MarketRecord, type RawRecord, WILDCARD } from "../wire/index.ts";

/** One record that is held, as it will be delivered. */
export interface HeldRecord {
  readonly record: MarketRecord | RawRecord;
  readonly symbol: string;
  /** The number that the symbol is interned under, or 0. */
  readonly symbolNumber: number;
  readonly seconds: number;
  readonly nanos: number;
  /** True once it was delivered ahead of its release, at its place among earlier records. */
  isDelivered: boolean;
}

/** The records that are held of one channel, by symbol. */
export class ChannelHold {
  /** Records that are held. */
  size = 0;
  /** Called with a symbol (`*` for all) that is about to be released because the limit was reached. */
  full: (symbol: string) => void = () => {};
  readonly #records = new Map<string, HeldRecord[]>();
  /** Whether every symbol is held but those that pass. */
  #isWildcard = false;
  /** Symbols that were released while all others stay held. */
  readonly #passing = new Set<string>();

  /** Holds a symbol from now on, `*` for all. */
  begin(symbol: string): void {
    if (symbol === WILDCARD) {
      this.#isWildcard = true;
      this.#passing.clear();
    } else {
      this.#passing.delete(symbol);
      if (!this.#records.has(symbol)) this.#records.set(symbol, []);
    }
  }

  /** Whether a symbol's records are held. */
  holds(symbol: string): boolean {
    return this.#records.has(symbol) || (this.#isWildcard && !this.#passing.has(symbol));
  }

  /** The symbols that are held by name, or of which records are held. */
  get symbols(): readonly string[] {
    return [...this.#records.keys()];
  }

  /** The symbols that pass while all others are held. */
  get passing(): ReadonlySet<string> {
    return this.#passing;
  }

  /** The records of a symbol, oldest first. */
  held(symbol: string): readonly HeldRecord[] {
    return this.#records.get(symbol) ?? [];
  }

  /** Adds a record of a symbol that is held. */
  push(held: HeldRecord): void {
    const records = this.#records.get(held.symbol);
    if (records === undefined) this.#records.set(held.symbol, [held]);
    else records.push(held);
    this.size++;
  }

  /** Marks a record as delivered: it counts no longer. */
  markDelivered(held: HeldRecord): void {
    held.isDelivered = true;
    this.size--;
  }

  /** Forgets the records of a symbol that were delivered, up to the first that was not. */
  trim(symbol: string): void {
    const records = this.#records.get(symbol) ?? [];
    const count = records.findIndex(({ isDelivered }) => !isDelivered);
    records.splice(0, count < 0 ? records.length : count);
  }

  /** Whether no further record may be held. Symbols that pass count as well: the server decides how many come. */
  get isFull(): boolean {
    return this.size + this.#passing.size >= LIMITS.maxHeld;
  }

  /** The symbol with the most records; `*` if no record is held. */
  get largest(): string {
    let largest = WILDCARD;
    let most = 0;
    for (const [symbol, { length }] of this.#records) {
      if (length <= most) continue;
      largest = symbol;
      most = length;
    }
    return largest;
  }

  /** Removes a symbol's records and returns them, oldest first; it is not held any more. `*` ends the whole hold. */
  end(symbol: string): readonly HeldRecord[] {
    if (symbol === WILDCARD) return this.#endAll();
    const records = this.#records.get(symbol) ?? [];
    this.#records.delete(symbol);
    this.size -= countOf(records);
    if (this.#isWildcard) this.#passing.add(symbol);
    return records;
  }

  /** Holds no further symbols but those that are held by name, or have records. */
  endWildcard(): void {
    this.#isWildcard = false;
    this.#passing.clear();
  }

  #endAll(): readonly HeldRecord[] {
    const records = [...this.#records.values()].flat();
    this.#records.clear();
    this.#passing.clear();
    this.#isWildcard = false;
    this.size = 0;
    return records;
  }

  /** Whether no symbol is held any more. */
  get isOver(): boolean {
    return !this.#isWildcard && this.#records.size === 0;
  }

  /** Removes the records of symbols without a route; returns how many there were. */
  retain(hasRoute: (symbol: string) => boolean): number {
    const sizeBefore = this.size;
    for (const [symbol, records] of this.#records) {
      if (hasRoute(symbol)) continue;
      this.#records.set(symbol, []);
      for (const held of records) if (!held.isDelivered) this.markDelivered(held); // a release may have them in hand
    }
    return sizeBefore - this.size;
  }
}

/** Records that wait. */
function countOf(records: readonly HeldRecord[]): number {
  let count = 0;
  for (const { isDelivered } of records) if (!isDelivered) count++;
  return count;
}
