import {
  type AnyRecord,
  type Bar,
  BarRule,
  barRules,
  isFromHistory,
  type Luld,
  type Quote,
  type StreamError,
  type Trade,
} from "@tickerplant/client";
import type { StockSnapshot } from "@tickerplant/client/history";
import { BandLog } from "./band-log.ts";
import { HaltLog, type HaltSpan } from "./halt-log.ts";
import { SILENT_AFTER_MS } from "./limits.ts";
import { PrintLog } from "./print-log.ts";
import { Spark } from "./spark.ts";

/** The state of a symbol. The first of rejected, halted and silent that holds. */
export type SymbolState = "active" | "silent" | "halted" | "rejected";

/** What is known of a symbol. Unknown values are undefined. Prices are in US dollars. */
export class WatchedSymbol {
  readonly symbol: string;
  readonly spark: Spark = new Spark();
  readonly prints: PrintLog = new PrintLog();
  readonly halts: HaltLog = new HaltLog();
  readonly bands: BandLog = new BandLog();
  /** The price of the last trade that counts for the close of a bar: not that of an odd lot. */
  last: number | undefined;
  /** The close of the previous day. */
  previousClose: number | undefined;
  quote: Quote | undefined;
  /** The newest LULD bands. */
  luld: Luld | undefined;
  /** Of the day, as of its newest bar. */
  volume: number | undefined;
  /** Why the server does not send the symbol. */
  rejection: StreamError | undefined;
  /** Trades and quotes received since it was added. */
  recordCount = 0;
  /** When it was found to have no trade and no quote; undefined while they come. */
  #silentSinceMs: number | undefined;
  #isSilent = false;
  #countedRecords = 0;
  #day: Pick<Bar, "seconds" | "close"> | undefined;

  constructor(symbol: string) {
    this.symbol = symbol;
  }

  /** The halt that lasts. */
  get halt(): HaltSpan | undefined {
    return this.halts.present;
  }

  get state(): SymbolState {
    if (this.rejection !== undefined) return "rejected";
    if (this.halt !== undefined) return "halted";
    return this.#isSilent ? "silent" : "active";
  }

  /** Since when no trade and no quote came, to the second; undefined while they come. */
  get silentSinceMs(): number | undefined {
    return this.#silentSinceMs;
  }

  /** Accepts a record of the stream. */
  push(record: AnyRecord): void {
    switch (record.channel) {
      case "trades":
        return this.#trade(record);
      case "quotes":
        this.recordCount++;
        this.quote = record;
        return;
      case "bars":
      case "updatedBars":
        return this.spark.pushLive(record.seconds, record.close);
      case "dailyBars":
        return this.#dailyBar(record);
      case "lulds":
        this.luld = record;
        return this.bands.push(record);
      case "statuses":
        return this.halts.push(record);
      case "corrections":
        return this.prints.correct(record);
      case "cancelErrors":
        return this.prints.cancel(record);
    }
  }

  /** Accepts the newest records of history. What the stream has sent already is newer. */
  pushSnapshot({ latestTrade, latestQuote, dailyBar, previousDailyBar }: StockSnapshot): void {
    this.last ??= latestTrade?.price;
    this.quote ??= latestQuote;
    this.volume ??= dailyBar?.volume;
    this.#day ??= dailyBar;
    if (this.#day?.seconds === dailyBar?.seconds) this.previousClose ??= previousDailyBar?.close;
  }

  /** Looks for silence, once a second. `isExpected`: whether trades and quotes should come at all. */
  checkSilence(nowMs: number, isExpected: boolean): void {
    if (!isExpected || this.recordCount !== this.#countedRecords) this.#silentSinceMs = undefined;
    else this.#silentSinceMs ??= nowMs;
    this.#countedRecords = this.recordCount;
    this.#isSilent = this.#silentSinceMs !== undefined && nowMs - this.#silentSinceMs >= SILENT_AFTER_MS;
  }

  #trade(trade: Trade): void {
    this.recordCount++;
    // The quote of now is not the one before a trade that history has added later.
    this.prints.push(trade, isFromHistory(trade) ? undefined : this.quote);
    if ((barRules(trade.conditions, trade.tape) & BarRule.OPEN_CLOSE) !== 0) this.last = trade.price;
  }

  #dailyBar(bar: Bar): void {
    if (this.#day !== undefined && bar.seconds > this.#day.seconds) {
      this.previousClose = this.#day.close;
      this.spark.clear();
    }
    this.#day = bar;
    this.volume = bar.volume;
  }
}
