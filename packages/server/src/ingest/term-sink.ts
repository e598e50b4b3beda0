import { isFromHistory } from "@tickerplant/client";
import { type ChannelSymbols, Codec, type MarketRecord } from "@tickerplant/client/wire";
import type { FeedWriter } from "@tickerplant/cluster";
import type { FeedGap, FeedSink, Outage, Rejection, SourceEvent, WireBytes } from "../feeds/feed.ts";
import type { NewestTime } from "./newest-time.ts";

/** What a term learns of its feed besides records. */
export interface TermEvents {
  source(event: SourceEvent): void;
  gap(gap: FeedGap): void;
  withdrawn(symbols: ChannelSymbols): void;
}

/** Writes what a feed publishes into the stream, in one order: records, gaps, and what else readers have to know. */
export class TermSink implements FeedSink {
  readonly #writer: FeedWriter;
  readonly #newest: NewestTime;
  readonly #events: TermEvents;
  #isFlushDue = false;
  #isEnded = false;
  #isStopping = false;

  constructor(writer: FeedWriter, newest: NewestTime, events: TermEvents) {
    this.#writer = writer;
    this.#newest = newest;
    this.#events = events;
  }

  /** The term is being ended: what the feed will not fill any more, the next leader fills. */
  stop(): void {
    this.#isStopping = true;
  }

  /** The term has ended: nothing is written any more. */
  end(): void {
    this.#isEnded = true;
  }

  publish(record: MarketRecord, bytes?: WireBytes): void {
    if (this.#isEnded) return;
    const own = bytes?.codec === Codec.MSGPACK ? bytes.frame.subarray(bytes.start, bytes.end) : undefined;
    this.#writer.add(record, own, isFromHistory(record));
    this.#newest.add(record);
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    queueMicrotask(() => {
      this.#isFlushDue = false;
      this.#writer.flush();
    });
  }

  gap(gap: FeedGap): void {
    if (this.#isEnded || this.#isStopping) return;
    const { channel, symbols, from, to, cause } = gap;
    const code = "code" in cause ? String(cause.code) : "unknown";
    this.#writer.event({
      type: "gap",
      channel,
      symbols,
      fromMs: from.getTime(),
      toMs: to.getTime(),
      cause: code,
      message: cause.message,
    });
    this.#events.gap(gap);
  }

  report(event: SourceEvent): void {
    if (this.#isEnded) return;
    if (event.type === "filled") {
      const { channel, symbols, from, to, recordCount } = event;
      this.#writer.event({ type: "filled", channel, symbols, fromMs: from.getTime(), toMs: to.getTime(), recordCount });
    }
    this.#events.source(event);
  }

  outage(outage: Outage | undefined): void {
    if (!this.#isEnded) this.#writer.event({ type: "outage", ...outage });
  }

  withdraw(symbols: ChannelSymbols, { number, message }: Rejection): void {
    if (this.#isEnded) return;
    this.#events.withdrawn(symbols);
    this.#writer.event({ type: "withdrawn", symbols, number, message });
  }

  room(): Promise<void> | undefined {
    return this.#writer.room();
  }
}
