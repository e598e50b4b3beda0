/**
 * One symbol's rows. Publishing a record only notes the last row: an index in the order of time is made when a request
 * needs it, because most symbols are never asked for.
 */
export class Series {
  /** The row that was appended last; -1 before the first. */
  last = -1;
  /** Rows in order, as far as they are indexed. */
  rows: number[] = [];
  /** The last row that is in the index. */
  indexed = -1;
  /** The first row of the log when the index was made: earlier ones are not in it. */
  firstRow = 0;
  /** The number of the symbol; 0 if it has none. */
  symbolNumber = 0;
}
