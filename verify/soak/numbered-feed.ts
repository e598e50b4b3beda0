import { type AnyRecord, Bar, Quote, Trade } from "@tickerplant/client";
import type { Feed, FeedSink } from "tickerplant";
import type { Counted, Judgement } from "./messages.ts";

/** Records of one channel whose times are kept: more than a minute and a half of quotes. */
const KEPT = 4_194_304;

/** The times of a channel's newest records, by number. */
class Published {
  /** The number of the newest record; the first is 1. */
  count = 0;
  readonly #timesMs = new Float64Array(KEPT);
  readonly #isLate = new Uint8Array(KEPT);
  #newestMs = 0;

  add(record: AnyRecord): number {
    const timeMs = record.seconds * 1000 + record.nanos / 1e6;
    const slot = ++this.count % KEPT;
    this.#timesMs[slot] = timeMs;
    this.#isLate[slot] = timeMs < this.#newestMs ? 1 : 0;
    if (timeMs > this.#newestMs) this.#newestMs = timeMs;
    return this.count;
  }

  judge(first: number, last: number, gaps: readonly (readonly [number, number])[]): Judgement {
    const judgement = { inGap: 0, late: 0, outside: 0 };
    for (let number = first; number <= last; number++) {
      const timeMs = this.#timesMs[number % KEPT] ?? 0;
      const isKept = number > this.count - KEPT && number <= this.count;
      if (isKept && gaps.some(([fromMs, toMs]) => timeMs >= fromMs && timeMs <= toMs)) judgement.inGap++;
      else if (isKept && this.#isLate[number % KEPT] === 1) judgement.late++;
      else judgement.outside++;
    }
    return judgement;
  }
}

/**
 * A feed whose quotes, trades and bars are numbered from 1 in their channel, so that the other end
 * sees which never came. The number stands where the protocol has room for one and nobody here
 * looks at it: a quote's ask size, a trade's id, a bar's count of trades.
 */
export class NumberedFeed implements Feed {
  readonly paced: boolean;
  readonly published: Readonly<Record<Counted, Published>> = {
    quotes: new Published(),
    trades: new Published(),
    bars: new Published(),
  };
  readonly #inner: Feed;
  readonly #ended = new AbortController();

  constructor(inner: Feed) {
    this.#inner = inner;
    this.paced = inner.paced;
  }

  run(sink: FeedSink, signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.end(), { once: true });
    const numbering: FeedSink = {
      publish: (record) => sink.publish(this.#numbered(record)),
      room: () => sink.room(),
    };
    return this.#inner.run(numbering, this.#ended.signal);
  }

  /** Ends the market; connections stay open. */
  end(): void {
    this.#ended.abort();
  }

  #numbered(record: AnyRecord): AnyRecord {
    const { symbol, seconds, nanos } = record;
    if (record instanceof Quote) {
      const { bidExchange, bidPrice, bidSize, askExchange, askPrice, conditions, tape } = record;
      const askSize = this.published.quotes.add(record);
      const bid = [bidExchange, bidPrice, bidSize] as const;
      return new Quote(symbol, seconds, nanos, ...bid, askExchange, askPrice, askSize, conditions, tape);
    }
    if (record instanceof Trade) {
      const { exchange, price, size, conditions, tape } = record;
      const id = this.published.trades.add(record);
      return new Trade(symbol, seconds, nanos, id, exchange, price, size, conditions, tape);
    }
    if (record instanceof Bar && record.channel === "bars") {
      const { channel, open, high, low, close, volume, vwap } = record;
      const tradeCount = this.published.bars.add(record);
      return new Bar(channel, symbol, seconds, nanos, open, high, low, close, volume, tradeCount, vwap);
    }
    return record;
  }
}

/** The number of a quote, trade or bar of a {@link NumberedFeed}. */
export function numberOf(record: Quote | Trade | Bar): number {
  if (record instanceof Quote) return record.askSize;
  return record instanceof Trade ? Number(record.id) : (record.tradeCount ?? 0);
}
