import { STOCK_SCHEMA, Trade } from "@tickerplant/client";
import { VirtualClock } from "@tickerplant/client/testing";
import { expect, onTestFinished, test } from "vitest";
import { FeedReader, type FeedReaderParts, type ReaderPosition } from "../../src/reading/feed-reader.ts";
import { ModelLog } from "../../src/testing/model-log.ts";
import { beginEpoch } from "../../src/writing/begin-epoch.ts";
import { FeedWriter } from "../../src/writing/feed-writer.ts";

/** A feed in memory, with the trades of its ingests: one frame each, complete up to the trade's second. */
class Feed {
  readonly clock = new VirtualClock();
  readonly log = new ModelLog(() => this.clock.now());
  /** Whether its trades have a market time. */
  isTimed = true;
  #writer: FeedWriter | undefined;
  #second = 0;

  /** Another ingest leads. */
  async lead(epoch: number): Promise<void> {
    this.#writer?.end();
    const begun = await beginEpoch(this.log, epoch, { name: "london", id: "1", version: "1.2.3" }, this.clock);
    const writer = new FeedWriter({
      log: this.log,
      schema: STOCK_SCHEMA,
      clock: this.clock,
      epoch: begun.epoch,
      epochStart: begun.epochStart,
      watermark: () =>
        this.isTimed
          ? { completeMs: this.#second * 1_000, isComplete: true }
          : { completeMs: Number.NEGATIVE_INFINITY, isComplete: false },
      failed: (error) => {
        throw error;
      },
      troubled: () => {},
    });
    this.#writer = writer;
    onTestFinished(() => writer.end());
  }

  async trades(count: number): Promise<void> {
    for (let left = count; left > 0; left--) {
      this.#second++;
      this.#writer?.add(new Trade("A", this.#second, 0, this.#second, "V", 1, 1, ["@"], "C"), undefined, false);
      await this.#writer?.drained();
    }
  }

  /** Reads what the log has, and returns what was reported and the position. */
  async read(start: FeedReaderParts["start"]): Promise<{ reported: unknown[]; position: ReaderPosition }> {
    const reported: unknown[] = [];
    const stop = new AbortController();
    const reader = new FeedReader({
      log: this.log,
      clock: this.clock,
      start,
      events: {
        frame: ({ number }) => void reported.push(number),
        skipped: ({ fromMs, toMs, cause }) => void reported.push([fromMs, toMs, cause.message]),
        rewound: (number) => void reported.push(`rewound to ${number}`),
        caughtUp: () => {},
        lost: (error) => {
          throw error;
        },
      },
    });
    const running = reader.run(stop.signal);
    await this.clock.advance(1_000);
    stop.abort();
    await running;
    const { position } = reader;
    if (position === undefined) throw new Error("nothing was read");
    return { reported, position };
  }
}

async function feedWithTrades(count: number): Promise<Feed> {
  const feed = new Feed();
  await feed.lead(1);
  await feed.trades(count);
  return feed;
}

/** A position as it was written to a file and read again. */
function stored(position: ReaderPosition): ReaderPosition {
  return JSON.parse(JSON.stringify(position)) as ReaderPosition; // its own copy
}

const REMOVED = "frames are not in the stream any more: it keeps too little for a reader that was away so long";

test("a reader behind the position of an earlier one reads the frames that follow", async () => {
  const feed = await feedWithTrades(3);
  const { position } = await feed.read({ sequence: 1 });
  await feed.trades(2);
  expect(await feed.read({ after: stored(position) })).toMatchObject({ reported: [5, 6], position: { number: 6 } });
});

test("a reader behind an earlier one reports the frames that were removed while neither ran", async () => {
  const feed = await feedWithTrades(3);
  const { position } = await feed.read({ sequence: 1 });
  await feed.trades(5);
  feed.log.removeUpTo(7);
  expect((await feed.read({ after: stored(position) })).reported).toEqual([[3_000, 7_000, `3 ${REMOVED}`], 8, 9]);
});

test("a reader behind an earlier one goes back to frames that have replaced others while neither ran", async () => {
  const feed = await feedWithTrades(5);
  const { position } = await feed.read({ sequence: 1 });
  feed.log.truncate(4);
  await feed.lead(2);
  await feed.trades(3);
  expect((await feed.read({ after: stored(position) })).reported).toEqual(["rewound to 5", 5, 6, 7, 8]);
});

test("a reader behind an earlier one reads a stream that was made again from its begin, and reports the loss", async () => {
  const feed = await feedWithTrades(3);
  const { position } = await feed.read({ sequence: 1 });
  feed.log.recreate();
  await feed.lead(2);
  await feed.trades(1);
  const loss = [3_000, 4_000, "the stream was deleted and made again"];
  expect((await feed.read({ after: stored(position) })).reported).toEqual([1, loss, 2]);
});

test("a loss that no watermark has ended yet is in the position, and reported by the next reader", async () => {
  const feed = await feedWithTrades(3);
  const first = await feed.read({ sequence: 1 });
  feed.log.recreate();
  feed.isTimed = false;
  await feed.lead(2);
  await feed.trades(1);
  const second = await feed.read({ after: first.position });
  expect(second.reported).toEqual([1, 2]);
  feed.isTimed = true;
  await feed.trades(1);
  const third = await feed.read({ after: { ...second.position } });
  expect(third.reported).toEqual([[3_000, 5_000, "the stream was deleted and made again"], 3]);
  expect(third.position.missing).toBeUndefined();
});
