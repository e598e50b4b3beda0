import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import type { Clock } from "@tickerplant/client";
import type { FeedHistory, Kind } from "../feed-history.ts";
import { findLatest } from "../latest.ts";
import { type PageEnd, PageTokens } from "../page-token.ts";
import { countRecords } from "../range-page.ts";
import { CollectedRecords } from "./collected-records.ts";
import type { FeedRecorder, RecordedGap } from "./feed-recorder.ts";
import { missedBefore } from "./missed-before.ts";
import { ALL_TIMES, earlier, later, type NsRange, toNs, toParts } from "./nanoseconds.ts";
import { Seam } from "./seam.ts";
import {
  recordsPerItem,
  type StoreName,
  sourceOf,
  storesOf,
  type Wanted,
  type WantedRange,
  wholeIntervals,
} from "./wanted.ts";

/** A page of a range. */
export interface WantedPage extends WantedRange {
  /** The end of the page before. */
  readonly after: PageEnd | undefined;
}

/** The records of one symbol that are wanted: at least `need` of them, or all that there are. */
interface WantedRecords extends Wanted {
  readonly symbol: string;
  /** The range of the request. */
  readonly range: NsRange;
  /** What is left of it. */
  readonly rest: NsRange;
  readonly need: number;
  readonly isDescending: boolean;
  readonly after: PageEnd | undefined;
}

/** A history with a recording behind it: what memory does not hold is read from the recording. */
export class RecordedHistory {
  readonly #held: FeedHistory;
  readonly #recorder: FeedRecorder;
  readonly #clock: Clock;
  readonly #seam: Seam;
  /** By store: the second behind the newest record that came before memory was there, once it is known. */
  readonly #earlierBefore = new Map<StoreName, number>();
  /** Those from before memory was there, which knows of later ones; undefined until they are read. */
  #gaps: readonly RecordedGap[] | undefined;
  /** They are good after a restart as well. */
  readonly tokens: PageTokens;

  constructor(held: FeedHistory, recorder: FeedRecorder, clock: Clock) {
    this.#held = held;
    this.#recorder = recorder;
    this.#clock = clock;
    this.#seam = new Seam(held, recorder, clock);
    this.tokens = new PageTokens(keyOf(recorder.folder));
  }

  /** Whether memory is known to hold everything since a second; undefined if the recording has to be asked. */
  isHeld(wanted: Wanted, fromSeconds: number): boolean | undefined {
    let isHeld = true;
    for (const store of storesOf(wanted)) {
      if (this.#held[store].droppedBeforeSeconds > fromSeconds) return false;
      if (store === "trades" && this.#hasUnresolved(fromSeconds)) return false;
      const earlierBefore = this.#held.isPartial ? Number.NEGATIVE_INFINITY : this.#earlierBefore.get(store);
      if (earlierBefore === undefined) return undefined;
      isHeld &&= earlierBefore <= fromSeconds;
    }
    return isHeld;
  }

  /** Whether memory is known to hold all of a range, of which earlier recorders have missed nothing. */
  isRangeHeld(wanted: WantedRange, fromSeconds: number): boolean {
    if (this.isHeld(wanted, fromSeconds) !== true) return false;
    if (this.#held.isPartial) return true; // the relay asks upstream for what it does not hold
    return this.#gaps !== undefined && missedBefore(this.#gaps, wanted) <= fromSeconds;
  }

  /** Whether memory has a correction whose trade only the recording may have. */
  #hasUnresolved(fromSeconds: number): boolean {
    return this.#held.amendments.some(({ record, isUnresolved }) => isUnresolved && record.seconds >= fromSeconds);
  }

  /** Reads what {@link isHeld} and {@link isRangeHeld} have to know of the recording. */
  async readEarlier(wanted: Wanted): Promise<void> {
    this.#gaps ??= await this.#seam.gapsOfEarlier();
    for (const store of storesOf(wanted)) {
      if (this.#earlierBefore.has(store)) continue;
      const newest = await this.#seam.newestOfEarlier(store);
      this.#earlierBefore.set(store, newest === undefined ? Number.NEGATIVE_INFINITY : newest.seconds + 1);
    }
  }

  /** Returns a history with all records of a page, and one more if there is one. */
  async page(page: WantedPage): Promise<FeedHistory> {
    const { range, after } = page;
    const asked = { fromNs: toNs(range.from), toNs: toNs(range.to) };
    const collected = this.#collection();
    let left = range.limit + 1;
    const rest = await this.#symbolsFrom(page, this.#whole(page, asked));
    while (rest.length > 0 && left > 0) {
      const batch = batchOf(rest, left, after);
      const names = batch.map(({ symbol }) => symbol);
      const [symbol = ""] = names;
      const wanted = { ...page, range: asked, rest: asked, isDescending: range.isDescending };
      if (batch.length > 1) {
        for (const store of storesOf(page))
          await this.#seam.load(store, names, this.#whole(page, asked), asked, collected);
        left -= countRecords({ ...range, source: sourceOf(page, collected.toHistory()), symbols: names, after });
      } else
        left -= await this.#loadSymbol(
          { ...wanted, symbol, need: left, after: after?.symbol === symbol ? after : undefined },
          collected,
        );
      rest.splice(0, batch.length);
    }
    const history = collected.toHistory();
    const missingBefore = await this.#missingBefore(page);
    for (const store of storesOf(page)) history[store].addMissing(missingBefore);
    return history;
  }

  /** Returns a history with the latest records of symbols, as far as there are some; with `hasDays`, with two days. */
  async latest(kinds: readonly Kind[], symbols: readonly string[], hasDays: boolean): Promise<FeedHistory> {
    const all = this.#collection();
    for (const symbol of symbols) {
      for (const kind of kinds) {
        for (let need = 1; ; need *= 16) {
          const collected = this.#collection();
          const count = await this.#loadSymbol({ kind, timeframe: undefined, ...LATEST, symbol, need }, collected);
          if (count >= need && !isLatestAmong(count, collected.toHistory(), kind, symbol)) continue;
          all.addAll(collected);
          break;
        }
      }
      if (hasDays)
        await this.#loadSymbol({ kind: "bars", timeframe: { count: 1, unit: "Day" }, ...LATEST, symbol, need: 2 }, all);
    }
    return all.toHistory();
  }

  /** Closes what is open, when no request uses it. */
  close(): void {
    this.#seam.close();
  }

  /** Returns the symbols of a page that are left, with a number of records which each has at most. */
  async #symbolsFrom({ symbols, after, ...page }: WantedPage, range: NsRange): Promise<SymbolCount[]> {
    const isLeft = (symbol: string): boolean => after === undefined || symbol >= after.symbol;
    const named = symbols?.filter(isLeft);
    if (named?.length === 1) return named.map((symbol) => ({ symbol, count: Number.POSITIVE_INFINITY }));
    const [from, to] = [toParts(range.fromNs), toParts(range.toNs)];
    const counts = new Map<string, number>(named?.map((symbol) => [symbol, 0]));
    for (const store of storesOf(page)) {
      const recorded = await this.#seam.countsOf(store, symbols, range);
      const source = this.#held[store];
      for (const symbol of named ?? new Set([...recorded.keys(), ...source.symbols])) {
        const held = source.indexAfter(symbol, to) - source.indexFrom(symbol, from);
        const count = (recorded.get(symbol) ?? 0) + held;
        if (count > 0 && isLeft(symbol)) counts.set(symbol, (counts.get(symbol) ?? 0) + count);
      }
    }
    return [...counts].map(([symbol, count]) => ({ symbol, count })).sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
  }

  #whole(wanted: Wanted, range: NsRange): NsRange {
    return wholeIntervals(wanted, range, this.#held.assetClass.dayOf);
  }

  #collection(): CollectedRecords {
    return new CollectedRecords(this.#held.assetClass, this.#clock);
  }

  /** Loads records of one symbol in parts, from the first of the order on. Returns how many there are. */
  async #loadSymbol(wanted: WantedRecords, into: CollectedRecords): Promise<number> {
    const { symbol, range, isDescending, after, need } = wanted;
    let { rest } = wanted;
    if (after !== undefined) rest = isDescending ? { ...rest, toNs: toNs(after) } : { ...rest, fromNs: toNs(after) };
    const [main] = storesOf(wanted);
    for (let count = 0; ; ) {
      const wholeRest = this.#whole(wanted, rest);
      const recordsNeeded = (need - count + (after === undefined ? 0 : after.row + 1)) * recordsPerItem(wanted);
      const edge =
        main === undefined ? undefined : await this.#seam.edge(main, symbol, wholeRest, recordsNeeded, isDescending);
      const part = edge === undefined ? rest : isDescending ? { ...rest, fromNs: edge } : { ...rest, toNs: edge };
      const wholePart = this.#whole(wanted, part);
      for (const store of storesOf(wanted)) await this.#seam.load(store, [symbol], wholePart, range, into);
      const loaded = isDescending
        ? { from: toParts(later(range.fromNs, wholePart.fromNs)), to: toParts(range.toNs) }
        : { from: toParts(range.fromNs), to: toParts(earlier(range.toNs, wholePart.toNs)) };
      count = countRecords({
        ...loaded,
        source: sourceOf(wanted, into.toHistory()),
        symbols: [symbol],
        after,
        isDescending,
      });
      rest = isDescending ? { ...rest, toNs: wholePart.fromNs - 1n } : { ...rest, fromNs: wholePart.toNs + 1n };
      if (edge === undefined || count >= need || rest.fromNs > rest.toNs) return count;
    }
  }

  /** Returns the second before which records of a range may be missing. */
  async #missingBefore(wanted: WantedRange): Promise<number> {
    this.#gaps ??= await this.#seam.gapsOfEarlier();
    const { droppedUntilMs } = this.#recorder;
    const dropped = droppedUntilMs === undefined ? Number.NEGATIVE_INFINITY : Math.ceil(droppedUntilMs / 1000);
    return Math.max(this.#held[wanted.kind].missingBeforeSeconds, dropped, missedBefore(this.#gaps, wanted));
  }
}

/** Whether the latest record is one of the last so many: a trade before them is there only because it was corrected. */
function isLatestAmong(count: number, history: FeedHistory, kind: Kind, symbol: string): boolean {
  const found = findLatest(history, kind, symbol);
  return found !== undefined && found.index >= history[kind].length(symbol) - count;
}

/** A symbol, and how many records it has at most. */
interface SymbolCount {
  readonly symbol: string;
  readonly count: number;
}

const LATEST = { range: ALL_TIMES, rest: ALL_TIMES, isDescending: true, after: undefined } as const;

/**
 * Returns a key that belongs to a folder: a relay distinguishes its tokens from those of upstream, which may have a
 * recording of its own. It is no secret: a token shows a client nothing but its own place.
 */
function keyOf(folder: string): Uint8Array {
  return createHash("sha256")
    .update(`${statSync(folder).ino} ${folder}`)
    .digest();
}

/** Returns the first symbols: those that fit a page together, or one. */
function batchOf(symbols: readonly SymbolCount[], need: number, after: PageEnd | undefined): readonly SymbolCount[] {
  const batch: SymbolCount[] = [];
  let sum = 0;
  for (const one of symbols) {
    sum += one.count;
    if (batch.length > 0 && (sum > need || batch[0]?.symbol === after?.symbol)) break;
    batch.push(one);
  }
  return batch;
}
