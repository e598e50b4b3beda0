import type { TimestampParts } from "@tickerplant/client/wire";

/** A range of times in nanoseconds since the Unix epoch, both ends included. */
export interface NsRange {
  readonly fromNs: bigint;
  readonly toNs: bigint;
}

/** The first and the last time that a recording has. */
export const ALL_TIMES: NsRange = { fromNs: -(2n ** 63n) + 2n, toNs: 2n ** 63n - 2n };

const SECOND_NS = 1_000_000_000n;

/** Returns a time in nanoseconds, within those that a recording has. */
export function toNs({ seconds, nanos }: TimestampParts): bigint {
  const ns = BigInt(Math.floor(seconds)) * SECOND_NS + BigInt(nanos);
  if (ns < ALL_TIMES.fromNs) return ALL_TIMES.fromNs;
  return ns > ALL_TIMES.toNs ? ALL_TIMES.toNs : ns;
}

/** Returns a time in seconds and nanoseconds. */
export function toParts(ns: bigint): TimestampParts {
  const nanos = ((ns % SECOND_NS) + SECOND_NS) % SECOND_NS;
  return { seconds: Number((ns - nanos) / SECOND_NS), nanos: Number(nanos) };
}

/** Returns the smaller one of two times. */
export function earlier(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** Returns the larger one of two times. */
export function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
