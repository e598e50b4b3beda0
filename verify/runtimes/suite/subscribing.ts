import type { Trade } from "@tickerplant/client";
import { behaviour, type Case } from "./case.ts";
import { expect, expectEqual, expectRejection, within } from "./expect.ts";
import { tradeFrame } from "./frames.ts";
import { Inbox } from "./inbox.ts";

/** Who gets what, and how that changes while the stream runs. */
export const subscribing: readonly Case[] = [
  behaviour(
    "a subscription made while the stream runs becomes active, and ends with its last holder",
    async (bench) => {
      const gateway = await bench.gateway();
      const { stream } = bench.subject(gateway);
      await stream.connect();
      const trades = new Inbox<Trade>();
      const first = stream.subscribeTrades(trades.take, "AAPL");
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

  behaviour("a symbol's handler and the wildcard's both get its records", async (bench) => {
    const gateway = await bench.gateway();
    const { stream } = bench.subject(gateway);
    const named = new Inbox<Trade>();
    const all = new Inbox<Trade>();
    stream.subscribeTrades(named.take, "AAPL");
    stream.subscribeTrades(all.take, "*");
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

  behaviour("subscribing and unsubscribing can be awaited in a handler", async (bench) => {
    const gateway = await bench.gateway();
    const { stream } = bench.subject(gateway, { ackTimeoutMs: 5_000 });
    const steps = new Inbox<string>();
    stream.subscribeTrades(
      async () => {
        await stream.subscribeQuotes(() => {}, "AAPL").ready;
        steps.take("subscribed");
        await stream.unsubscribeQuotes("AAPL");
        steps.take("unsubscribed");
      },
      "AAPL",
      { maxQueued: 1 },
    );
    await stream.connect();
    await gateway.publish(tradeFrame("AAPL", 2)); // the second fills the queue, so that reading would stop
    expectEqual(await within(4_000, steps.first(4), "four answers"), [
      "subscribed",
      "unsubscribed",
      "subscribed",
      "unsubscribed",
    ]);
  }),

  behaviour("for await hands out records in order, and break unsubscribes", async (bench) => {
    const gateway = await bench.gateway();
    const { stream } = bench.subject(gateway);
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

  behaviour("for await ends when the stream stops", async (bench) => {
    const gateway = await bench.gateway();
    const { stream } = bench.subject(gateway);
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

  behaviour("a symbol too many is refused with 405, and what was subscribed stays", async (bench) => {
    const gateway = await bench.gateway({ keys: [{ key: "key", secret: "secret", maxSymbols: 2 }] });
    const { stream } = bench.subject(gateway);
    const trades = new Inbox<Trade>();
    const kept = stream.subscribeTrades(trades.take, "AAPL", "MSFT");
    await stream.connect();
    const refused = stream.subscribeQuotes(() => {}, "IBM");
    await expectRejection(refused.ready, { code: "symbol_limit", number: 405, symbols: { quotes: ["IBM"] } });
    expectEqual(refused.states[0]?.state, "refused");
    await kept.ready;
    await gateway.publish(tradeFrame("MSFT"));
    await trades.first(1);
  }),

  behaviour("a channel that the feed lacks is refused with 410, and the others stay", async (bench) => {
    const gateway = await bench.gateway({ channels: ["trades"] });
    const { stream } = bench.subject(gateway);
    const trades = stream.subscribeTrades(() => {}, "AAPL");
    const bars = stream.subscribeBars(() => {}, "AAPL");
    await expectRejection(Promise.all([stream.connect(), bars.ready]), { number: 410 });
    await trades.ready;
  }),

  behaviour("three thousand symbols are subscribed to with one call", async (bench) => {
    const gateway = await bench.gateway();
    const { stream } = bench.subject(gateway);
    const trades = new Inbox<Trade>();
    const symbols = Array.from({ length: 3000 }, (_, index) => `SYM${index}`);
    const subscription = stream.subscribeTrades(trades.take, ...symbols);
    await stream.connect();
    await subscription.ready;
    await gateway.publish(tradeFrame("SYM2999"));
    await trades.first(1);
  }),

  behaviour("an AbortSignal ends a subscription", async (bench) => {
    const gateway = await bench.gateway();
    const { stream } = bench.subject(gateway);
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
