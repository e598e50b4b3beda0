import { CryptoOrderBook, OrderBook } from "@tickerplant/client";
import { type ChannelSymbols, type MarketRecord, WILDCARD } from "@tickerplant/client/wire";
import type { FeedGap, IsSent } from "./feed.ts";
import type { SnapshotSink } from "./record-sink.ts";

/** A book, and the record that changed it last. */
interface KnownBook {
  readonly book: OrderBook;
  last: CryptoOrderBook;
}

/** The order books of a feed's symbols: a client that subscribes is sent the whole book, then its changes. */
export class OrderBooks implements SnapshotSink {
  readonly #books = new Map<string, KnownBook>();

  record(record: MarketRecord): void {
    if (!(record instanceof CryptoOrderBook)) return;
    const known = this.#books.get(record.symbol) ?? { book: new OrderBook(), last: record };
    this.#books.set(record.symbol, known);
    known.book.apply(record);
    known.last = record;
  }

  /** Forgets the books that may lack a change, until their next snapshot. */
  gap({ channel, symbols, from }: FeedGap): void {
    if (channel !== "orderbooks") return;
    for (const [symbol, { book }] of this.#books) {
      if (symbols.includes(symbol) || symbols.includes(WILDCARD)) book.clear(from);
    }
  }

  narrowed(isSent: IsSent): void {
    for (const symbol of this.#books.keys()) if (!isSent("orderbooks", symbol)) this.#books.delete(symbol);
  }

  *snapshot({ orderbooks = [] }: ChannelSymbols): Generator<CryptoOrderBook> {
    for (const symbol of orderbooks.includes(WILDCARD) ? this.#books.keys() : new Set(orderbooks)) {
      const known = this.#books.get(symbol);
      if (known?.book.isComplete !== true) continue;
      const { book, last } = known;
      yield new CryptoOrderBook(symbol, last.seconds, last.nanos, [...book.bids], [...book.asks], true);
    }
  }
}
