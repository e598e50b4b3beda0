import type { HeldRecord } from "../../delivery/channel-hold.ts";
import { toNanoseconds } from "../../wire/timestamp.ts";
import { laterChange } from "../from-history.ts";
import type { HistoryGroup } from "../history-source.ts";
import { type FillRules, type PastRecord, pastRecord } from "./fill-rules.ts";
import type { RecentRecord } from "./recent-records.ts";

/** What the stream has of one symbol while a gap of it is filled. */
export interface KnownRecords {
  /** Delivered before, within the look-back. */
  readonly delivered: readonly RecentRecord[];
  /** Held, oldest first. */
  readonly held: readonly HeldRecord[];
}

/** The next record to deliver: one of history, or a live one that is held. */
export type NextRecord = { readonly past: PastRecord } | { readonly held: HeldRecord };

/** The part of the market's time that a fill asks for, in nanoseconds since the epoch; both ends included. */
export interface FillRange {
  readonly fromNs: bigint;
  readonly toNs: bigint;
  /** Earlier records are not wanted. */
  readonly floorNs: bigint;
  /** Of this second, in seconds since the epoch, and before, it is not known what was delivered. */
  readonly forgottenS: number;
  /** Records whose period ends later come live. */
  readonly gapEndNs: bigint;
  /** How long the period of a record is; 0 for a moment. */
  readonly lengthNs: bigint;
}

/**
 * What history has of one symbol within a gap. Whether that is complete is proven by records that the stream
 * has received itself, on both sides of the gap: history has to show each of them.
 */
export class SymbolFill {
  readonly symbol: string;
  symbolNumber = 0;
  /** Records that history marks as void. */
  voidCount = 0;
  readonly #rules: FillRules;
  readonly #range: FillRange;
  readonly #delivered = new Set<string>();
  readonly #held = new Map<string, HeldRecord>();
  /** Records that history has to show and has not shown yet, with their times. */
  readonly #expected = new Map<string, bigint>();
  #records: PastRecord[] = [];

  constructor(symbol: string, rules: FillRules, range: FillRange, { delivered, held }: KnownRecords) {
    this.symbol = symbol;
    this.#rules = rules;
    this.#range = range;
    for (const { seconds, nanos, identity } of delivered) {
      const key = keyOf(seconds, nanos, identity);
      this.#delivered.add(key);
      this.#expect(key, seconds, nanos);
    }
    for (const one of held) {
      const { record, seconds, nanos } = one;
      const key = keyOf(seconds, nanos, rules.identity(record));
      this.#held.set(key, one);
      this.#expect(key, seconds, nanos);
    }
  }

  /** Records that wait to be delivered. */
  get size(): number {
    return this.#records.length;
  }

  /** Of the records that are held now, those from before the time that history is asked for. */
  heldBefore(held: readonly HeldRecord[]): HeldRecord[] {
    return held.filter(({ seconds, nanos }) => toNanoseconds(seconds, nanos) < this.#range.fromNs);
  }

  /** Whether a record was delivered, lately or by this fill. */
  hasDelivered(seconds: number, nanos: number, identity: number): boolean {
    return this.#delivered.has(keyOf(seconds, nanos, identity));
  }

  /** Adds the records of the next page. */
  add({ symbolNumber, records }: HistoryGroup): void {
    this.symbolNumber = symbolNumber;
    for (const record of records) {
      const past = pastRecord(record);
      this.#records.push(past);
      this.#expected.delete(this.#keyOf(past));
    }
  }

  /** Whether history has shown every record that it has to. */
  get isProven(): boolean {
    return this.#expected.size === 0;
  }

  /** The earliest time of a record that history has not shown; undefined when it is proven. */
  get missingFromNs(): bigint | undefined {
    let earliest: bigint | undefined;
    for (const timeNs of this.#expected.values()) if (earliest === undefined || timeNs < earliest) earliest = timeNs;
    return earliest;
  }

  /** Forgets what history has shown from a time on, because it will be asked again. */
  forgetFrom(timeNs: bigint): void {
    this.#records = this.#records.filter((past) => timeOf(past) < timeNs);
  }

  /**
   * Removes and returns what is to be delivered of the records shown so far, in their order: without those
   * that were delivered before, and the held one in place of its copy. With `beforeNs`, those of earlier times.
   */
  take(beforeNs?: bigint): NextRecord[] {
    const count = beforeNs === undefined ? -1 : this.#records.findIndex((past) => timeOf(past) >= beforeNs);
    const records = this.#records.splice(0, count < 0 ? this.#records.length : count);
    const next: NextRecord[] = [];
    for (const past of records) {
      // Later ones prove that the rest is complete. They come live, or with the fill of a later gap.
      const timeNs = timeOf(past);
      if (timeNs + this.#range.lengthNs > this.#range.gapEndNs || timeNs < this.#range.floorNs) continue;
      const key = this.#keyOf(past);
      if (this.#delivered.has(key) || past.seconds <= this.#range.forgottenS) continue;
      this.#delivered.add(key);
      const held = this.#held.get(key);
      if (held !== undefined) next.push({ held });
      else if (isVoid(past)) this.voidCount++;
      else next.push({ past });
    }
    return next;
  }

  #expect(key: string, seconds: number, nanos: number): void {
    const timeNs = toNanoseconds(seconds, nanos);
    if (timeNs >= this.#range.fromNs && timeNs <= this.#range.toNs) this.#expected.set(key, timeNs);
  }

  #keyOf({ record, seconds, nanos }: PastRecord): string {
    return keyOf(seconds, nanos, this.#rules.identity(record));
  }
}

function timeOf({ seconds, nanos }: PastRecord): bigint {
  return toNanoseconds(seconds, nanos);
}

/** Whether history marks a trade as canceled, or as incorrect: its correction is a record of its own. */
function isVoid({ record }: PastRecord): boolean {
  const change = laterChange(record);
  return change !== "" && change !== "corrected";
}

/** A record of one symbol as a key. */
function keyOf(seconds: number, nanos: number, identity: number): string {
  return `${seconds}.${nanos} ${identity}`;
}
