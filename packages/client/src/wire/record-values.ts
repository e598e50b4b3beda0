import { StreamError } from "./stream-error.ts";
import { fromNanoseconds, toNanoseconds } from "./timestamp.ts";
import { badMessage, type WireReader } from "./wire-reader.ts";
import type { WireWriter } from "./wire-writer.ts";

/** Stands for a required number or a time that has not come yet. */
export const MISSING: number = Number.NaN;

/**
 * Rejects a record without a symbol, a time or a required number; `sum` is that of all required
 * numbers, NaN if one is missing.
 *
 * @throws StreamError `bad_message`.
 */
export function checkRequired(symbol: string, seconds: number, sum: number): void {
  if (symbol === "") throw badMessage("a symbol S", "none");
  if (Number.isNaN(seconds)) throw badMessage("a time t", "none");
  if (Number.isNaN(sum)) throw badMessage("every price", "none for at least one");
}

/** A number that a reader returned, 0 if it was missing. */
export function orZero(value: number): number {
  return Number.isNaN(value) ? 0 : value;
}

/** A number that a reader returned, undefined if it was missing. */
export function orUndefined(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}

/** Reads a time that no record depends on: an unreadable one counts as missing. */
export function readNanoseconds(reader: WireReader): bigint | undefined {
  const start = reader.mark();
  try {
    reader.time();
  } catch (error) {
    if (!(error instanceof StreamError) || error.code !== "bad_message") throw error;
    reader.rewind(start);
    reader.skip();
    return undefined;
  }
  return Number.isNaN(reader.seconds) ? undefined : toNanoseconds(reader.seconds, reader.nanos);
}

/** Writes a time in nanoseconds since the Unix epoch. */
export function writeNanoseconds(writer: WireWriter, key: number, value: bigint): void {
  const { seconds, nanos } = fromNanoseconds(value);
  writer.time(key, seconds, nanos);
}

/** Reads a flag: true, or anything else for false. */
export function readFlag(reader: WireReader): boolean {
  return reader.value() === true;
}
