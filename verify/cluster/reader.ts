import { StockDataStream } from "@tickerplant/client";
import { KEYS } from "../shared/command.ts";
import { keyOf, type Published } from "./market.ts";

/** What a reader lacks, has twice, or has in another order. */
export interface ReaderProblems {
  readonly missing: readonly Published[];
  readonly doubled: number;
  readonly disordered: number;
  readonly reportedGaps: number;
}

/** A client of a gateway, without a history of its own: what the gateway sends is what it has. */
export class Reader {
  readonly keys: string[] = [];
  readonly #stream: StockDataStream;
  #reportedGaps = 0;

  constructor(port: number) {
    this.#stream = new StockDataStream({
      apiKey: KEYS.APCA_API_KEY_ID,
      secretKey: KEYS.APCA_API_SECRET_KEY,
      urlOverride: `ws://127.0.0.1:${port}/v2/sip`,
    });
    this.#stream.on("gap", ({ channel }) => {
      if (channel === "trades") this.#reportedGaps++;
    });
    this.#stream.on("error", (error) => console.log(`reader: ${error.message}`));
    this.#stream.subscribeTrades((trade) => void this.keys.push(keyOf(trade)), "*");
  }

  async connect(): Promise<void> {
    await this.#stream.connect();
  }

  async close(): Promise<void> {
    await this.#stream.close();
  }

  /** Compares what came with what was published. Late trades have no place among the others: a fill sorts by time. */
  problems(published: readonly Published[]): ReaderProblems {
    const counts = new Map<string, number>();
    for (const key of this.keys) counts.set(key, (counts.get(key) ?? 0) + 1);
    const onTime = new Map(
      published.filter(({ isLate }) => !isLate).map(({ key, symbol }, at) => [key, { symbol, at }]),
    );
    const last = new Map<string, number>();
    let disordered = 0;
    for (const key of this.keys) {
      const one = onTime.get(key);
      if (one === undefined) continue;
      if (one.at < (last.get(one.symbol) ?? -1)) disordered++;
      last.set(one.symbol, one.at);
    }
    return {
      missing: published.filter(({ key }) => !counts.has(key)),
      doubled: [...counts.values()].reduce((sum, count) => sum + count - 1, 0),
      disordered,
      reportedGaps: this.#reportedGaps,
    };
  }
}
