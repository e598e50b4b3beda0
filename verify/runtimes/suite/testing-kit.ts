import { StockDataStream, type Trade } from "@tickerplant/client";
import { ScriptedGateway, VirtualClock } from "@tickerplant/client/testing";
import { trade } from "../../shared/records.ts";
import { behaviour, type Case } from "./case.ts";
import { expect, expectEqual } from "./expect.ts";
import { Inbox } from "./inbox.ts";

const isPage = typeof document !== "undefined";

/** `@tickerplant/client/testing`, and globals that the package must not need. */
export const testingKit: readonly Case[] = [
  behaviour("an hour of lost connections passes at once in virtual time", async () => {
    const clock = new VirtualClock();
    const gateway = new ScriptedGateway();
    const stream = new StockDataStream({ apiKey: "k", secretKey: "s", connector: gateway.connector, clock });
    const trades = new Inbox<Trade>();
    stream.subscribeTrades(trades.push, "AAPL");
    const run = stream.run();
    const first = await gateway.handshake();
    await first.expectSubscribe();
    first.acknowledge();
    gateway.network.isUnreachable = true;
    first.cut();
    await clock.advance(3_600_000);
    expect(gateway.network.attempts > 50, `many attempts, got ${gateway.network.attempts}`);
    gateway.network.isUnreachable = false;
    const reconnected = gateway.handshake();
    await clock.advance(60_000);
    const last = await reconnected;
    await last.expectSubscribe();
    last.acknowledge();
    last.records(trade("AAPL", 7, { seconds: 1_763_130_600, nanos: 5 }));
    expectEqual((await trades.first(1))[0]?.timestampNs, 1_763_130_600_000_000_005n);
    await clock.settle();
    const stopped = stream.stop();
    await clock.advance(1_000);
    await stopped;
    await run;
    expectEqual(clock.pendingTimers, 0, "timers left");
  }),

  behaviour(
    "a page needs neither `process` nor `Buffer`",
    async () => {
      expectEqual(
        [typeof Reflect.get(globalThis, "process"), typeof Reflect.get(globalThis, "Buffer")],
        ["undefined", "undefined"],
      );
    },
    isPage ? undefined : "not a page: both exist",
  ),
];
