import type { Clock } from "@tickerplant/client";
import type { MarketRecord } from "@tickerplant/client/wire";
import type { AssetClass } from "../asset-class.ts";
import { FeedHistory, HistoryPools } from "../feed-history.ts";

/** A record, and its place in the order of arrival. */
export interface Arrival {
  readonly record: MarketRecord;
  /** Infinite for a record that memory holds: it came after those of the recording. */
  readonly segmentMs: number;
  readonly sequence: number;
}

/** The records that an answer is made of: a history of them is what memory would be if it had held them all. */
export class CollectedRecords {
  readonly #assetClass: AssetClass;
  readonly #clock: Clock;
  readonly #arrivals: Arrival[] = [];
  /** By symbol: each load of its trades has all of them. */
  readonly #amendments = new Map<string, readonly Arrival[]>();

  constructor(assetClass: AssetClass, clock: Clock) {
    this.#assetClass = assetClass;
    this.#clock = clock;
  }

  add(arrivals: readonly Arrival[]): void {
    for (const arrival of arrivals) this.#arrivals.push(arrival);
  }

  /** Sets the records that change trades of a symbol. */
  amend(symbol: string, amendments: readonly Arrival[]): void {
    this.#amendments.set(symbol, amendments);
  }

  addAll(other: CollectedRecords): void {
    this.add(other.#arrivals);
    for (const [symbol, amendments] of other.#amendments) this.amend(symbol, amendments);
  }

  /** Returns a history of the records, which came in the order of their arrival. */
  toHistory(): FeedHistory {
    const pools = new HistoryPools(Number.POSITIVE_INFINITY);
    const history = new FeedHistory(this.#assetClass, pools, Number.POSITIVE_INFINITY, false, this.#clock);
    const arrivals = [...this.#arrivals, ...[...this.#amendments.values()].flat()].sort(compareArrivals);
    let last: Arrival | undefined;
    for (const arrival of arrivals) {
      if (last === undefined || !isSame(arrival, last)) history.record(arrival.record);
      last = arrival;
    }
    return history;
  }
}

function compareArrivals(a: Arrival, b: Arrival): number {
  if (a.segmentMs !== b.segmentMs) return a.segmentMs < b.segmentMs ? -1 : 1;
  return a.sequence - b.sequence || compareTexts(a.record.channel, b.record.channel);
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Whether two arrivals are one that was loaded twice. Rows of memory are counted by channel, those of amendments are not. */
function isSame(a: Arrival, b: Arrival): boolean {
  return compareArrivals(a, b) === 0 && Number.isInteger(a.sequence) && a.record.symbol === b.record.symbol;
}
