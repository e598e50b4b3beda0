import { StreamTail, type TailOptions } from "../continuity/backfill/stream-tail.ts";
import { STOCK_FILL_RULES } from "./fill-rules.ts";
import { STOCK_STREAM } from "./stock-stream.ts";

/**
 * What an earlier stream of stocks has delivered, for the option `resume` of the `StockDataStream` that continues it.
 *
 * @example
 * ```ts
 * const tail = new StockTail();
 * for await (const record of recordsOfAnotherProcess) tail.add(record);
 * const cause = new StreamError("connection_lost", "the other process has ended");
 * tail.end({ symbols: { trades: ["*"] }, completeMs: tail.heardMs, cause });
 * const stream = new StockDataStream({ feed: "sip", history: new StockHistory({ feed: "sip" }), resume: tail });
 * ```
 */
export class StockTail extends StreamTail {
  /** @throws TypeError for an option with a wrong value. */
  constructor(options: TailOptions = {}) {
    super({ name: "StockTail", schema: STOCK_STREAM, rules: STOCK_FILL_RULES }, options);
  }
}
