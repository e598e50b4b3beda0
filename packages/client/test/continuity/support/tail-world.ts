import { type AnyRecord, type StockDataStreamOptions, StreamError } from "../../../src/index.ts";
import { StockTail, type TailEnding } from "../../../src/index-history.ts";
import { VirtualClock } from "../../../src/testing/index.ts";
import type { MarketRecord } from "../../../src/wire/index.ts";
import type { PastOptions } from "./past.ts";
import { World } from "./world.ts";

export const ENDED: StreamError = new StreamError("connection_lost", "the earlier stream has ended");

/** A world whose stream continues another one, which has delivered what the test adds to the tail. */
export class TailWorld extends World {
  readonly tail: StockTail;

  constructor(
    options: PastOptions = {},
    streamOptions: StockDataStreamOptions = {},
    clock: VirtualClock = new VirtualClock(),
  ) {
    const tail = new StockTail({ clock, fill: streamOptions.fill });
    super(options, { clock, resume: tail, ...streamOptions });
    this.tail = tail;
  }

  /** The handler of the stream: one, so that several subscriptions of a symbol receive each record once. */
  readonly receive = (record: AnyRecord): void => void this.got.push(record);

  /** The earlier stream has delivered records. */
  delivered(...records: MarketRecord[]): void {
    for (const record of records) this.tail.add(record);
  }

  /** The earlier stream has ended, and was complete up to its newest record if the test says nothing else. */
  end(ending: Partial<TailEnding> = {}): void {
    this.tail.end({ symbols: { trades: ["*"] }, completeMs: this.tail.heardMs, cause: ENDED, ...ending });
  }
}
