import {
  type AnyCryptoRecord,
  type AnyRecord,
  type Bar,
  BarRule,
  type CryptoBar,
  isFromHistory,
  type Luld,
  type TradingStatus,
  tradingStateOf,
} from "@tickerplant/client";
import { MAX_HALTS, MAX_PRINTS, MAX_QUOTES, SILENT_AFTER_MS, SILENT_INTERVALS } from "../limits.ts";
import { type BoardBar, MinuteBars, minuteRules } from "./board-bars.ts";
import { foreign } from "./foreign.ts";
import type { AnyQuote, AnyTrade, Print, PrintUpdate } from "./print.ts";
import { Ring } from "./ring.ts";
import { Trend } from "./trend.ts";

/** A record of any asset class. */
export type BoardRecord = AnyRecord | AnyCryptoRecord;

/** A halt of the market. */
export interface Halt {
  readonly sinceSeconds: number;
  /** Undefined while it lasts. */
  readonly untilSeconds: number | undefined;
  /** In the server's words, safe to print. */
  readonly reason: string;
}

/** What is held of a symbol that can be opened. */
export interface SymbolDetail {
  readonly prints: Ring<Print>;
  readonly quotes: Ring<AnyQuote>;
  readonly minutes: MinuteBars;
}

/** What is known of a symbol. Unknown values are undefined. Prices are in dollars. */
export class BoardSymbol {
  readonly symbol: string;
  /** The symbol, safe to print. */
  readonly name: string;
  /** Trades and quotes received. */
  recordCount = 0;
  /** Of the trades since the start of the board, or of the day where the server sends daily bars. */
  volume = 0;
  /** The close of the day before, where a history has it. */
  previousClose: number | undefined;
  /** The price of the first trade. */
  first: number | undefined;
  /** The price of the last trade that counts for the close of a bar: not that of an odd lot. */
  last: number | undefined;
  quote: AnyQuote | undefined;
  luld: Luld | undefined;
  /** Newest first. */
  halts: readonly Halt[] = [];
  /** Why the server does not send the symbol, safe to print. */
  rejection: string | undefined;
  /** How long no trade and no quote came; undefined while they come as expected. */
  silentMs: number | undefined;
  trend: Trend = new Trend();
  detail: SymbolDetail | undefined;
  #dailyBar: BoardBar | undefined;
  #hasTrades = false;
  #createdAtMs: number | undefined;
  #countedRecords = 0;
  #countedAtMs = 0;

  constructor(symbol: string) {
    this.symbol = symbol;
    this.name = foreign(symbol);
  }

  /** The halt that lasts. */
  get halt(): Halt | undefined {
    const [newest] = this.halts;
    return newest?.untilSeconds === undefined ? newest : undefined;
  }

  /** The change since the previous close, or else since the first trade, in percent; undefined before a trade. */
  get changePercent(): number | undefined {
    const { last } = this;
    const before = this.previousClose ?? this.first;
    return before === undefined || last === undefined || before === 0 ? undefined : (last / before - 1) * 100;
  }

  /** Holds trades, quotes and bars from now on. */
  keepDetail(): void {
    this.detail ??= { prints: new Ring(MAX_PRINTS), quotes: new Ring(MAX_QUOTES), minutes: new MinuteBars() };
  }

  /** Accepts a record. */
  push(record: BoardRecord): void {
    switch (record.channel) {
      case "trades":
        return this.#trade(record);
      case "quotes":
        this.recordCount++;
        this.quote = record;
        this.detail?.quotes.push(record);
        return;
      case "bars":
      case "updatedBars":
        return this.#bar(record);
      case "dailyBars":
        this.#dailyBar = record;
        this.volume = record.volume;
        return;
      case "statuses":
        return this.#status(record);
      case "lulds":
        this.luld = record;
        return;
      case "corrections": {
        const { originalId, exchange, correctedPrice, correctedSize } = record;
        return this.#update(originalId, exchange, { kind: "corrected", price: correctedPrice, size: correctedSize });
      }
      case "cancelErrors":
        return this.#update(record.id, record.exchange, { kind: "cancelled" });
      case "imbalances":
      case "orderbooks":
        return; // counted by the stream, and not shown
    }
  }

  /** Looks for silence, about once a second. `isExpected`: whether records should come at all. */
  checkSilence(nowMs: number, isExpected: boolean): void {
    this.#createdAtMs ??= nowMs;
    if (!isExpected || this.recordCount !== this.#countedRecords || this.#countedAtMs === 0) this.#countedAtMs = nowMs;
    this.#countedRecords = this.recordCount;
    const silentMs = nowMs - this.#countedAtMs;
    const intervalMs = (this.#countedAtMs - this.#createdAtMs) / Math.max(1, this.recordCount);
    const isSilent = silentMs >= SILENT_AFTER_MS && silentMs >= intervalMs * SILENT_INTERVALS;
    this.silentMs = isSilent && this.recordCount > 0 ? silentMs : undefined;
  }

  /** A copy that later records do not change. */
  copy(): BoardSymbol {
    const copy = Object.assign(new BoardSymbol(this.symbol), this);
    copy.trend = this.trend.copy();
    if (this.detail !== undefined) {
      const { prints, quotes, minutes } = this.detail;
      copy.detail = { prints: prints.copy(), quotes: quotes.copy(), minutes: minutes.copy() };
    }
    return copy;
  }

  #trade(trade: AnyTrade): void {
    const rules = minuteRules(trade);
    const { price } = trade;
    this.recordCount++;
    this.#hasTrades = true;
    if (this.#dailyBar === undefined && (rules & BarRule.VOLUME) !== 0) this.volume += trade.size;
    if ((rules & BarRule.OPEN_CLOSE) !== 0) this.#price(price, trade.seconds);
    if (this.detail === undefined) return;
    // The quote of now is not the one before a trade that history has added later.
    const quote = isFromHistory(trade) ? undefined : this.quote;
    this.detail.prints.push({ trade, quote, update: undefined });
    this.detail.minutes.pushTrade(trade, rules);
  }

  #bar(bar: Bar | CryptoBar): void {
    this.detail?.minutes.pushBar(bar);
    if (this.#hasTrades || bar.volume === 0) return;
    this.#price(bar.close, bar.seconds);
    if (bar.channel === "bars") this.volume += bar.volume;
  }

  #price(price: number, seconds: number): void {
    this.first ??= price;
    this.last = price;
    this.trend.push(price, seconds);
  }

  #status({ statusCode, statusMessage, reasonMessage, seconds }: TradingStatus): void {
    const { halt } = this;
    const state = tradingStateOf(statusCode);
    if (state === "halted" && halt === undefined) {
      const reason = foreign(reasonMessage || statusMessage);
      this.halts = [{ sinceSeconds: seconds, untilSeconds: undefined, reason }, ...this.halts].slice(0, MAX_HALTS);
    }
    if (state === "trading" && halt !== undefined)
      this.halts = [{ ...halt, untilSeconds: seconds }, ...this.halts.slice(1)];
  }

  #update(id: unknown, exchange: string, update: PrintUpdate): void {
    const found = this.detail?.prints
      .newestFirst()
      .find(({ trade }) => trade.id === id && "exchange" in trade && trade.exchange === exchange);
    if (found !== undefined) found.update = update;
  }
}
