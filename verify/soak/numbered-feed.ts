import { type AnyRecord, Bar, Quote, Trade } from "@tickerplant/client";
import type { Feed, FeedSink } from "tickerplant";
import type { Classification, Counted } from "./questions.ts";

/** How many records of a channel keep their times: more than 90 seconds of quotes. */
const KEPT = 4_194_304;

/** How long after its time exchanges may report a trade. */
const MAX_REPORT_MS = 10_000;

/** The times of the newest records of a channel, by number. */
class Published {
  /** The number of the newest record; the first is 1. */
  count = 0;
  readonly #timesMs = new Float64Array(KEPT);
  readonly #isLate = new Uint8Array(KEPT);
  #newestMs = 0;

  add(record: AnyRecord): number {
    const timeMs = timeMsOf(record);
    const slot = ++this.count % KEPT;
    this.#timesMs[slot] = timeMs;
    this.#isLate[slot] = timeMs < this.#newestMs ? 1 : 0;
    if (timeMs > this.#newestMs) this.#newestMs = timeMs;
    return this.count;
  }

  /** How much older a record is than the newest one. */
  delayMs(record: AnyRecord): number {
    return this.#newestMs - timeMsOf(record);
  }

  classify(first: number, last: number, gaps: readonly (readonly [number, number])[]): Classification {
    const counts = { inGap: 0, late: 0, outside: 0 };
    for (let number = first; number <= last; number++) {
      const timeMs = this.#timesMs[number % KEPT] ?? 0;
      const isKept = number > this.count - KEPT && number <= this.count;
      if (isKept && gaps.some(([fromMs, toMs]) => timeMs >= fromMs && timeMs <= toMs)) counts.inGap++;
      else if (isKept && this.#isLate[number % KEPT] === 1) counts.late++;
      else counts.outside++;
    }
    return counts;
  }
}

/**
 * A feed that numbers the quotes, trades and bars of another feed from 1 in each channel, so that the
 * client sees which are missing. The number replaces a field that is not used here: the ask size of a
 * quote, the id of a trade, the trade count of a bar.
 */
export class NumberedFeed implements Feed {
  readonly paced: boolean;
  readonly published: Readonly<Record<Counted, Published>> = {
    quotes: new Published(),
    trades: new Published(),
    bars: new Published(),
  };
  readonly #inner: Feed;
  readonly #isOnlyFillable: boolean;
  readonly #ended = new AbortController();

  /**
   * With `isOnlyFillable` it has only records that history has as the stream does: no corrections and cancels, and no
   * trades that are reported later than exchanges may, which a fill does not look back for.
   */
  constructor(inner: Feed, isOnlyFillable = false) {
    this.#inner = inner;
    this.#isOnlyFillable = isOnlyFillable;
    this.paced = inner.paced;
  }

  run(sink: FeedSink, signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.end(), { once: true });
    const numbering: FeedSink = {
      publish: (record: AnyRecord) => {
        if (!this.#isOnlyFillable || this.#isFillable(record)) sink.publish(this.#numbered(record));
      },
      gap: (gap) => sink.gap?.(gap),
      room: () => sink.room(),
    };
    return this.#inner.run(numbering, this.#ended.signal);
  }

  /** Ends the market; connections stay open. */
  end(): void {
    this.#ended.abort();
  }

  #isFillable(record: AnyRecord): boolean {
    if (record instanceof Trade) return this.published.trades.delayMs(record) <= MAX_REPORT_MS;
    return record instanceof Quote || record.channel === "bars";
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

function timeMsOf({ seconds, nanos }: AnyRecord): number {
  return seconds * 1000 + nanos / 1e6;
}

/** The number of a quote, trade or bar of a {@link NumberedFeed}. */
export function numberOf(record: Quote | Trade | Bar): number {
  if (record instanceof Quote) return record.askSize;
  return record instanceof Trade ? Number(record.id) : (record.tradeCount ?? 0);
}
