import { setTimeout as sleep } from "node:timers/promises";
import { type Bar, Overflow, type Quote, type StockDataStream, type Trade } from "@tickerplant/client";
import type { Account } from "./account.ts";
import { Lags } from "./lags.ts";
import type { Counted } from "./messages.ts";
import { numberOf } from "./numbered-feed.ts";

/** A handler or iterator, and what it got. */
export interface Counter {
  readonly name: string;
  readonly channel: Counted;
  /** What happens to records that it does not get, beside gaps. */
  readonly loses: "nothing" | "dropped" | "conflated";
  delivered: number;
  /** Handlers at work. */
  atWork: number;
  /** Records of a symbol that came behind a newer one. Must stay 0. */
  disordered: number;
}

/** How long the slow handlers take for a record. */
const WORK_MS = 4;

/** Subscribes a fast handler to all three channels, and slow ones and an iterator beside it. */
export class Handlers {
  readonly lags: Lags = new Lags();
  readonly counters: readonly Counter[];
  readonly #accounts: Readonly<Record<Counted, Account>>;

  constructor(stream: StockDataStream, accounts: Readonly<Record<Counted, Account>>) {
    this.#accounts = accounts;
    const fastQuotes = counter("fast handler", "quotes", "nothing");
    const fastTrades = counter("fast handler", "trades", "nothing");
    const fastBars = counter("fast handler", "bars", "nothing");
    const slowTrades = counter("slow handler, dropOldest", "trades", "dropped");
    const slowQuotes = counter("slow handler, conflate", "quotes", "conflated");
    const pulledBars = counter("iterator", "bars", "nothing");
    this.counters = [fastQuotes, fastTrades, fastBars, slowTrades, slowQuotes, pulledBars];

    // One for each channel, and first: what it sees is what arrived.
    stream.subscribeQuotes((quote) => {
      this.lags.add(Date.now() - quote.seconds * 1000 - quote.nanos / 1e6);
      this.#arrived(fastQuotes, quote);
    }, "*");
    stream.subscribeTrades((trade) => this.#arrived(fastTrades, trade), "*");
    stream.subscribeBars((bar) => this.#arrived(fastBars, bar), "*");

    stream.subscribeTrades(slowly(slowTrades), "*", {
      overflow: Overflow.DROP_OLDEST,
      maxQueued: 5_000,
      concurrency: 8,
    });
    // More room than there are stocks: it replaces quotes and never drops one.
    stream.subscribeQuotes(slowly(slowQuotes), "*", {
      overflow: Overflow.CONFLATE,
      maxQueued: 50_000,
      concurrency: 32,
    });
    void pull(stream.bars("*"), pulledBars);
  }

  /** Handlers at work. */
  get atWork(): number {
    return this.counters.reduce((sum, { atWork }) => sum + atWork, 0);
  }

  #arrived(counter: Counter, record: Quote | Trade | Bar): void {
    counter.delivered++;
    this.#accounts[counter.channel].add(numberOf(record));
  }
}

function counter(name: string, channel: Counted, loses: Counter["loses"]): Counter {
  return { name, channel, loses, delivered: 0, atWork: 0, disordered: 0 };
}

/** A handler that takes its time, and checks that records of a symbol come in order. */
function slowly(counter: Counter): (record: Quote | Trade) => Promise<void> {
  const newest = new Map<string, number>();
  return async (record) => {
    counter.delivered++;
    counter.atWork++;
    const number = numberOf(record);
    if (number <= (newest.get(record.symbol) ?? 0)) counter.disordered++;
    newest.set(record.symbol, number);
    await sleep(WORK_MS);
    counter.atWork--;
  };
}

async function pull(bars: AsyncIterable<Bar>, counter: Counter): Promise<void> {
  for await (const _bar of bars) counter.delivered++;
}
