import { setTimeout as sleep } from "node:timers/promises";
import { type Bar, Overflow, type Quote, type StockDataStream, type Trade } from "@tickerplant/client";
import type { ChannelAccount } from "./channel-account.ts";
import { Lags } from "./lags.ts";
import { numberOf } from "./numbered-feed.ts";
import type { Counted } from "./questions.ts";

/** A handler or iterator, and the records that it received. */
export interface Counter {
  readonly name: string;
  readonly channel: Counted;
  /** How it loses records, apart from gaps. */
  readonly loses: "nothing" | "dropped" | "conflated";
  delivered: number;
  /** Handler calls that are running. */
  running: number;
  /** Records received after a newer one of their symbol. Must stay 0. */
  disordered: number;
}

/** How long a slow handler works on a record. */
const WORK_MS = 4;

/** Subscribes a fast handler to each of the three channels, two slow handlers and an iterator. */
export class Handlers {
  readonly lags: Lags = new Lags();
  readonly counters: readonly Counter[];
  readonly #accounts: Readonly<Record<Counted, ChannelAccount>>;

  constructor(stream: StockDataStream, accounts: Readonly<Record<Counted, ChannelAccount>>) {
    this.#accounts = accounts;
    const fastQuotes = counter("fast handler", "quotes", "nothing");
    const fastTrades = counter("fast handler", "trades", "nothing");
    const fastBars = counter("fast handler", "bars", "nothing");
    const slowTrades = counter("slow handler, dropOldest", "trades", "dropped");
    const slowQuotes = counter("slow handler, conflate", "quotes", "conflated");
    const iteratedBars = counter("iterator", "bars", "nothing");
    this.counters = [fastQuotes, fastTrades, fastBars, slowTrades, slowQuotes, iteratedBars];

    // One for each channel, subscribed first: it receives every record that arrives.
    stream.subscribeQuotes((quote) => {
      this.lags.add(Date.now() - quote.seconds * 1000 - quote.nanos / 1e6);
      this.#received(fastQuotes, quote);
    }, "*");
    stream.subscribeTrades((trade) => this.#received(fastTrades, trade), "*");
    stream.subscribeBars((bar) => this.#received(fastBars, bar), "*");

    stream.subscribeTrades(slowly(slowTrades), "*", {
      overflow: Overflow.DROP_OLDEST,
      maxQueued: 5_000,
      concurrency: 8,
    });
    // Room for more than all symbols: quotes are replaced and never dropped.
    stream.subscribeQuotes(slowly(slowQuotes), "*", {
      overflow: Overflow.CONFLATE,
      maxQueued: 50_000,
      concurrency: 32,
    });
    void iterate(stream.bars("*"), iteratedBars);
  }

  /** The number of running handler calls. */
  get running(): number {
    return this.counters.reduce((sum, { running }) => sum + running, 0);
  }

  #received(counter: Counter, record: Quote | Trade | Bar): void {
    counter.delivered++;
    this.#accounts[counter.channel].add(numberOf(record));
  }
}

function counter(name: string, channel: Counted, loses: Counter["loses"]): Counter {
  return { name, channel, loses, delivered: 0, running: 0, disordered: 0 };
}

/** Returns a slow handler, which checks the order of each symbol. */
function slowly(counter: Counter): (record: Quote | Trade) => Promise<void> {
  const newest = new Map<string, number>();
  return async (record) => {
    counter.delivered++;
    counter.running++;
    const number = numberOf(record);
    if (number <= (newest.get(record.symbol) ?? 0)) counter.disordered++;
    newest.set(record.symbol, number);
    await sleep(WORK_MS);
    counter.running--;
  };
}

async function iterate(bars: AsyncIterable<Bar>, counter: Counter): Promise<void> {
  for await (const _bar of bars) counter.delivered++;
}
