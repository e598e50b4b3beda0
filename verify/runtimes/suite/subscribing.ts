import type { Trade } from "@tickerplant/client";
import { behaviour, type Case } from "./case.ts";
import { expect, expectEqual, expectRejection, within } from "./expect.ts";
import { tradeFrame } from "./frames.ts";
import { Inbox } from "./inbox.ts";

/** Subscriptions, and their changes while the stream runs. */
export const subscribing: readonly Case[] = [
  behaviour(
    "a subscription made while the stream runs becomes active, and ends with the last subscription of its symbol",
    async (setup) => {
      const gateway = await setup.gateway();
      const { stream } = setup.subject(gateway);
      await stream.connect();
      const trades = new Inbox<Trade>();
      const first = stream.subscribeTrades(trades.push, "AAPL");
      const second = stream.subscribeTrades(() => {}, "AAPL");
      await Promise.all([first.ready, second.ready]);
      await gateway.publish(tradeFrame("AAPL"));
      await trades.first(1);
      await second.unsubscribe();
      await gateway.publish(tradeFrame("AAPL"));
      await trades.first(2);
      await first.unsubscribe();
      const { events } = await gateway.report();
      expectEqual(events.filter(({ type }) => type === "unsubscribed").length, 1, "requests to unsubscribe");
    },
  ),

  behaviour("the handler of a symbol and the handler of the wildcard both receive its records", async (setup) => {
    const gateway = await setup.gateway();
    const { stream } = setup.subject(gateway);
    const named = new Inbox<Trade>();
    const all = new Inbox<Trade>();
    stream.subscribeTrades(named.push, "AAPL");
    stream.subscribeTrades(all.push, "*");
    await stream.connect();
    await gateway.publish(tradeFrame("AAPL"));
    await gateway.publish(tradeFrame("MSFT"));
    expectEqual(
      (await all.first(2)).map(({ symbol }) => symbol),
      ["AAPL", "MSFT"],
    );
    expectEqual(
      named.items.map(({ symbol }) => symbol),
      ["AAPL"],
    );
  }),

  behaviour("subscribing and unsubscribing can be awaited in a handler", async (setup) => {
    const gateway = await setup.gateway();
    const { stream } = setup.subject(gateway, { ackTimeoutMs: 5_000 });
    const steps = new Inbox<string>();
    stream.subscribeTrades(
      async () => {
        await stream.subscribeQuotes(() => {}, "AAPL").ready;
        steps.push("subscribed");
        await stream.unsubscribeQuotes("AAPL");
        steps.push("unsubscribed");
      },
      "AAPL",
      { maxQueued: 1 },
    );
    await stream.connect();
    await gateway.publish(tradeFrame("AAPL", 2)); // the second fills the queue, so that the connection would pause
    expectEqual(await within(4_000, steps.first(4), "four answers"), [
      "subscribed",
      "unsubscribed",
      "subscribed",
      "unsubscribed",
    ]);
  }),

  behaviour("for await returns records in order, and break unsubscribes", async (setup) => {
    const gateway = await setup.gateway();
    const { stream } = setup.subject(gateway);
    const trades = stream.trades("AAPL");
    await stream.connect();
    await gateway.publish(tradeFrame("AAPL", 5));
    const ids: unknown[] = [];
    for await (const { id } of trades) {
      ids.push(id);
      if (ids.length === 3) break;
    }
    expectEqual(ids, [1, 2, 3]);
    await stream.subscribeBars(() => {}, "AAPL").ready; // answered after the request to unsubscribe
    const { events } = await gateway.report();
    expect(
      events.some(({ type }) => type === "unsubscribed"),
      "a request to unsubscribe",
    );
  }),

  behaviour("for await ends when the stream stops", async (setup) => {
    const gateway = await setup.gateway();
    const { stream } = setup.subject(gateway);
    const trades = stream.trades("AAPL");
    await stream.connect();
    await gateway.publish(tradeFrame("AAPL", 2));
    let count = 0;
    for await (const _ of trades) {
      count++;
      if (count === 2) void stream.stop();
    }
    expectEqual(count, 2);
  }),

  behaviour("a symbol over the limit is rejected with 405, and the others stay subscribed", async (setup) => {
    const gateway = await setup.gateway({ keys: [{ key: "key", secret: "secret", maxSymbols: 2 }] });
    const { stream } = setup.subject(gateway);
    const trades = new Inbox<Trade>();
    const kept = stream.subscribeTrades(trades.push, "AAPL", "MSFT");
    await stream.connect();
    const refused = stream.subscribeQuotes(() => {}, "IBM");
    await expectRejection(refused.ready, { code: "symbol_limit", serverCode: 405, symbols: { quotes: ["IBM"] } });
    expectEqual(refused.states[0]?.state, "rejected");
    await kept.ready;
    await gateway.publish(tradeFrame("MSFT"));
    await trades.first(1);
  }),

  behaviour("a channel that the feed lacks is rejected with 410, and the others stay subscribed", async (setup) => {
    const gateway = await setup.gateway({ channels: ["trades"] });
    const { stream } = setup.subject(gateway);
    const trades = stream.subscribeTrades(() => {}, "AAPL");
    const bars = stream.subscribeBars(() => {}, "AAPL");
    await expectRejection(Promise.all([stream.connect(), bars.ready]), { serverCode: 410 });
    await trades.ready;
  }),

  behaviour("three thousand symbols are subscribed to with one call", async (setup) => {
    const gateway = await setup.gateway();
    const { stream } = setup.subject(gateway);
    const trades = new Inbox<Trade>();
    const symbols = Array.from({ length: 3000 }, (_, index) => `SYM${index}`);
    const subscription = stream.subscribeTrades(trades.push, ...symbols);
    await stream.connect();
    await subscription.ready;
    await gateway.publish(tradeFrame("SYM2999"));
    await trades.first(1);
  }),

  behaviour("an AbortSignal ends a subscription", async (setup) => {
    const gateway = await setup.gateway();
    const { stream } = setup.subject(gateway);
    const abort = new AbortController();
    const ended = stream.subscribeTrades(() => {}, "AAPL", { signal: abort.signal });
    await stream.connect();
    abort.abort();
    expectEqual(ended.symbols, []);
    await stream.subscribeBars(() => {}, "AAPL").ready; // answered after the request to unsubscribe
    const { events } = await gateway.report();
    expect(
      events.some(({ type }) => type === "unsubscribed"),
      "a request to unsubscribe",
    );
  }),
];
