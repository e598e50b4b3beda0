import type { Trade } from "@tickerplant/client";
import { behaviour, type Case } from "./case.ts";
import { expectEqual } from "./expect.ts";
import { tradeFrame } from "./frames.ts";
import { Inbox } from "./inbox.ts";

/** Lost connections. */
export const reconnecting: readonly Case[] = [
  behaviour("a stream survives a cut within a frame, with every subscription", async (setup) => {
    const gateway = await setup.gateway({ faults: { cutAfterRecords: 3 } });
    const { stream, statuses, errors } = setup.subject(gateway);
    const trades = new Inbox<Trade>();
    const subscription = stream.subscribeTrades(trades.push, "AAPL");
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

  behaviour("a subscription made while disconnected delivers after the reconnect", async (setup) => {
    const gateway = await setup.gateway({ faults: { httpStatus: 503 } });
    const { stream, statuses } = setup.subject(gateway);
    const connected = stream.connect();
    await statuses.find(({ state }) => state === "reconnecting", "a failed attempt");
    const trades = new Inbox<Trade>();
    stream.subscribeTrades(trades.push, "AAPL");
    await gateway.setFaults({});
    await connected;
    await gateway.publish(tradeFrame("AAPL"));
    await trades.first(1);
  }),

  behaviour("a server that closes normally ends a stream that does not reconnect", async (setup) => {
    const gateway = await setup.gateway();
    const { stream } = setup.subject(gateway, { reconnect: false });
    const trades = new Inbox<Trade>();
    stream.subscribeTrades(trades.push, "AAPL");
    await stream.connect();
    const run = stream.run();
    await gateway.publish(tradeFrame("AAPL"));
    await trades.first(1);
    await gateway.close();
    await run;
  }),

  behaviour("a server that closes normally causes a reconnect otherwise", async (setup) => {
    const gateway = await setup.gateway();
    const { stream, statuses } = setup.subject(gateway);
    await stream.connect();
    await gateway.close();
    const lost = await statuses.find(({ state }) => state === "reconnecting", "a lost connection");
    if (lost.state !== "reconnecting") throw new Error("no lost connection");
    expectEqual([lost.cause.code, lost.cause.closeCode], ["closed_by_server", 1000]);
  }),
];
