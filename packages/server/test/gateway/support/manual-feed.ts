import type { MarketRecord } from "@tickerplant/client/wire";
import type { Feed, FeedGap, FeedSink, FeedStatus } from "../../../src/feeds/feed.ts";

/** A feed whose records come from the test. */
export class ManualFeed implements Feed {
  readonly paced: boolean;
  /** How often it was run. */
  runs = 0;
  status: FeedStatus = { isReady: true };
  #sink: FeedSink | undefined;
  #settle: { resolve(): void; reject(error: unknown): void } | undefined;

  constructor(paced = true) {
    this.paced = paced;
  }

  run(sink: FeedSink, signal: AbortSignal): Promise<void> {
    this.runs++;
    this.#sink = sink;
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  /** Publishes records in one go. */
  publish(...records: MarketRecord[]): void {
    if (this.#sink === undefined) throw new Error("the gateway has not started this feed");
    for (const record of records) this.#sink.publish(record);
  }

  /** Reports a gap. */
  gap(gap: FeedGap): void {
    this.#sink?.gap?.(gap);
  }

  /** Asks for room. */
  room(): Promise<void> | undefined {
    if (this.#sink === undefined) throw new Error("the gateway has not started this feed");
    return this.#sink.room();
  }

  /** Ends it. */
  end(): void {
    this.#settle?.resolve();
  }

  /** Lets it fail. */
  fail(error: unknown): void {
    this.#settle?.reject(error);
  }
}
