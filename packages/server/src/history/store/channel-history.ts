import type { MarketRecord, TimestampParts } from "@tickerplant/client/wire";
import { STORE_LIMITS } from "./limits.ts";
import type { MemoryPool } from "./memory-pool.ts";
import { Row, type RowLayout } from "./row.ts";
import { RowLog } from "./row-log.ts";
import { Series } from "./series.ts";

/** A record's place in its symbol's order: its time, and the number of its row among those of one time. */
export interface Place extends TimestampParts {
  readonly row: number;
}

/** Records by symbol, each symbol's in order. An index is good until the next record is published. */
export interface RecordSource {
  /** Records before this second may be missing; negative infinity if none are. */
  readonly completeFromSeconds: number;
  readonly symbols: Iterable<string>;
  has(symbol: string): boolean;
  /** Returns the index of a symbol's first record at or after a time. */
  indexFrom(symbol: string, time: TimestampParts): number;
  /** Returns the index of a symbol's first record after a time. */
  indexAfter(symbol: string, time: TimestampParts): number;
  read(symbol: string, index: number): MarketRecord;
  /** Returns members of the record's JSON besides its values, such as `"u":"canceled"`; an empty string for none. */
  suffix(symbol: string, index: number): string;
  placeOf(symbol: string, index: number): Place;
  /** Returns the index of a record's place; -1 if the record is no longer held. */
  indexOf(symbol: string, place: Place): number;
}

/** In place of a row, or of a slot. */
const NONE = -1;

/**
 * The records of one channel that are held: by symbol, then by time, then by the order of the layout. Records that
 * come late stand where their time belongs.
 */
export class ChannelHistory<R extends MarketRecord = MarketRecord> implements RecordSource {
  readonly #layout: RowLayout<R>;
  readonly #log: RowLog;
  readonly #series = new Map<string, Series>();
  /** The last row of each series, by its slot: all that a new record needs of the series, and close together. */
  readonly #lastRows: number[] = [];
  /** The slots of symbols with a number, by that. */
  readonly #slots: number[] = [];
  readonly #freeSlots: number[] = [];
  /** Records before this second may be missing for another reason than their age. */
  #missingBefore = Number.NEGATIVE_INFINITY;
  /** The latest second of a record. */
  newestSeconds: number = Number.NEGATIVE_INFINITY;
  /** The row that is written or indexed, and one to compare it with. */
  readonly #new = new Row();
  readonly #other = new Row();

  /** `mark` returns how much a recording has of what came before the next record, if there is a recording. */
  constructor(layout: RowLayout<R>, pool: MemoryPool, maxAgeSeconds: number, mark?: () => number) {
    this.#layout = layout;
    this.#log = new RowLog(layout.numberCount, layout.integerCount, pool, maxAgeSeconds, mark);
  }

  /** How much a recording had before the first record that is held: it has all that is not held. */
  get firstMark(): number {
    return this.#log.firstMark;
  }

  /** Records before this second may be missing for another reason than their age. */
  get missingBeforeSeconds(): number {
    return this.#missingBefore;
  }

  get completeFromSeconds(): number {
    return Math.max(this.#missingBefore, this.#log.droppedBefore);
  }

  /** Records before this second may have been dropped to make room. */
  get droppedBeforeSeconds(): number {
    return this.#log.droppedBefore;
  }

  /** How many records are held. */
  get heldCount(): number {
    return this.#log.rowCount - this.#log.firstRow;
  }

  /** How many records were added since the start. */
  get rowCount(): number {
    return this.#log.rowCount;
  }

  /** Returns the record of a symbol that was added last, if its row has at least a number; undefined if there is none. */
  last(symbol: string, firstRow: number): R | undefined {
    const number = this.#lastRow(symbol);
    if (number < Math.max(firstRow, this.#log.firstRow)) return undefined;
    this.#log.seek(this.#other, number);
    return this.#layout.read(this.#other, symbol);
  }

  /** Notes that records before a second may be missing. */
  addMissing(beforeSeconds: number): void {
    this.#missingBefore = Math.max(this.#missingBefore, beforeSeconds);
  }

  /** The symbols of which records are held. */
  get symbols(): readonly string[] {
    for (const [symbol, { slot, symbolNumber }] of this.#series) {
      if (this.has(symbol)) continue;
      this.#series.delete(symbol);
      this.#freeSlots.push(slot);
      if (symbolNumber > 0) this.#slots[symbolNumber] = NONE;
    }
    return [...this.#series.keys()];
  }

  has(symbol: string): boolean {
    return this.#lastRow(symbol) >= this.#log.firstRow;
  }

  /** Adds a record; `symbolNumber` is that of its symbol, if it has one. It is put in order when a request needs its symbol. */
  push(record: R, symbolNumber = 0): void {
    const { symbol, seconds, nanos } = record;
    const known = symbolNumber > 0 ? (this.#slots[symbolNumber] ?? NONE) : NONE;
    const slot = known === NONE ? this.#slotOf(symbol, symbolNumber) : known;
    const last = this.#lastRows[slot] ?? NONE;
    const number = this.#log.append(seconds, nanos, this.#new);
    this.#new.back = last < this.#log.firstRow ? 0 : number - last;
    this.#lastRows[slot] = number;
    this.#layout.write(record, this.#new);
    if (seconds > this.newestSeconds) this.newestSeconds = seconds;
  }

  /** How many records of a symbol are held. */
  length(symbol: string): number {
    return this.#rowsOf(symbol).length;
  }

  /** Returns the record at an index of a symbol's order. */
  read(symbol: string, index: number): R {
    this.seek(this.#other, symbol, index);
    return this.#layout.read(this.#other, symbol);
  }

  /** Returns what the text of a record has besides its values; see {@link RowLayout.suffix}. */
  suffix(symbol: string, index: number): string {
    if (this.#layout.suffix === undefined) return "";
    this.seek(this.#other, symbol, index);
    return this.#layout.suffix(this.#other);
  }

  /** Sets a cursor to the record at an index of a symbol's order; returns the number of its row. */
  seek(row: Row, symbol: string, index: number): number {
    const number = this.#rowsOf(symbol)[index];
    if (number === undefined) throw new RangeError(`there is no record of ${symbol} at ${index}`);
    this.#log.seek(row, number);
    return number;
  }

  /** Returns the index of a symbol's first record at or after a time. */
  indexFrom(symbol: string, { seconds, nanos }: TimestampParts): number {
    return this.#search(this.#rowsOf(symbol), (row) => (row.seconds - seconds || row.nanos - nanos) >= 0);
  }

  /** Returns the index of a symbol's first record after a time. */
  indexAfter(symbol: string, { seconds, nanos }: TimestampParts): number {
    return this.#search(this.#rowsOf(symbol), (row) => (row.seconds - seconds || row.nanos - nanos) > 0);
  }

  /** Returns the place of the record at an index. */
  placeOf(symbol: string, index: number): Place {
    const row = this.seek(this.#other, symbol, index);
    return { seconds: this.#other.seconds, nanos: this.#other.nanos, row };
  }

  /** Returns the index of a record's place; -1 if the record is no longer held. */
  indexOf(symbol: string, place: Place): number {
    const end = this.indexAfter(symbol, place);
    for (let index = this.indexFrom(symbol, place); index < end; index++) {
      if (this.seek(this.#other, symbol, index) === place.row) return index;
    }
    return -1;
  }

  /** Returns the slot of a symbol, whose series is made before its first record. */
  #slotOf(symbol: string, symbolNumber: number): number {
    const series = this.#series.get(symbol) ?? this.#addSeries(symbol);
    if (symbolNumber > 0) {
      series.symbolNumber = symbolNumber;
      while (this.#slots.length <= symbolNumber) this.#slots.push(NONE); // an array with holes is slow
      this.#slots[symbolNumber] = series.slot;
    }
    return series.slot;
  }

  #addSeries(symbol: string): Series {
    const series = new Series(this.#freeSlots.pop() ?? this.#lastRows.length);
    this.#lastRows[series.slot] = NONE;
    this.#series.set(symbol, series);
    return series;
  }

  /** Returns the last row of a symbol; -1 before the first. */
  #lastRow(symbol: string): number {
    const series = this.#series.get(symbol);
    return series === undefined ? NONE : (this.#lastRows[series.slot] ?? NONE);
  }

  /** Returns the rows of a symbol in order. */
  #rowsOf(symbol: string): readonly number[] {
    const series = this.#series.get(symbol);
    if (series === undefined) return [];
    const { firstRow } = this.#log;
    if (series.firstRow !== firstRow) {
      series.rows = series.rows.filter((number) => number >= firstRow);
      series.firstRow = firstRow;
    }
    const last = this.#lastRow(symbol);
    if (series.indexed !== last) this.#index(series, last);
    return series.rows;
  }

  /** Puts the rows of a symbol that were appended since into its index. */
  #index(series: Series, last: number): void {
    const rows: number[] = [];
    const end = Math.max(series.indexed + 1, this.#log.firstRow);
    for (let number = last; number >= end; ) {
      rows.push(number);
      this.#log.seek(this.#new, number);
      if (this.#new.back === 0) break;
      number -= this.#new.back;
    }
    series.indexed = last;
    for (const number of rows.reverse()) this.#insert(series.rows, number);
  }

  /** Inserts a row where its time belongs; a record that is held already is ignored or replaced. */
  #insert(rows: number[], number: number): void {
    const layout = this.#layout;
    const [added, other] = [this.#new, this.#other];
    this.#log.seek(added, number);
    const last = rows.at(-1);
    if (last === undefined) return void rows.push(number);
    this.#log.seek(other, last);
    if ((added.seconds - other.seconds || added.nanos - other.nanos) > 0) return void rows.push(number);

    const orderOf = (row: Row): number => row.seconds - added.seconds || row.nanos - added.nanos;
    const place = this.#search(rows, (row) => orderOf(row) > 0);
    const end = Math.max(0, place - STORE_LIMITS.maxCompared);
    for (let index = place - 1; index >= end; index--) {
      this.#log.seek(other, rows[index] ?? 0);
      if (orderOf(other) !== 0) break;
      if (!layout.isSame(other, added)) continue;
      if (layout.whenSame === "replace") rows[index] = number;
      return;
    }
    rows.splice(place, 0, number);
  }

  /** Returns the index of the first row behind a place in the order; `isBehind` is false for all rows before it. */
  #search(rows: readonly number[], isBehind: (row: Row) => boolean): number {
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      this.#log.seek(this.#other, rows[middle] ?? 0);
      if (isBehind(this.#other)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
