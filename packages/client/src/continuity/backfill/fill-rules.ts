import { type MarketRecord, parseTimestamp, type RawRecord } from "../../wire/index.ts";

/** What the fill of a channel has to know of its records. */
export interface FillRules {
  /** How far before a gap's begin the fill asks, in milliseconds: records may be reported late. */
  readonly lookBackMs: number;
  /** How far behind a gap's end the fill asks, in milliseconds: live records there prove that history is complete. */
  readonly overlapMs: number;
  /**
   * How long after a gap's end history has every record of it, in milliseconds. It decides for symbols that
   * have no live record in the overlap.
   */
  readonly settleMs: number;
  /**
   * Whether gaps are filled only where the option `fill` of the stream names the channel. Otherwise the newest
   * record of each symbol is requested, which replaces those before.
   */
  readonly isOnDemand?: true;
  /**
   * A number that distinguishes records of one symbol and one nanosecond, the same for a live record and its
   * copy in history. Takes raw records as well.
   */
  identity(record: MarketRecord | RawRecord): number;
  /**
   * Set where a symbol has one record for each time, such as a minute bar. A record of history whose identity differs
   * from that of the delivered one is a revision of it.
   */
  readonly revisions?: RevisionChannel;
  /**
   * Set where each record contains the earlier ones of its symbol and time, such as a daily bar. Its identity is
   * then a number that grows: only a record with a larger one is worth delivering.
   */
  readonly isCumulative?: true;
}

/** The channel by which revised records come, and the letter of its records on the wire. */
export interface RevisionChannel {
  readonly channel: string;
  readonly letter: string;
}

/** The rules of each channel that is filled. */
export type FillRulesByChannel = Readonly<Record<string, FillRules>>;

/** A record of history and its time. */
export interface PastRecord {
  readonly record: MarketRecord | RawRecord;
  readonly seconds: number;
  readonly nanos: number;
}

/** A copy of a record of history, as a record of the channel of revisions. */
export function revisionOf(record: MarketRecord | RawRecord, { channel, letter }: RevisionChannel): typeof record {
  if (!("seconds" in record)) return { ...record, T: letter };
  return Object.assign(Object.create(Object.getPrototypeOf(record)), record, { channel });
}

/** A record with its time in two integers. */
export function pastRecord(record: MarketRecord | RawRecord): PastRecord {
  const { seconds, nanos } = "seconds" in record ? (record as MarketRecord) : timeOfRaw(record as RawRecord);
  return { record, seconds, nanos };
}

function timeOfRaw({ t }: RawRecord): { seconds: number; nanos: number } {
  return (typeof t === "string" && parseTimestamp(t)) || { seconds: 0, nanos: 0 }; // pages without times are rejected
}
