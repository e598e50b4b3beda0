import type { Trade } from "@tickerplant/client";
import { behaviour, type Case } from "./case.ts";
import { expectEqual } from "./expect.ts";
import { tradeFrame } from "./frames.ts";
import { Inbox } from "./inbox.ts";

/** One life across many connections. */
export const reconnecting: readonly Case[] = [
  behaviour("a cut in the middle of a frame is survived, with every subscription", async (bench) => {
    const gateway = await bench.gateway({ faults: { cutAfterRecords: 3 } });
    const { stream, statuses, errors } = bench.subject(gateway);
    const trades = new Inbox<Trade>();
    const subscription = stream.subscribeTrades(trades.take, "AAPL");
    await stream.connect();
    await gateway.publish(tradeFrame("AAPL", 10));
    const lost = await statuses.find(({ state }) => state === "reconnecting", "a lost connection");
    if (lost.state !== "reconnecting") throw new Error("no lost connection");
    expectEqual(lost.cause.terminal, false);
    await gateway.setFaults({});
    await stream.connect();
    await subscription.ready;
    await gateway.publish(tradeFrame("AAPL", 1, 42));
    await trades.find(({ id }) => id === 42, "the trade after the cut");
    expectEqual(errors.items, [], "errors");
  }),

  behaviour("what is subscribed while the connection is down arrives once it is up", async (bench) => {
    const gateway = await bench.gateway({ faults: { httpStatus: 503 } });
    const { stream, statuses } = bench.subject(gateway);
    const connected = stream.connect();
    await statuses.find(({ state }) => state === "reconnecting", "a failed attempt");
    const trades = new Inbox<Trade>();
    stream.subscribeTrades(trades.take, "AAPL");
    await gateway.setFaults({});
    await connected;
    await gateway.publish(tradeFrame("AAPL"));
    await trades.first(1);
  }),

  behaviour("a server that closes normally ends a stream that does not reconnect", async (bench) => {
    const gateway = await bench.gateway();
    const { stream } = bench.subject(gateway, { reconnect: false });
    const trades = new Inbox<Trade>();
    stream.subscribeTrades(trades.take, "AAPL");
    await stream.connect();
    const run = stream.run();
    await gateway.publish(tradeFrame("AAPL"));
    await trades.first(1);
    await gateway.close();
    await run;
  }),

  behaviour("a server that closes normally is a reason to reconnect otherwise", async (bench) => {
    const gateway = await bench.gateway();
    const { stream, statuses } = bench.subject(gateway);
    await stream.connect();
    await gateway.close();
    const lost = await statuses.find(({ state }) => state === "reconnecting", "a lost connection");
    if (lost.state !== "reconnecting") throw new Error("no lost connection");
    expectEqual([lost.cause.code, lost.cause.closeCode], ["closed_by_server", 1000]);
  }),
];
