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

/**
 * The records of one channel that are held: by symbol, then by time, then by the order of the layout. Records that
 * come late stand where their time belongs.
 */
export class ChannelHistory<R extends MarketRecord = MarketRecord> implements RecordSource {
  readonly #layout: RowLayout<R>;
  readonly #log: RowLog<Series>;
  readonly #series = new Map<string, Series>();
  /** Records before this second may be missing for another reason than their age. */
  #missingBefore = Number.NEGATIVE_INFINITY;
  /** The latest second of a record. */
  newestSeconds: number = Number.NEGATIVE_INFINITY;
  /** The row of the record that is pushed, and one to compare it with. */
  readonly #new = new Row();
  readonly #other = new Row();

  constructor(layout: RowLayout<R>, pool: MemoryPool, maxAgeSeconds: number) {
    this.#layout = layout;
    this.#log = new RowLog(
      layout.numberCount + 1,
      layout.integerCount + 1,
      pool,
      maxAgeSeconds,
      (series: Series, number) => this.#dropped(series, number),
    );
  }

  get completeFromSeconds(): number {
    return Math.max(this.#missingBefore, this.#log.droppedBefore);
  }

  /** Notes that records before a second may be missing. */
  addMissing(beforeSeconds: number): void {
    this.#missingBefore = Math.max(this.#missingBefore, beforeSeconds);
  }

  /** The symbols of which records are held. */
  get symbols(): Iterable<string> {
    return this.#series.keys();
  }

  has(symbol: string): boolean {
    return this.#series.has(symbol);
  }

  push(record: R): void {
    const { seconds, nanos } = record;
    this.#log.reserve(); // first: it may drop the last record of the symbol, and the series with it
    const series = this.#seriesOf(record.symbol);
    const number = this.#log.append(series, seconds, nanos, this.#new);
    this.#layout.write(record, this.#new);
    if (seconds > this.newestSeconds) this.newestSeconds = seconds;
    if (seconds > series.lastSeconds || (seconds === series.lastSeconds && nanos > series.lastNanos)) {
      series.lastSeconds = seconds;
      series.lastNanos = nanos;
      series.push(number);
    } else this.#insert(series, number, record);
  }

  /** How many records of a symbol are held. */
  length(symbol: string): number {
    return this.#series.get(symbol)?.length ?? 0;
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
    const series = this.#series.get(symbol);
    if (series === undefined) throw new RangeError(`no record of ${symbol} is held`);
    const number = series.at(index);
    this.#log.seek(row, number);
    return number;
  }

  /** Returns the index of a symbol's first record at or after a time. */
  indexFrom(symbol: string, { seconds, nanos }: TimestampParts): number {
    const series = this.#series.get(symbol);
    return series === undefined ? 0 : this.#search(series, (row) => (row.seconds - seconds || row.nanos - nanos) >= 0);
  }

  /** Returns the index of a symbol's first record after a time. */
  indexAfter(symbol: string, { seconds, nanos }: TimestampParts): number {
    const series = this.#series.get(symbol);
    return series === undefined ? 0 : this.#search(series, (row) => (row.seconds - seconds || row.nanos - nanos) > 0);
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

  #seriesOf(symbol: string): Series {
    let series = this.#series.get(symbol);
    if (series === undefined) {
      series = new Series(symbol);
      this.#series.set(symbol, series);
    }
    return series;
  }

  /** Inserts the new row where its time belongs; a record that is held already is ignored or replaced. */
  #insert(series: Series, number: number, { seconds, nanos }: R): void {
    const layout = this.#layout;
    const row = this.#other;
    const place = this.#search(series, (other) => {
      return (other.seconds - seconds || other.nanos - nanos || layout.compare(other, this.#new)) > 0;
    });
    const end = Math.max(0, place - STORE_LIMITS.maxCompared);
    for (let index = place - 1; index >= end; index--) {
      this.#log.seek(row, series.at(index));
      if (row.seconds !== seconds || row.nanos !== nanos || layout.compare(row, this.#new) !== 0) break;
      if (!layout.isSame(row, this.#new)) continue;
      if (layout.whenSame === "replace") this.#log.replace(row, this.#new);
      return this.#log.removeLast();
    }
    series.insert(place, number);
  }

  /** Returns the index of the first row behind a place in the order; `isBehind` is false for all rows before it. */
  #search(series: Series, isBehind: (row: Row) => boolean): number {
    let low = 0;
    let high = series.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      this.#log.seek(this.#other, series.at(middle));
      if (isBehind(this.#other)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #dropped(series: Series, number: number): void {
    series.remove(number);
    if (series.length === 0) this.#series.delete(series.symbol);
  }
}
