import type { Id } from "./market-record.ts";
import type { PriceLevel } from "./price-levels.ts";

/** One property of a record as a column of a table. */
export interface Column {
  /** The property. */
  readonly name: string;
  /** What kind of value it holds. */
  readonly kind: ColumnKind;
  /** What a record without the value does: it is rejected, has a default (0, "", an empty array), or undefined. */
  readonly whenMissing: "rejected" | "default" | "undefined";
}

/** Kinds of values: prices, sizes, amounts and counts are numbers, ids exact integers, times `bigint`s. */
export type ColumnKind =
  | "price"
  | "size"
  | "amount"
  | "count"
  | "id"
  | "code"
  | "text"
  | "conditions"
  | "nanoseconds"
  | "levels"
  | "flag";

/** The values of one row by the names of their columns. A missing column is a missing value. */
export interface ColumnReader {
  /**
   * A number that must be there.
   *
   * @throws if it is not.
   */
  requiredNumber(name: string): number;
  /** A finite number; undefined if missing. */
  number(name: string): number | undefined;
  /** A finite number of 0 or more; undefined if missing. */
  count(name: string): number | undefined;
  /** A whole number; 0 if missing. */
  id(name: string): Id;
  /** A string; "" if missing. */
  text(name: string): string;
  /** An array of conditions; the empty array if missing. */
  conditions(name: string): readonly string[];
  /** A time in nanoseconds since the Unix epoch; undefined if missing. */
  nanoseconds(name: string): bigint | undefined;
  /** Price levels; the empty array if missing. */
  levels(name: string): readonly PriceLevel[];
  /** A flag; false if missing. */
  flag(name: string): boolean;
}
