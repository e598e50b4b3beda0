import type { HeldRecord } from "../../delivery/channel-hold.ts";
import { toNanoseconds } from "../../wire/timestamp.ts";
import { laterChange } from "../from-history.ts";
import type { HistoryGroup } from "../history-source.ts";
import { type FillRules, type PastRecord, pastRecord } from "./fill-rules.ts";
import type { RecentOfSymbol } from "./recent-records.ts";

/** What the stream has of one symbol while a gap of it is filled. */
export interface KnownRecords {
  /** Delivered before, within the look-back. */
  readonly delivered: RecentOfSymbol;
  /** Held, oldest first. */
  readonly held: readonly HeldRecord[];
  /** Those of them that came after the gap had ended. */
  readonly live: readonly HeldRecord[];
}

/** Which records of a symbol a fill may deliver. */
export interface WantedRecords {
  /** Earlier ones are not wanted. */
  readonly fromNs: bigint;
  /** Whether a record was finished before, by an earlier stream. */
  isFinished(past: PastRecord): boolean;
}

/** The next record to deliver: one of history, a live one that is held, or a revision of one that was delivered. */
export type NextRecord =
  | { readonly past: PastRecord }
  | { readonly held: HeldRecord }
  | { readonly revision: PastRecord };

/** The part of the market's time that a fill asks for, in nanoseconds since the epoch; both ends included. */
export interface FillRange {
  readonly fromNs: bigint;
  readonly toNs: bigint;
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
  readonly #wanted: WantedRecords;
  /** Of this time and before, it is not known what was delivered. */
  readonly #forgotten: RecentOfSymbol["forgotten"];
  /** The identities of the records that were delivered, by their keys. */
  readonly #delivered = new Map<string, number>();
  /** Records that history has to show and has not shown yet: their times by their keys. */
  readonly #expected = new Map<string, bigint>();
  /** Those of them that came after the gap had ended: they were published after everything that was missed. */
  readonly #live = new Set<string>();
  /** Whether history has shown one of those: then it shows what was published before as well. */
  hasShownLive = false;
  #newestShownNs = 0n;
  #records: PastRecord[] = [];

  constructor(
    symbol: string,
    rules: FillRules,
    range: FillRange,
    wanted: WantedRecords,
    { delivered, held, live }: KnownRecords,
  ) {
    this.symbol = symbol;
    this.#rules = rules;
    this.#range = range;
    this.#wanted = wanted;
    this.#forgotten = delivered.forgotten;
    for (const { seconds, nanos, identity } of delivered.records) {
      const key = this.#key(seconds, nanos, identity);
      this.#delivered.set(key, identity);
      this.#expect(key, seconds, nanos);
    }
    for (const one of held) this.#expect(this.#keyOf(one), one.seconds, one.nanos);
    for (const one of live) this.#live.add(this.#keyOf(one));
    for (const key of this.#live) if (!this.#expected.has(key)) this.#live.delete(key);
  }

  /** Of this time and before, in nanoseconds, records may have been delivered that are not known any more. */
  get forgottenNs(): bigint {
    const { seconds, nanos } = this.#forgotten;
    return seconds === Number.NEGATIVE_INFINITY ? 0n : toNanoseconds(seconds, nanos);
  }

  /** Records that wait to be delivered. */
  get size(): number {
    return this.#records.length;
  }

  /** Whether a record was delivered, lately or by this fill, or one that replaces it. */
  hasDelivered(seconds: number, nanos: number, identity: number): boolean {
    return this.#isDelivered(this.#key(seconds, nanos, identity), identity);
  }

  /** Adds the records of the next page. */
  add({ symbolNumber, records }: HistoryGroup): void {
    this.symbolNumber = symbolNumber;
    for (const record of records) {
      const past = pastRecord(record);
      this.#records.push(past);
      this.#newestShownNs = timeOf(past);
      const key = this.#keyOf(past);
      this.#expected.delete(key);
      if (this.#live.delete(key)) this.hasShownLive = true;
    }
  }

  /** History begins at a time: it does not have to show what is older. */
  expectFrom(beginNs: bigint): void {
    for (const [key, timeNs] of this.#expected) {
      if (timeNs >= beginNs) continue;
      this.#expected.delete(key);
      this.#live.delete(key);
    }
  }

  /** Whether history has to show a live record. */
  get awaitsLive(): boolean {
    return this.#live.size > 0;
  }

  /** Whether history has shown every record that it has to. */
  get isProven(): boolean {
    return this.#expected.size === 0;
  }

  /**
   * The time from which history has to be asked again. Records appear in the order of their publication: what is
   * older than the newest that was shown may still be missing only if it was reported late.
   */
  get resumeNs(): bigint {
    const lookBackNs = BigInt(this.#rules.lookBackMs) * 1_000_000n;
    const resumeNs = this.#newestShownNs - lookBackNs;
    return resumeNs > this.#range.fromNs ? resumeNs : this.#range.fromNs;
  }

  /** Forgets what history has shown from a time on, because it will be asked again. */
  forgetFrom(timeNs: bigint): void {
    this.#records = this.#records.filter((past) => timeOf(past) < timeNs);
  }

  /**
   * Removes and returns what is to be delivered of the records shown so far, in their order: without those
   * that were delivered before, and the held one in place of its copy. Where history's differs from either, it
   * follows as a revision. Of what is `held`, older records that history does not show go before them. With
   * `beforeNs`, those of earlier times.
   */
  take(held: readonly HeldRecord[], beforeNs?: bigint): NextRecord[] {
    const count = beforeNs === undefined ? -1 : this.#records.findIndex((past) => timeOf(past) >= beforeNs);
    const records = this.#records.splice(0, count < 0 ? this.#records.length : count);
    const next: NextRecord[] = [];
    const waiting = held.filter(({ isDelivered }) => !isDelivered).sort(byTime);
    const copies = new Map(waiting.map((one) => [this.#keyOf(one), one]));
    for (const past of records) {
      // Later ones prove that the rest is complete. They come live, or with the fill of a later gap.
      const timeNs = timeOf(past);
      if (timeNs + this.#range.lengthNs > this.#range.gapEndNs || timeNs < this.#wanted.fromNs) continue;
      if (byTime(past, this.#forgotten) <= 0 || this.#wanted.isFinished(past)) continue;
      const identity = this.#rules.identity(past.record);
      const key = this.#key(past.seconds, past.nanos, identity);
      if (this.#isDelivered(key, identity)) {
        if (this.#isRevised(key, identity)) next.push({ revision: past });
        continue;
      }
      const copy = this.#rules.isCumulative ? undefined : copies.get(key);
      if (copy === undefined && isVoid(past)) {
        this.voidCount++; // not delivered: a live copy that is still to come will be
        continue;
      }
      this.#delivered.set(key, copy === undefined ? identity : this.#rules.identity(copy.record));
      for (let older = waiting[0]; older !== undefined && byTime(older, past) < 0; older = waiting[0])
        next.push({ held: waiting.shift() as HeldRecord }); // the one that was looked at
      next.push(copy === undefined ? { past } : { held: copy });
      if (this.#isRevised(key, identity)) next.push({ revision: past });
    }
    return next;
  }

  #isDelivered(key: string, identity: number): boolean {
    const delivered = this.#delivered.get(key);
    return delivered !== undefined && (!this.#rules.isCumulative || delivered >= identity);
  }

  /** Whether history's record differs from the one that was delivered. */
  #isRevised(key: string, identity: number): boolean {
    return this.#rules.revisions !== undefined && this.#delivered.get(key) !== identity;
  }

  /** Expects a record of history if it lies in the range that is requested. A cumulative one may have been replaced there. */
  #expect(key: string, seconds: number, nanos: number): void {
    if (this.#rules.isCumulative) return;
    const timeNs = toNanoseconds(seconds, nanos);
    if (timeNs >= this.#range.fromNs && timeNs <= this.#range.toNs) this.#expected.set(key, timeNs);
  }

  #keyOf({ record, seconds, nanos }: PastRecord): string {
    return this.#key(seconds, nanos, this.#rules.identity(record));
  }

  /** A record of the symbol as a key: its time, and its identity where several may have the same time. */
  #key(seconds: number, nanos: number, identity: number): string {
    const { revisions, isCumulative } = this.#rules;
    return revisions || isCumulative ? `${seconds}.${nanos}` : `${seconds}.${nanos} ${identity}`;
  }
}

function byTime(one: RecentOfSymbol["forgotten"], other: RecentOfSymbol["forgotten"]): number {
  return one.seconds - other.seconds || one.nanos - other.nanos;
}

function timeOf({ seconds, nanos }: PastRecord): bigint {
  return toNanoseconds(seconds, nanos);
}

/** Whether history marks a trade as canceled, or as incorrect: its correction is a record of its own. */
function isVoid({ record }: PastRecord): boolean {
  const change = laterChange(record);
  return change !== "" && change !== "corrected";
}
