import { badMessage, type WireReader } from "./wire-reader.ts";
import type { WireWriter } from "./wire-writer.ts";

/** One price of an order book, and its size. */
export interface PriceLevel {
  readonly price: number;
  readonly size: number;
}

/** The array without levels. */
export const NO_LEVELS: readonly PriceLevel[] = Object.freeze([]);

/**
 * Reads an array of objects with a price `p` and a size `s` each; a missing value is the empty array.
 *
 * @throws StreamError `bad_message` for any other value.
 */
export function readLevels(reader: WireReader): readonly PriceLevel[] {
  const value = reader.value();
  if (value === null || value === undefined || value === "" || Number.isNaN(value)) return NO_LEVELS;
  if (!Array.isArray(value)) throw badMessage("an array of price levels", typeof value);
  return Object.freeze(value.map(levelOf)); // several handlers get the same record
}

function levelOf(value: unknown): PriceLevel {
  const { p, s } = (value ?? {}) as { readonly p?: unknown; readonly s?: unknown }; // both are checked here
  const price = amountOf(p);
  const size = amountOf(s);
  if (Number.isFinite(price) && size >= 0 && Number.isFinite(size)) return { price, size };
  throw badMessage("a price level with a price p and a size s of 0 or more", "another value");
}

/** A number of the wire, which may be a `bigint`; NaN for any other value: `Number([])` would be 0. */
function amountOf(value: unknown): number {
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : Number.NaN;
}

/** Writes levels as {@link readLevels} reads them. */
export function writeLevels(writer: WireWriter, key: number, levels: readonly PriceLevel[]): void {
  writer.data(
    key,
    levels.map(({ price, size }) => ({ p: price, s: size })),
  );
}
