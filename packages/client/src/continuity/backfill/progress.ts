import { WILDCARD } from "../../wire/index.ts";
import type { RecentRecords } from "./recent-records.ts";
import type { ChannelStart } from "./start-point.ts";

/**
 * How far the records of one channel were delivered. Times are in nanoseconds since the epoch; undefined where they
 * are not known.
 */
export interface ChannelProgress {
  /** Every record up to this time was delivered. */
  readonly afterNs: bigint | undefined;
  /** The same of symbols that differ, or may differ in a moment. */
  readonly symbols: ReadonlyMap<string, bigint | undefined>;
  /** Whether all other symbols are live: delivered up to the newest record. */
  readonly isLive: boolean;
  /** Has every record of later times that was delivered. */
  readonly recent: RecentRecords;
}

/** The progress of some subscriptions in one channel. */
export interface Lane {
  /** Their symbols, `*` for all. */
  readonly names: ReadonlySet<string>;
  readonly progress: ChannelProgress;
  /** Where they began: its marks are of records that were finished before. */
  readonly start: ChannelStart | undefined;
}

/** Symbols whose records are held, and the progress that they had before. */
export interface HeldProgress {
  readonly symbols: ReadonlyMap<string, bigint | undefined>;
  /** Whether all others are held as well, but those that pass. */
  readonly isOfAll: boolean;
  readonly allNs: bigint | undefined;
  readonly passing: ReadonlySet<string>;
}

/** The progress of a symbol, `*` for all that do not differ. */
export function progressOf({ symbols, afterNs }: ChannelProgress, symbol: string): bigint | undefined {
  return symbols.has(symbol) ? symbols.get(symbol) : afterNs;
}

/** Whether a lane has a symbol. */
export function covers({ names }: Lane, symbol: string): boolean {
  return names.has(symbol) || names.has(WILDCARD);
}

/** The later of two times; one that is not known counts as earlier than any. */
export function later(one: bigint | undefined, other: bigint | undefined): bigint | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one > other ? one : other;
}

/** The earliest of some times, without those that are not known. */
export function earliest(times: readonly (bigint | undefined)[]): bigint | undefined {
  return times.reduce((one, other) => {
    if (one === undefined || other === undefined) return one ?? other;
    return one < other ? one : other;
  }, undefined);
}
