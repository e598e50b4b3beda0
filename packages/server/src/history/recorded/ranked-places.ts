import type { MarketRecord, TimestampParts } from "@tickerplant/client/wire";
import type { Place, RecordSource } from "../store/channel-history.ts";

/**
 * A source whose places count the records of one time, in place of rows: they are the same in memory and in a
 * recording, and after a restart, because a late record follows those of its time.
 */
export class RankedPlaces implements RecordSource {
  readonly #source: RecordSource;

  constructor(source: RecordSource) {
    this.#source = source;
  }

  get completeFromSeconds(): number {
    return this.#source.completeFromSeconds;
  }

  get symbols(): Iterable<string> {
    return this.#source.symbols;
  }

  has(symbol: string): boolean {
    return this.#source.has(symbol);
  }

  indexFrom(symbol: string, time: TimestampParts): number {
    return this.#source.indexFrom(symbol, time);
  }

  indexAfter(symbol: string, time: TimestampParts): number {
    return this.#source.indexAfter(symbol, time);
  }

  read(symbol: string, index: number): MarketRecord {
    return this.#source.read(symbol, index);
  }

  suffix(symbol: string, index: number): string {
    return this.#source.suffix(symbol, index);
  }

  placeOf(symbol: string, index: number): Place {
    const { seconds, nanos } = this.#source.placeOf(symbol, index);
    return { seconds, nanos, row: index - this.#source.indexFrom(symbol, { seconds, nanos }) };
  }

  indexOf(symbol: string, place: Place): number {
    const index = this.#source.indexFrom(symbol, place) + place.row;
    return index < this.#source.indexAfter(symbol, place) ? index : -1;
  }
}
