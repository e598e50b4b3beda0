/**
 * One symbol's rows, except for the last one. Publishing a record only notes its row as the last: an index in the order
 * of time is made when a request needs it, because most symbols are never asked for.
 */
export class Series {
  /** Where the number of its last row is. */
  readonly slot: number;
  /** The number of the symbol; 0 if it has none. */
  symbolNumber = 0;
  /** Rows in order, as far as they are indexed. */
  rows: number[] = [];
  /** The last row that is in the index. */
  indexed = -1;
  /** The first row of the log when the index was made: earlier ones are not in it. */
  firstRow = 0;

  constructor(slot: number) {
    this.slot = slot;
  }
}
