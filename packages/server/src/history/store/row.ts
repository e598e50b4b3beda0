import type { MarketRecord } from "@tickerplant/client/wire";

/** Numbers and integers of a row before those of its layout. */
export const OWN_NUMBERS = 1;
export const OWN_INTEGERS = 2;

/**
 * The place of one row in the arrays of its segment. Cursors are reused: a row is good until the cursor
 * is set to another one.
 *
 * The first number of every row is its record's whole second; its first integers are the nanoseconds and the way back
 * to the symbol's row before. The layout's columns follow.
 */
export class Row {
  numbers: Float64Array = new Float64Array();
  integers: Uint32Array = new Uint32Array();
  /** Index of the row's first number. */
  firstNumber = 0;
  /** Index of the row's first integer. */
  firstInteger = 0;

  /** Returns a number of the layout, counted from 0. */
  number(column: number): number {
    return this.numbers[this.firstNumber + OWN_NUMBERS + column] ?? 0;
  }

  setNumber(column: number, value: number): void {
    this.numbers[this.firstNumber + OWN_NUMBERS + column] = value;
  }

  /** Returns an integer of the layout, counted from 0. */
  integer(column: number): number {
    return this.integers[this.firstInteger + OWN_INTEGERS + column] ?? 0;
  }

  setInteger(column: number, value: number): void {
    this.integers[this.firstInteger + OWN_INTEGERS + column] = value;
  }

  get seconds(): number {
    return this.numbers[this.firstNumber] ?? 0;
  }

  get nanos(): number {
    return this.integers[this.firstInteger] ?? 0;
  }

  setTime(seconds: number, nanos: number): void {
    this.numbers[this.firstNumber] = seconds;
    this.integers[this.firstInteger] = nanos;
  }

  /** How many rows before this one the symbol's row before is; 0 if there is none. */
  get back(): number {
    return this.integers[this.firstInteger + 1] ?? 0;
  }

  set back(count: number) {
    this.integers[this.firstInteger + 1] = count;
  }
}

/** How the records of one kind become rows, and rows become records. */
export interface RowLayout<R extends MarketRecord> {
  /** Numbers of a row besides its second. */
  readonly numberCount: number;
  /** Integers of 32 bits of a row besides its nanoseconds. */
  readonly integerCount: number;
  /** What happens to a record that is the same as one that is held: it is ignored, or replaces that one. */
  readonly whenSame: "ignore" | "replace";
  write(record: R, row: Row): void;
  read(row: Row, symbol: string): R;
  /** Returns members of the record's JSON that the record itself lacks. */
  suffix?(row: Row): string;
  /** Whether two rows of one symbol and one nanosecond are the same record. */
  isSame(a: Row, b: Row): boolean;
}
