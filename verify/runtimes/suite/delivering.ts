import type { Quote, SlowEvent, StreamError, Trade } from "@tickerplant/client";
import { connector } from "@tickerplant/client/transport";
import { behaviour, type Case, unlessWebSocket } from "./case.ts";
import { expect, expectEqual, expectRejection, pass } from "./expect.ts";
import { quoteFrame, tradeFrame } from "./frames.ts";
import { Inbox } from "./inbox.ts";

/** A promise, and the function that resolves it. */
function gate(): { opened: Promise<void>; open(): void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

/** Slow and failing handlers, and their records. */
export const delivering: readonly Case[] = [
  behaviour("a slow handler receives records of one symbol in order, and of others concurrently", async (setup) => {
    const gateway = await setup.gateway();
    const { stream } = setup.subject(gateway);
    const first = gate();
    const done = new Inbox<string>();
    stream.subscribeTrades(async ({ symbol, id }) => {
      if (symbol === "AAPL" && id === 1) await first.opened;
      done.push(`${symbol} ${id}`);
    }, "*");
    await stream.connect();
    await gateway.publish(tradeFrame("AAPL", 2));
    await gateway.publish(tradeFrame("MSFT", 2));
    expectEqual(await done.first(2), ["MSFT 1", "MSFT 2"]);
    first.open();
    expectEqual((await done.first(4)).slice(2), ["AAPL 1", "AAPL 2"]);
  }),

  behaviour("a handler that throws or rejects is reported and receives the next record", async (setup) => {
    const gateway = await setup.gateway();
    const { stream, errors } = setup.subject(gateway);
    const calls = new Inbox<unknown>();
    stream.subscribeTrades(({ id }) => {
      calls.push(id);
      throw new Error("thrown");
    }, "AAPL");
    stream.subscribeTrades(async () => {
      throw new Error("rejected");
    }, "AAPL");
    await stream.connect();
    await gateway.publish(tradeFrame("AAPL", 2));
    expectEqual(await calls.first(2), [1, 2]);
    const reported = await errors.first(4);
    expect(
      reported.every(({ code }) => code === "handler_failed"),
      "failed handlers alone",
    );
    expectEqual(stream.metrics.handlerFailures, 4);
  }),

  behaviour(
    "a blocked handler stops the feed of the gateway, and nothing is lost",
    async (setup) => {
      const count = 400_000;
      const gateway = await setup.gateway({ pour: count });
      const { stream } = setup.subject(gateway);
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
      // The feed waits for its readers, so it stops once every buffer in between is full.
      let published = -1;
      for (let before = -2; before !== published; ) {
        before = published;
        await pass(300);
        published = (await gateway.report()).stats.published;
      }
      expect(published < count, `the feed to stop, it published all ${published}`);
      const { queued } = stream.metrics;
      expect(queued >= 1000 && queued < 10_000, `about a thousand records to wait, got ${queued}`);
      first.open();
      await last.opened;
      expectEqual([misplaced, stream.metrics.dropped], [0, 0], "records misplaced and dropped");
    },
    unlessWebSocket("cannot pause"),
  ),

  behaviour(
    "without pausing, a handler that cannot keep up is isolated, and the others go on",
    async (setup) => {
      const gateway = await setup.gateway();
      const { stream } = setup.subject(gateway);
      const errors = new Inbox<StreamError>();
      const others = new Inbox<Trade>();
      stream.on("error", errors.push);
      stream.subscribeTrades(() => pass(2), "AAPL", { maxQueued: 10 });
      stream.subscribeTrades(others.push, "AAPL");
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
    connector.pauses ? "the connection can be paused" : undefined,
  ),

  behaviour("dropOldest keeps the newest records, and counts and reports the others", async (setup) => {
    const gateway = await setup.gateway();
    const { stream } = setup.subject(gateway);
    const slow = new Inbox<SlowEvent>();
    stream.on("slow", slow.push);
    const first = gate();
    const got = new Inbox<Trade>();
    const everything = new Inbox<Trade>();
    stream.subscribeTrades(
      async (trade) => {
        if (trade.id === 1) await first.opened;
        got.push(trade);
      },
      "AAPL",
      { overflow: "dropOldest", maxQueued: 10 },
    );
    stream.subscribeTrades(everything.push, "AAPL");
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

  behaviour("conflate keeps the newest quote of each symbol", async (setup) => {
    const gateway = await setup.gateway();
    const { stream } = setup.subject(gateway);
    const first = gate();
    const got = new Inbox<Quote>();
    const everything = new Inbox<Quote>();
    stream.subscribeQuotes(
      async (quote) => {
        if (quote.bidSize === 1) await first.opened;
        got.push(quote);
      },
      "*",
      { overflow: "conflate", concurrency: 1 },
    );
    stream.subscribeQuotes(everything.push, "*");
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

  behaviour("disconnect ends the stream at the queue limit", async (setup) => {
    const gateway = await setup.gateway();
    const { stream } = setup.subject(gateway);
    stream.subscribeTrades(() => pass(2), "AAPL", { overflow: "disconnect", maxQueued: 10 });
    const run = stream.run();
    await stream.connect();
    const ended = expectRejection(run, { code: "slow_consumer", terminal: true });
    await Promise.all([gateway.publish(tradeFrame("AAPL", 100)), ended]);
  }),
];
