import { type MarketRecord, StreamError, type StreamErrorCode } from "@tickerplant/client/wire";
import type { RecordedGap, RecordPlace } from "@tickerplant/recorder";
import type { FeedGap } from "../feed.ts";
import type { RecordFilter } from "./record-filter.ts";

/** The order of a recording's records: as the recorder received them, or by their own times. */
export type RecordedOrder = "received" | "time";

/** Where a record is among those that were received. */
type ArrivalPlace = Pick<RecordPlace, "segmentMs" | "sequence">;

const NONE: readonly FeedGap[] = [];

/** Reports what a recording lacks, each gap in front of the records that follow it. */
export class RecordedGaps {
  readonly #gaps: readonly RecordedGap[];
  readonly #order: RecordedOrder;
  readonly #filter: RecordFilter;
  #next = 0;
  /** The record before. */
  #last: MarketRecord | undefined;

  constructor(gaps: readonly RecordedGap[], order: RecordedOrder, filter: RecordFilter) {
    this.#order = order;
    this.#gaps = order === "received" ? gaps : [...gaps].sort((one, other) => (startNs(one) < startNs(other) ? -1 : 1));
    this.#filter = filter;
  }

  /** Returns the gaps in front of a record, behind the one of the call before. */
  before(record: MarketRecord, place: ArrivalPlace): readonly FeedGap[] {
    let gaps = NONE;
    for (let gap = this.#gaps[this.#next]; gap !== undefined; gap = this.#gaps[this.#next]) {
      if (!this.#isBefore(gap, record, place)) break;
      this.#next++;
      gaps = [...gaps, ...this.#feedGaps(gap, record)];
    }
    this.#last = record;
    return gaps;
  }

  /** Returns the gaps behind the last record. Of a gap without a range of times, nothing follows that lacks something. */
  rest(): readonly FeedGap[] {
    const rest = this.#gaps.slice(this.#next).filter(({ fromNs }) => fromNs !== undefined);
    this.#next = this.#gaps.length;
    return rest.flatMap((gap) => this.#feedGaps(gap, undefined));
  }

  #isBefore(gap: RecordedGap, record: MarketRecord, { segmentMs, sequence }: ArrivalPlace): boolean {
    if (this.#order === "time") return startNs(gap) <= record.timestampNs;
    return gap.segmentMs < segmentMs || (gap.segmentMs === segmentMs && gap.sequence <= sequence);
  }

  /** Returns a gap for each channel of it, without what the filter leaves out. */
  #feedGaps(gap: RecordedGap, next: MarketRecord | undefined): FeedGap[] {
    const { channels, symbols: wanted, fromNs, toNs } = this.#filter;
    const symbols = wanted === undefined ? gap.symbols : selectedSymbols(gap.symbols, wanted);
    const { from, to } = this.#rangeOf(gap, next);
    const isLeftOut =
      (fromNs !== undefined && to.getTime() < Number(fromNs / 1_000_000n)) ||
      (toNs !== undefined && from.getTime() > Number(toNs / 1_000_000n));
    if (isLeftOut || symbols.length === 0) return [];
    const cause = causeOf(gap);
    return gap.channels
      .filter((channel) => channels?.has(channel) ?? true)
      .map((channel) => ({ channel, symbols, from, to, cause }));
  }

  /** Returns the times of the gap; those of the records around it if it has none. */
  #rangeOf(gap: RecordedGap, next: MarketRecord | undefined): { readonly from: Date; readonly to: Date } {
    if (gap.fromNs !== undefined && gap.toNs !== undefined) return { from: toDate(gap.fromNs), to: toDate(gap.toNs) };
    if (this.#order === "time" || next === undefined) {
      const received = toDate(gap.receivedNs);
      return { from: received, to: received };
    }
    const times = [this.#last ?? next, next].map(({ timestamp }) => timestamp.getTime());
    return { from: new Date(Math.min(...times)), to: new Date(Math.max(...times)) };
  }
}

/** Where a gap is in the order of time. */
function startNs({ fromNs, receivedNs }: RecordedGap): bigint {
  return fromNs ?? receivedNs;
}

/** Returns the error of the stream that was recorded; for what the recorder itself has lost, an error with its word for it. */
function causeOf({ cause, message, fromNs }: RecordedGap): Error {
  if (fromNs === undefined) return Object.assign(new Error(message), { code: cause });
  return new StreamError(cause as StreamErrorCode, message); // of the version that recorded it, which may be another
}

function selectedSymbols(symbols: readonly string[], wanted: ReadonlySet<string>): readonly string[] {
  return symbols.includes("*") ? [...wanted] : symbols.filter((symbol) => wanted.has(symbol));
}

function toDate(timeNs: bigint): Date {
  return new Date(Number(timeNs / 1_000_000n));
}
