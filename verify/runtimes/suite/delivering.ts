import type { Quote, SlowEvent, StreamError, Trade } from "@tickerplant/client";
import { connector } from "@tickerplant/client/transport";
import { behaviour, type Case, unlessWebSocket } from "./case.ts";
import { expect, expectEqual, expectRejection, pass } from "./expect.ts";
import { quoteFrame, tradeFrame } from "./frames.ts";
import { Inbox } from "./inbox.ts";

/** A promise, and what resolves it. */
function gate(): { opened: Promise<void>; open(): void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

/** Handlers that are slow or fail, and what becomes of their records. */
export const delivering: readonly Case[] = [
  behaviour("a slow handler gets one symbol's records in order, others side by side", async (bench) => {
    const gateway = await bench.gateway();
    const { stream } = bench.subject(gateway);
    const first = gate();
    const done = new Inbox<string>();
    stream.subscribeTrades(async ({ symbol, id }) => {
      if (symbol === "AAPL" && id === 1) await first.opened;
      done.take(`${symbol} ${id}`);
    }, "*");
    await stream.connect();
    await gateway.publish(tradeFrame("AAPL", 2));
    await gateway.publish(tradeFrame("MSFT", 2));
    expectEqual(await done.first(2), ["MSFT 1", "MSFT 2"]);
    first.open();
    expectEqual((await done.first(4)).slice(2), ["AAPL 1", "AAPL 2"]);
  }),

  behaviour("a handler that throws or rejects is reported and gets the next record", async (bench) => {
    const gateway = await bench.gateway();
    const { stream, errors } = bench.subject(gateway);
    const calls = new Inbox<unknown>();
    stream.subscribeTrades(({ id }) => {
      calls.take(id);
      throw new Error("thrown");
    }, "AAPL");
    stream.subscribeTrades(async () => {
      throw new Error("rejected");
    }, "AAPL");
    await stream.connect();
    await gateway.publish(tradeFrame("AAPL", 2));
    expectEqual(await calls.first(2), [1, 2]);
    const told = await errors.first(4);
    expect(
      told.every(({ code }) => code === "handler_failed"),
      "failed handlers alone",
    );
    expectEqual(stream.metrics.handlerFailures, 4);
  }),

  behaviour(
    "a blocked handler stops the feed at the far end, and nothing is lost",
    async (bench) => {
      const count = 400_000;
      const gateway = await bench.gateway({ pour: count });
      const { stream } = bench.subject(gateway);
      const first = gate();
      const last = gate();
      let next = 0;
      let misplaced = 0;
      stream.subscribeTrades(
        async ({ id }) => {
          if (id === 0) await first.opened;
          if (id !== next++) misplaced++;
          if (next === count) last.open();
        },
        "POUR",
        { maxQueued: 1000 },
      );
      await stream.connect();
      // The feed waits for its readers, so it stands still once every buffer between is full.
      let published = -1;
      for (let before = -2; before !== published; ) {
        before = published;
        await pass(300);
        published = (await gateway.report()).stats.published;
      }
      expect(published < count, `the feed to stand still, it published all ${published}`);
      const { queued } = stream.metrics;
      expect(queued >= 1000 && queued < 10_000, `about a thousand records to wait, got ${queued}`);
      first.open();
      await last.opened;
      expectEqual([misplaced, stream.metrics.dropped], [0, 0], "records misplaced and dropped");
    },
    unlessWebSocket("cannot stop reading"),
  ),

  behaviour(
    "where reading cannot stop, a handler that stays behind is isolated, and the others go on",
    async (bench) => {
      const gateway = await bench.gateway();
      const { stream } = bench.subject(gateway);
      const errors = new Inbox<StreamError>();
      const others = new Inbox<Trade>();
      stream.on("error", errors.take);
      stream.subscribeTrades(() => pass(2), "AAPL", { maxQueued: 10 });
      stream.subscribeTrades(others.take, "AAPL");
      await stream.connect();
      await gateway.publish(tradeFrame("AAPL", 200));
      const [error] = await errors.first(1);
      expectEqual(error?.code, "subscription_stalled", "the error");
      const ids = (await others.first(200)).map(({ id }) => id);
      expectEqual(
        ids,
        Array.from({ length: 200 }, (_, index) => index + 1),
        "the other's records",
      );
    },
    connector.pauses ? "reading can be stopped" : undefined,
  ),

  behaviour("dropOldest keeps the newest records, counts the others and tells", async (bench) => {
    const gateway = await bench.gateway();
    const { stream } = bench.subject(gateway);
    const slow = new Inbox<SlowEvent>();
    stream.on("slow", slow.take);
    const first = gate();
    const got = new Inbox<Trade>();
    const everything = new Inbox<Trade>();
    stream.subscribeTrades(
      async (trade) => {
        if (trade.id === 1) await first.opened;
        got.take(trade);
      },
      "AAPL",
      { overflow: "dropOldest", maxQueued: 10 },
    );
    stream.subscribeTrades(everything.take, "AAPL");
    await stream.connect();
    await gateway.publish(tradeFrame("AAPL", 1000));
    await everything.first(1000);
    first.open();
    expectEqual(
      (await got.first(11)).map(({ id }) => id),
      [1, 991, 992, 993, 994, 995, 996, 997, 998, 999, 1000],
    );
    expectEqual(stream.metrics.dropped, 989, "dropped records");
    expectEqual((await slow.first(1))[0]?.overflow, "dropOldest");
  }),

  behaviour("conflate keeps the newest quote of each symbol", async (bench) => {
    const gateway = await bench.gateway();
    const { stream } = bench.subject(gateway);
    const first = gate();
    const got = new Inbox<Quote>();
    const everything = new Inbox<Quote>();
    stream.subscribeQuotes(
      async (quote) => {
        if (quote.bidSize === 1) await first.opened;
        got.take(quote);
      },
      "*",
      { overflow: "conflate", concurrency: 1 },
    );
    stream.subscribeQuotes(everything.take, "*");
    await stream.connect();
    await gateway.publish(quoteFrame("AAPL", 100));
    await gateway.publish(quoteFrame("MSFT", 50));
    await everything.first(150);
    first.open();
    expectEqual(
      (await got.first(3)).map(({ symbol, bidSize }) => `${symbol} ${bidSize}`),
      ["AAPL 1", "AAPL 100", "MSFT 50"],
    );
  }),

  behaviour("disconnect ends the stream at the bound", async (bench) => {
    const gateway = await bench.gateway();
    const { stream } = bench.subject(gateway);
    stream.subscribeTrades(() => pass(2), "AAPL", { overflow: "disconnect", maxQueued: 10 });
    const run = stream.run();
    await stream.connect();
    const ended = expectRejection(run, { code: "slow_consumer", terminal: true });
    await Promise.all([gateway.publish(tradeFrame("AAPL", 100)), ended]);
  }),
];
