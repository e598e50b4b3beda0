import type { Clock } from "@tickerplant/client";
import { type Id, type MarketRecord, WILDCARD } from "@tickerplant/client/wire";
import type { FeedHistory } from "../feed-history.ts";
import { RestError } from "../rest-error.ts";
import { Row } from "../store/row.ts";
import type { Arrival, CollectedRecords } from "./collected-records.ts";
import type { ArrivalPlace, FeedRecorder, RecordedGap, RecordedQuery, RecordedReader } from "./feed-recorder.ts";
import { RECORDED_LIMITS } from "./limits.ts";
import { ALL_TIMES, earlier, later, type NsRange, toNs, toParts } from "./nanoseconds.ts";
import { SharedReader } from "./shared-reader.ts";
import { STORE_CHANNELS, type StoreName } from "./wanted.ts";

const DAY_NS = 86_400_000_000_000n;

/**
 * Reads records of memory and of the recording behind it. The seam between both is in the order of arrival: the recorder
 * has every record that came before the first one that memory holds. So a record that came late, or with a wrong time,
 * is on one side of it.
 */
export class Seam {
  readonly #held: FeedHistory;
  readonly #recorder: FeedRecorder;
  readonly #reader: SharedReader;
  /** The recorder's rows that came before everything that memory has had. */
  readonly #earlierRows: number;
  /** Counts of recorded records by symbol, by what they count. */
  readonly #counts = new Map<string, ReadonlyMap<string, number>>();
  readonly #row = new Row();

  constructor(held: FeedHistory, recorder: FeedRecorder, clock: Clock) {
    this.#held = held;
    this.#recorder = recorder;
    this.#reader = new SharedReader(recorder, clock);
    this.#earlierRows = recorder.sink.mark();
  }

  /** Returns the newest record of a store that came before memory was there; undefined if there is none. */
  async newestOfEarlier(store: StoreName): Promise<MarketRecord | undefined> {
    const [newest] = await this.#reader.use(this.#earlierRows, (reader) =>
      arrivalsOf(reader, {
        channels: STORE_CHANNELS[store],
        ...ALL_TIMES,
        order: "time",
        isDescending: true,
        limit: 1,
        arrivedBefore: this.#recorder.placeOf(this.#earlierRows),
      }),
    );
    return newest?.record;
  }

  /** Returns what the recording lacks of the time before memory was there. Memory knows of later gaps. */
  gapsOfEarlier(): Promise<readonly RecordedGap[]> {
    const rows = this.#earlierRows;
    return this.#reader.use(rows, (reader) => reader.gaps({ arrivedBefore: this.#recorder.placeOf(rows) }));
  }

  /** Closes what is open, when no request uses it. */
  close(): void {
    this.#reader.close();
  }

  /** Counts the records of symbols, or of all, that the recording has of a store. */
  countsOf(
    store: StoreName,
    symbols: readonly string[] | undefined,
    range: NsRange,
  ): Promise<ReadonlyMap<string, number>> {
    return this.#atSeam(store, async (reader, arrivedBefore) => {
      const { segmentMs, sequence } = arrivedBefore;
      const key = [store, symbols?.join() ?? WILDCARD, range.fromNs, range.toNs, segmentMs, sequence].join(" ");
      const known = this.#counts.get(key);
      if (known !== undefined) return known;
      const query = { channels: STORE_CHANNELS[store], ...(symbols && { symbols }), ...range, order: "time" as const };
      const counts = await reader.counts({ ...query, arrivedBefore });
      this.#counts.set(key, counts);
      for (const oldest of this.#counts.keys()) {
        if (this.#counts.size <= RECORDED_LIMITS.maxCounts) break;
        this.#counts.delete(oldest);
      }
      return counts;
    });
  }

  /** Returns a time up to which a symbol has at least so many records; undefined if that may be all. */
  edge(
    store: StoreName,
    symbol: string,
    range: NsRange,
    need: number,
    isDescending: boolean,
  ): Promise<bigint | undefined> {
    if (!Number.isFinite(need)) return Promise.resolve(undefined);
    return this.#atSeam(store, async (reader, arrivedBefore) => {
      const held = this.#held[store];
      const [start, end] = [
        held.indexFrom(symbol, toParts(range.fromNs)),
        held.indexAfter(symbol, toParts(range.toNs)),
      ];
      const edges: bigint[] = [];
      if (end - start > need) edges.push(toNs(held.placeOf(symbol, isDescending ? end - need : start + need - 1)));
      const recorded = await arrivalsOf(reader, {
        channels: STORE_CHANNELS[store],
        symbols: [symbol],
        ...range,
        order: "time",
        isDescending,
        arrivedBefore,
        limit: need + 1,
      });
      const last = recorded.length > need ? recorded[need - 1] : undefined;
      if (last !== undefined) edges.push(last.record.timestampNs);
      return edges.length === 0 ? undefined : edges.reduce(isDescending ? later : earlier);
    });
  }

  /** Loads all records of symbols in a range. `asked` is that of the request. */
  load(
    store: StoreName,
    symbols: readonly string[],
    range: NsRange,
    asked: NsRange,
    into: CollectedRecords,
  ): Promise<void> {
    return this.#atSeam(store, async (reader, arrivedBefore) => {
      const held = this.#heldArrivals(store, symbols, range); // before anything is awaited
      const heldChanges = store === "trades" ? this.#heldChanges(symbols) : [];
      const query = { symbols, order: "time" as const, arrivedBefore };
      const recorded = await arrivalsOf(reader, { ...query, channels: STORE_CHANNELS[store], ...range });
      const records = [...recorded, ...held, ...heldChanges.flatMap(({ original }) => original ?? [])];
      into.add(records);
      const { amendments } = this.#held.assetClass;
      if (store !== "trades" || amendments === undefined) return;
      const around = withMargin(asked);
      const recordedChanges = await arrivalsOf(reader, { ...query, channels: amendments.channels, ...around });
      const changes = [...recordedChanges, ...heldChanges.map(({ change }) => change)];
      for (const symbol of symbols) {
        const ofSymbol = changes.filter(({ record }) => record.symbol === symbol);
        into.amend(symbol, ofSymbol);
      }
      const ids = this.#missingOriginals(changes, records, asked);
      if (ids.length > 0) into.add(await arrivalsOf(reader, { ...query, channels: ["trades"], ...around, ids }));
    });
  }

  /**
   * Returns the ids of trades that corrections replace, and that were not loaded: a correction stands at the time of its
   * trade, and at its own time only if there is none.
   */
  #missingOriginals(changes: readonly Arrival[], loaded: readonly Arrival[], asked: NsRange): Id[] {
    const known = new Set(loaded.map(({ record }) => idOf(record)));
    const ids = new Set<Id>();
    for (const { record } of changes) {
      const named = this.#held.assetClass.amendments?.idsOf(record);
      const isAsked = record.timestampNs >= asked.fromNs && record.timestampNs <= asked.toNs;
      if (named !== undefined && isAsked && !known.has(named.original)) ids.add(named.original);
    }
    return [...ids];
  }

  #heldArrivals(store: StoreName, symbols: readonly string[], range: NsRange): Arrival[] {
    const source = this.#held[store];
    const isAdded = store === "trades" ? this.#held.assetClass.amendments?.isAdded : undefined;
    const arrivals: Arrival[] = [];
    for (const symbol of symbols) {
      const end = source.indexAfter(symbol, toParts(range.toNs));
      for (let index = source.indexFrom(symbol, toParts(range.fromNs)); index < end; index++)
        if (isAdded?.(this.#held.trades, symbol, index) !== true)
          arrivals.push(this.#heldArrival(store, symbol, index));
    }
    return arrivals;
  }

  #heldArrival(store: StoreName, symbol: string, index: number): Arrival {
    const source = this.#held[store];
    const sequence = source.seek(this.#row, symbol, index);
    return { record: source.read(symbol, index), segmentMs: Number.POSITIVE_INFINITY, sequence };
  }

  /** Returns the records of memory that change trades, each with its trade if memory has that. */
  #heldChanges(symbols: readonly string[]): { readonly change: Arrival; readonly original: Arrival | undefined }[] {
    const { amendments } = this.#held.assetClass;
    const { trades } = this.#held;
    const names = new Set(symbols);
    return this.#held.amendments
      .filter(({ record }) => names.has(record.symbol))
      .map(({ record, row }) => {
        const index = amendments?.indexOfOriginal(trades, record) ?? -1;
        const isHeld = index >= 0 && amendments?.isAdded(trades, record.symbol, index) !== true;
        return {
          change: { record, segmentMs: Number.POSITIVE_INFINITY, sequence: row - 0.5 },
          original: isHeld ? this.#heldArrival("trades", record.symbol, index) : undefined,
        };
      });
  }

  /**
   * Calls `read` with a reader of everything that came before the first record that memory holds of a store. Until it
   * awaits something, memory does not change.
   *
   * @throws RestError 503 if memory changes faster than readers are opened.
   */
  async #atSeam<T>(
    store: StoreName,
    read: (reader: RecordedReader, arrivedBefore: ArrivalPlace) => Promise<T>,
  ): Promise<T> {
    const held = this.#held[store];
    for (let attempt = 0; attempt < RECORDED_LIMITS.maxAttempts; attempt++) {
      const result = await this.#reader.use(held.firstMark, async (reader, rowCount) => {
        const { firstMark } = held;
        return firstMark > rowCount ? undefined : { value: await read(reader, this.#recorder.placeOf(firstMark)) };
      });
      if (result !== undefined) return result.value;
    }
    throw new RestError(
      503,
      "the history holds too little for the rate of the feed: request it again",
      undefined,
      RECORDED_LIMITS.retryAfterSeconds,
    );
  }
}

async function arrivalsOf(reader: RecordedReader, query: RecordedQuery): Promise<Arrival[]> {
  const arrivals: Arrival[] = [];
  for await (const { records, segmentsMs, sequences } of reader.read(query))
    for (const [index, record] of records.entries())
      arrivals.push({ record, segmentMs: segmentsMs[index] ?? 0, sequence: sequences[index] ?? 0 });
  return arrivals;
}

/** Returns a range with the days in which its trades may be corrected. */
function withMargin({ fromNs, toNs: lastNs }: NsRange): NsRange {
  const margin = BigInt(RECORDED_LIMITS.amendmentDays) * DAY_NS;
  return { fromNs: later(ALL_TIMES.fromNs, fromNs - margin), toNs: earlier(ALL_TIMES.toNs, lastNs + margin) };
}

/** The id of a trade. */
function idOf(record: MarketRecord): unknown {
  return "id" in record ? record.id : undefined;
}
