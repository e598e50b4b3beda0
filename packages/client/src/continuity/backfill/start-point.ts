import { toNanoseconds } from "../../wire/timestamp.ts";
import type { FillRules, PastRecord } from "./fill-rules.ts";
import { recordMark } from "./record-mark.ts";

/** Records of one symbol, by their marks. */
export interface DueRecords {
  /** The time of the oldest. */
  readonly fromNs: bigint;
  readonly marks: Set<string>;
}

/** Where one channel of a subscription begins. Times are in nanoseconds since the epoch. */
export interface ChannelStart {
  /** Records up to this time are not wanted. */
  readonly afterNs: bigint;
  /** The same of symbols that differ. */
  readonly symbols: ReadonlyMap<string, bigint>;
  /** Marks of records of later times that are not wanted either. */
  readonly marks: ReadonlySet<string>;
  /** The newest time of such a record. */
  readonly untilNs: bigint;
  /** Earlier records that are wanted all the same, by symbol. Those that were delivered are removed. */
  readonly due: ReadonlyMap<string, DueRecords>;
  /** Set if marks are missing: from this time on. */
  readonly lateFromNs: bigint | undefined;
}

/** Where a subscription begins that does not begin with the present. */
export interface StartPoint {
  /** Whether an earlier stream had the records before: then what cannot be delivered is missing, and reported. */
  readonly isResume: boolean;
  /** Undefined for a channel that begins with the present. */
  of(channel: string): ChannelStart | undefined;
}

const NOTHING = { symbols: new Map(), marks: new Set<string>(), untilNs: 0n, due: new Map(), lateFromNs: undefined };

/** Every channel begins at a time, included. */
export function startAt(fromNs: bigint): StartPoint {
  const start = { ...NOTHING, afterNs: fromNs - 1n };
  return { isResume: false, of: () => start };
}

/** Up to which time the records of a symbol, `*` for all that do not differ, are not wanted. */
export function afterOf({ afterNs, symbols }: ChannelStart, symbol: string): bigint {
  return symbols.get(symbol) ?? afterNs;
}

/** The first time of a symbol's records that are wanted. */
export function firstOf(start: ChannelStart, symbol: string): bigint {
  const firstNs = afterOf(start, symbol) + 1n;
  const dueNs = start.due.get(symbol)?.fromNs ?? firstNs;
  return dueNs < firstNs ? dueNs : firstNs;
}

/** Whether a record is not wanted: it was finished before. */
export function isFinished(start: ChannelStart, rules: FillRules, symbol: string, past: PastRecord): boolean {
  const { record, seconds, nanos } = past;
  if (toNanoseconds(seconds, nanos) > afterOf(start, symbol)) return isMarked(start, rules, symbol, past);
  return !start.due.get(symbol)?.marks.has(recordMark(rules, symbol, seconds, nanos, rules.identity(record)));
}

/** A record was delivered: it is due no longer. */
export function delivered({ due }: ChannelStart, rules: FillRules, symbol: string, past: PastRecord): void {
  const { record, seconds, nanos } = past;
  due.get(symbol)?.marks.delete(recordMark(rules, symbol, seconds, nanos, rules.identity(record)));
}

/** Whether a record was finished before, although its time is later than the start. */
export function isMarked(
  { marks, untilNs }: ChannelStart,
  rules: FillRules,
  symbol: string,
  { record, seconds, nanos }: PastRecord,
): boolean {
  if (marks.size === 0 || toNanoseconds(seconds, nanos) > untilNs) return false;
  return marks.has(recordMark(rules, symbol, seconds, nanos, rules.identity(record)));
}
