import type { MarketRecord } from "@tickerplant/client/wire";
import type { FeedGap } from "../feeds/feed.ts";
import type { RecordSink } from "../feeds/record-sink.ts";
import type { AssetClass } from "./asset-class.ts";
import { type AnyBar, barLayout } from "./layouts.ts";
import { HISTORY_LIMITS } from "./limits.ts";
import { ChannelHistory } from "./store/channel-history.ts";
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
  #isBusy = false;

  constructor(assetClass: AssetClass, pools: HistoryPools, maxAgeSeconds: number, isPartial: boolean) {
    const { trades, quotes } = assetClass.makeLayouts();
    this.assetClass = assetClass;
    this.isPartial = isPartial;
    this.trades = new ChannelHistory(trades, pools.trades, maxAgeSeconds);
    this.quotes = new ChannelHistory(quotes, pools.quotes, maxAgeSeconds);
    this.bars = new ChannelHistory(barLayout(assetClass.makeBar), pools.bars, maxAgeSeconds);
    this.dailyBars = new ChannelHistory(barLayout(assetClass.makeDailyBar), pools.bars, maxAgeSeconds);
  }

  /** Whether a record could not be kept: the gateway has removed the history from the feed, and it lacks the rest. */
  get hasFailed(): boolean {
    return this.#isBusy;
  }

  record(record: MarketRecord): void {
    this.#isBusy = true;
    switch (record.channel) {
      case "quotes":
        this.quotes.push(record);
        break;
      case "trades":
        this.trades.push(record);
        break;
      case "bars":
      case "updatedBars":
        this.bars.push(record as AnyBar); // by its channel
        break;
      case "dailyBars":
        this.dailyBars.push(record as AnyBar); // by its channel
        break;
      default:
        this.assetClass.amend?.(this.trades, record);
    }
    this.#isBusy = false;
  }

  /** What a feed may have missed is missing here too. All that is older counts as missing, because one time is reported. */
  gap({ channel, to }: FeedGap): void {
    const beforeSeconds = Math.ceil(to.getTime() / 1000);
    if (channel === "trades") this.trades.addMissing(beforeSeconds);
    if (channel === "quotes") this.quotes.addMissing(beforeSeconds);
    if (channel === "bars" || channel === "updatedBars") this.bars.addMissing(beforeSeconds);
    if (channel === "dailyBars") this.dailyBars.addMissing(beforeSeconds);
  }
}
