import type { Clock } from "@tickerplant/client";
import { type ChannelSymbols, type MarketRecord, WILDCARD } from "@tickerplant/client/wire";
import type { FeedGap } from "../feeds/feed.ts";
import type { RecordSink, SinkReport } from "../feeds/record-sink.ts";
import type { AssetClass } from "./asset-class.ts";
import { type AnyBar, barLayout } from "./layouts.ts";
import { HISTORY_LIMITS } from "./limits.ts";
import { ChannelHistory } from "./store/channel-history.ts";
import { Coverage } from "./store/coverage.ts";
import { MemoryPool } from "./store/memory-pool.ts";

/** The memory of all feeds' histories, by kind of record. */
export class HistoryPools {
  readonly trades: MemoryPool;
  readonly quotes: MemoryPool;
  readonly bars: MemoryPool;

  constructor(maxBytes: number) {
    this.trades = new MemoryPool(maxBytes * HISTORY_LIMITS.tradeShare);
    this.quotes = new MemoryPool(maxBytes * HISTORY_LIMITS.quoteShare);
    this.bars = new MemoryPool(maxBytes * HISTORY_LIMITS.barShare);
  }

  get usedBytes(): number {
    return this.trades.usedBytes + this.quotes.usedBytes + this.bars.usedBytes;
  }

  get maxBytes(): number {
    return this.trades.maxBytes + this.quotes.maxBytes + this.bars.maxBytes;
  }
}

/** The channels whose records make up each kind of answer. */
export const CHANNELS = { trades: ["trades"], quotes: ["quotes"], bars: ["bars", "updatedBars"] } as const;

/** The kinds of records that a request may ask for. */
export type Kind = keyof typeof CHANNELS;

/** A record that changes an earlier trade. */
export interface HeldAmendment {
  readonly record: MarketRecord;
  /** How much the recording had before it. */
  readonly mark: number;
  /** The number of trades before it. */
  readonly row: number;
  /** Whether it is a correction of a trade that was not held: it stands at its own time, and the recording may have the trade. */
  readonly isUnresolved: boolean;
}

/** What is held of one feed's records: fed by the same calls as the stream, so that both agree. */
export class FeedHistory implements RecordSink {
  readonly assetClass: AssetClass;
  /** Whether the feed carries only what its clients asked for: nothing is known to be complete then. */
  readonly isPartial: boolean;
  readonly trades: ChannelHistory;
  readonly quotes: ChannelHistory;
  /** Minute bars; updated bars replace those of their minute. */
  readonly bars: ChannelHistory<AnyBar>;
  readonly dailyBars: ChannelHistory<AnyBar>;
  /** Called when the gateway closes. */
  onClose: (() => void) | undefined;
  /** Records that change earlier trades, as far as the recorder has not had them before the trades that are held. */
  #amendments: HeldAmendment[] = [];
  /** Returns how much the feed's recorder has, if there is one. */
  readonly #mark: (() => number) | undefined;
  readonly #clock: Clock;
  readonly #pools: HistoryPools;
  /** By channel. */
  readonly #coverage = new Map<string, Coverage>();
  /** How far the newest record has been ahead of the clock, at most: the difference between the market's time and it. */
  #aheadSeconds = Number.NEGATIVE_INFINITY;
  #isBusy = false;

  constructor(
    assetClass: AssetClass,
    pools: HistoryPools,
    maxAgeSeconds: number,
    isPartial: boolean,
    clock: Clock,
    mark?: () => number,
  ) {
    const { trades, quotes } = assetClass.makeLayouts();
    this.assetClass = assetClass;
    this.isPartial = isPartial;
    this.#clock = clock;
    this.#pools = pools;
    this.#mark = mark;
    this.trades = new ChannelHistory(trades, pools.trades, maxAgeSeconds, mark);
    this.quotes = new ChannelHistory(quotes, pools.quotes, maxAgeSeconds, mark);
    this.bars = new ChannelHistory(barLayout(assetClass.makeBar), pools.bars, maxAgeSeconds, mark);
    this.dailyBars = new ChannelHistory(barLayout(assetClass.makeDailyBar), pools.bars, maxAgeSeconds, mark);
    for (const channel of Object.values(CHANNELS).flat()) {
      const coverage = new Coverage();
      if (!isPartial) coverage.carryAll();
      this.#coverage.set(channel, coverage);
    }
  }

  /** Whether a record could not be kept: the gateway has removed the history from the feed, and it lacks the rest. */
  get hasFailed(): boolean {
    return this.#isBusy;
  }

  record(record: MarketRecord, symbolNumber = 0): void {
    this.#isBusy = true;
    switch (record.channel) {
      case "quotes":
        this.quotes.push(record, symbolNumber);
        break;
      case "trades":
        this.trades.push(record, symbolNumber);
        break;
      case "bars":
      case "updatedBars":
        this.bars.push(record as AnyBar, symbolNumber); // by its channel
        break;
      case "dailyBars":
        this.dailyBars.push(record as AnyBar, symbolNumber); // by its channel
        break;
      default:
        this.#amend(record);
    }
    this.#isBusy = false;
  }

  /** The records that change trades and came since the first trade that is held; without a recorder none. */
  get amendments(): readonly HeldAmendment[] {
    this.#dropAmendments();
    return this.#amendments;
  }

  #dropAmendments(): void {
    const { firstMark } = this.trades;
    if ((this.#amendments[0]?.mark ?? firstMark) < firstMark)
      this.#amendments = this.#amendments.filter(({ mark }) => mark >= firstMark);
  }

  #amend(record: MarketRecord): void {
    const { amend, amendments } = this.assetClass;
    if (this.#mark !== undefined && amendments?.channels.includes(record.channel) === true) {
      const isUnresolved =
        amendments.idsOf(record) !== undefined && amendments.indexOfOriginal(this.trades, record) < 0;
      this.#amendments.push({ record, mark: this.#mark(), row: this.trades.rowCount, isUnresolved });
      this.#dropAmendments();
    }
    amend?.(this.trades, record);
  }

  /** What a feed may have missed is missing here too. All that is older counts as missing, because one time is reported. */
  gap({ channel, symbols, to }: FeedGap): void {
    const beforeSeconds = Math.ceil(to.getTime() / 1000);
    this.#coverage.get(channel)?.gap(symbols, this.#storeOf(channel).rowCount, beforeSeconds + 1);
    if (channel === "trades") this.trades.addMissing(beforeSeconds);
    if (channel === "quotes") this.quotes.addMissing(beforeSeconds);
    if (channel === "bars" || channel === "updatedBars") this.bars.addMissing(beforeSeconds);
    if (channel === "dailyBars") this.dailyBars.addMissing(beforeSeconds);
  }

  carried(symbols: ChannelSymbols): void {
    const nowSeconds = this.#clock.now() / 1000;
    for (const [channel, list = []] of Object.entries(symbols))
      this.#coverage.get(channel)?.carry(list, this.#storeOf(channel).rowCount, nowSeconds);
  }

  released(symbols: ChannelSymbols): void {
    for (const [channel, list = []] of Object.entries(symbols)) {
      const coverage = this.#coverage.get(channel);
      if (this.isPartial) coverage?.release(list);
      // What was newest no longer is when the symbol comes back.
      else coverage?.gap(list, this.#storeOf(channel).rowCount, Number.NEGATIVE_INFINITY);
    }
  }

  /** What is older than the feed's beginning is missing, of all channels. */
  begins(at: Date): void {
    const cause = new Error("the feed is read from the middle");
    for (const channel of [...Object.values(CHANNELS).flat(), "dailyBars"])
      this.gap({ channel, symbols: [WILDCARD], from: at, to: at, cause });
  }

  report(): SinkReport {
    const { usedBytes, maxBytes } = this.#pools;
    const stores: readonly { readonly heldCount: number }[] = [this.trades, this.quotes, this.bars, this.dailyBars];
    const rowCount = stores.reduce((sum, { heldCount }) => sum + heldCount, 0);
    return { history: { rowCount, usedBytes, maxBytes } };
  }

  close(): void {
    this.onClose?.();
  }

  flush(): void {
    if (!this.isPartial) return;
    this.#aheadSeconds = Math.max(this.#aheadSeconds, this.#newestSeconds - this.#clock.now() / 1000);
    for (const [channel, coverage] of this.#coverage) {
      const { rowCount, newestSeconds } = this.#storeOf(channel);
      coverage.settle(rowCount, { newestSeconds, aheadSeconds: this.#aheadSeconds });
    }
  }

  /** The newest quotes. */
  *snapshot({ quotes = [] }: ChannelSymbols): Generator<MarketRecord> {
    const coverage = this.#coverage.get("quotes");
    if (this.hasFailed || coverage === undefined) return;
    const names = new Set(quotes);
    for (const symbol of names.has(WILDCARD) ? this.quotes.symbols : names) {
      const record = this.quotes.last(symbol, coverage.fromRow(symbol));
      if (record !== undefined) yield record;
    }
  }

  /**
   * Returns the second of the market from which on everything of a kind and symbol is held, or is in the recording;
   * infinite if that is not known. `*` stands for all symbols. What is published later is held as well.
   */
  heldFromSeconds(kind: Kind, symbol: string): number {
    if (this.hasFailed) return Number.POSITIVE_INFINITY;
    const dropped = this.#mark === undefined ? this[kind].droppedBeforeSeconds : Number.NEGATIVE_INFINITY;
    const covered = CHANNELS[kind].map((channel) => this.#coverage.get(channel)?.fromSeconds(symbol) ?? Number.NaN);
    return Math.max(dropped, ...covered);
  }

  /** The market's time, as far as records have shown it; negative infinity before the first. */
  get marketSeconds(): number {
    return Math.max(this.#newestSeconds, this.#clock.now() / 1000 + this.#aheadSeconds);
  }

  get #newestSeconds(): number {
    return Math.max(this.trades.newestSeconds, this.quotes.newestSeconds, this.bars.newestSeconds);
  }

  #storeOf(channel: string): ChannelHistory {
    if (channel === "trades") return this.trades;
    return channel === "quotes" ? this.quotes : (this.bars as ChannelHistory); // its other records are bars as well
  }
}
