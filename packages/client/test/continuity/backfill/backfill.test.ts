import { expect, test } from "vitest";
import { recordTime, trade } from "../../../../../verify/shared/records.ts";
import { StreamError, type Trade } from "../../../src/index.ts";
import type { ScriptedSession } from "../../../src/testing/index.ts";
import { open } from "../../support/stream.ts";
import { Past } from "../support/past.ts";
import { START_MS, World } from "../support/world.ts";

test("a second loss during a fill keeps the symbol in order, and each gap has its outcome", async () => {
  const world = new World();
  world.opened.stream.subscribeTrades((record) => world.got.push(record), "AAPL");
  await world.start();
  world.trade("AAPL");
  await world.advance(100);
  world.cut();
  world.trade("AAPL");
  await world.advance(1_000);
  world.trade("AAPL"); // held
  await world.advance(100);
  world.cut();
  world.trade("AAPL");
  await world.advance(1_000);
  world.trade("AAPL"); // held
  await world.advance(10_000);
  expect(world.ids("AAPL")).toEqual([1, 2, 3, 4, 5]);
  expect(world.filled.map(({ recordCount }) => recordCount)).toEqual([1, 1]);
});

test("a late trade of a symbol that is confirmed long after the others is delivered", async () => {
  const world = new World();
  const { stream, gateway } = world.opened;
  stream.subscribeTrades((record) => world.got.push(record), "AAPL", "MSFT");
  void world.opened.run();
  const first = await gateway.handshake();
  await first.expectSubscribe();
  first.acknowledge();
  world.session = first;
  world.trade("MSFT");
  await world.advance(5_000);
  world.trade("MSFT");
  await world.advance(100);
  world.cut();
  world.trade("MSFT", 2_000);
  await world.advance(1_000);
  const second = await gateway.handshake();
  await second.expectSubscribe();
  second.acknowledge({ trades: ["AAPL"] }); // lacks MSFT, which the program subscribes to again
  world.session = second;
  await world.advance(100);
  stream.subscribeTrades(() => {}, "MSFT");
  for (let passed = 0; passed < 60; passed++) {
    for (let count = 0; count < 100; count++) world.trade("AAPL");
    await world.advance(1_000);
  }
  await second.expectSubscribe();
  second.acknowledge();
  await world.advance(20_000);
  expect(world.ids("MSFT")).toEqual([1, 2, 3]);
  expect(world.open).toEqual([]);
});

test("of two gaps of a symbol that become known at once, the one that began first is filled first", async () => {
  const world = new World();
  const { stream, gateway } = world.opened;
  stream.subscribeTrades((record) => world.got.push(record), "*");
  stream.subscribeTrades(() => {}, "AAPL");
  void world.opened.run();
  const answer = async (session: ScriptedSession, ...trades: string[]): Promise<void> => {
    world.session = session;
    await session.expectSubscribe();
    session.acknowledge({ trades });
    await world.advance(100);
  };
  const first = await gateway.handshake();
  await answer(first, "*", "AAPL");
  world.trade("AAPL");
  stream.subscribeTrades(() => {}, "MSFT");
  await answer(first, "*", "AAPL", "MSFT");
  world.tradeBefore("AAPL", 0);
  // Longer than a fill looks back for late trades, with a sign of life every two seconds.
  for (let count = 0; count < 30; count++) {
    world.trade("MSFT");
    await world.advance(2_000);
  }
  first.acknowledge({ trades: ["*", "MSFT"] }); // the gap of AAPL begins with the answer before this one
  await world.advance(100);
  world.trade("AAPL"); // held
  await world.advance(100);
  world.cut(); // the gap of `*` begins here
  world.tradeBefore("AAPL", 0);
  await world.advance(1_000);
  await answer(await gateway.handshake(), "*", "MSFT", "AAPL");
  world.trade("AAPL");
  await world.advance(20_000);
  expect(world.ids("AAPL")).toEqual([1, 2, 33, 34, 35]);
  expect(world.filled).toMatchObject([{ symbols: ["AAPL"] }, { symbols: ["MSFT", "*"] }]);
});

test("after a fill that failed, the next gap is filled behind the records that were held", async () => {
  const world = new World({
    before: ({ fromNs }) => {
      if (fromNs < BigInt(START_MS) * 1_000_000n) throw new StreamError("not_entitled", "too old");
    },
  });
  world.opened.stream.subscribeTrades((record) => world.got.push(record), "AAPL");
  await world.start();
  world.trade("AAPL");
  await world.advance(100);
  world.cut();
  world.trade("AAPL"); // lost for good
  await world.advance(2_900);
  world.trade("AAPL"); // held
  await world.advance(20_000);
  world.trade("AAPL");
  await world.advance(10);
  world.cut();
  world.trade("AAPL");
  await world.advance(10_000);
  expect(world.ids("AAPL")).toEqual([1, 3, 4, 5]);
  expect(world.open).toMatchObject([{ cause: { code: "not_entitled" } }]);
  expect(world.filled).toMatchObject([{ recordCount: 1 }]);
});

test("a symbol that is unsubscribed during the fill gets nothing more, and the others are filled", async () => {
  const world = new World();
  world.opened.stream.subscribeTrades((record) => world.got.push(record), "AAPL", "MSFT");
  await world.start();
  world.cut();
  world.trade("AAPL");
  world.trade("MSFT");
  await world.advance(1_000);
  void world.opened.stream.unsubscribeTrades("AAPL");
  await world.advance(10_000);
  expect(world.ids("AAPL")).toEqual([]);
  expect(world.ids("MSFT")).toEqual([2]);
  expect(world.filled).toMatchObject([{ symbols: ["MSFT"] }]);
  expect(world.open).toEqual([]);
});

test("records that the stream brings after history had them are delivered once", async () => {
  const world = new World();
  world.opened.stream.subscribeTrades((record) => world.got.push(record), "AAPL");
  await world.start();
  world.trade("AAPL");
  await world.advance(100);
  world.cut();
  const missed = world.trade("AAPL");
  await world.advance(5_000);
  world.session?.records(missed);
  world.trade("AAPL");
  await world.advance(100);
  expect(world.ids("AAPL")).toEqual([1, 2, 3]);
});

test("gaps of a feed without history stay open", async () => {
  const world = new World({ channels: [] });
  world.opened.stream.subscribeTrades((record) => world.got.push(record), "AAPL");
  await world.start();
  world.trade("AAPL");
  await world.advance(100);
  world.cut();
  await world.advance(1_000);
  world.trade("AAPL");
  await world.advance(20_000);
  expect(world.ids("AAPL")).toEqual([1, 2]);
  expect(world.open).toMatchObject([{ channel: "trades", symbols: ["AAPL"], cause: { code: "no_history" } }]);
  expect(world.past.requests).toEqual([]);
});

test("a gap of a channel that history does not have stays open", async () => {
  const world = new World();
  world.opened.stream.subscribeTradingStatuses((record) => world.got.push(record), "AAPL");
  await world.start();
  world.cut();
  await world.advance(20_000);
  expect(world.open).toMatchObject([{ channel: "statuses", symbols: ["AAPL"], cause: { code: "no_history" } }]);
});

test("raw records are filled as the wire has them", async () => {
  const past = new Past({ isRaw: true });
  const opened = open({ history: past, rawData: true });
  const got: unknown[] = [];
  opened.stream.subscribeTrades((record) => got.push(record.i), "AAPL");
  const session = await opened.serving();
  const at = (id: number): Trade => trade("AAPL", id, recordTime(opened.clock.now()));
  const first = at(1);
  past.publish(first);
  session.records(first);
  await opened.clock.advance(100);
  session.cut();
  past.publish(at(2));
  void opened.gateway.handshake().then((next) => next.acknowledgeAll());
  await opened.clock.advance(10_000);
  expect(got).toEqual([1, 2]);
});

test("a gap that becomes known when the stream is stopped is reported as stopped, and asks for nothing", async () => {
  const YEAR_MS = 365 * 86_400_000;
  const world = new World();
  world.opened.stream.subscribeTrades((record) => world.got.push(record), "AAPL");
  await world.start();
  for (let count = 0; count < 10; count++) {
    world.trade("AAPL", YEAR_MS); // a replay: only records show the market's time
    await world.advance(300);
  }
  world.cut();
  await world.advance(1_000);
  await world.opened.stream.stop();
  await world.advance(10_000);
  expect(world.open).toMatchObject([{ symbols: ["AAPL"], cause: { code: "stopped" } }]);
  expect(world.past.requests).toEqual([]);
});

test("a subscription that ends the stream during a fill ends it between two connections as well", async () => {
  const past = new Past();
  const opened = open({ history: past, reconnect: { initialDelayMs: 20_000, maxDelayMs: 30_000 } });
  opened.stream.subscribeTrades(() => new Promise(() => {}), "AAPL", { maxQueued: 1, overflow: "disconnect" });
  const at = (id: number): Trade => {
    const record = trade("AAPL", id, recordTime(opened.clock.now()));
    past.publish(record);
    return record;
  };
  const first = await opened.serving();
  first.records(at(1));
  await opened.clock.advance(100);
  first.cut();
  for (let id = 2; id < 8; id++) at(id);
  let second: ScriptedSession | undefined;
  void opened.gateway.handshake().then((session) => {
    second = session;
    session.acknowledgeAll();
  });
  while (second === undefined) await opened.clock.advance(100);
  await opened.clock.advance(2_500);
  second.cut();
  await opened.clock.advance(8_000); // the handler is waited for
  expect(opened.statuses.filter(({ state }) => state === "reconnecting")).toHaveLength(2);
  expect(opened.outcome?.error).toMatchObject({ code: "slow_consumer" });
});

test.each([
  ["trades", "fill must be an array of channels"],
  [["trade"], "fill names channels of the stream, such as trades, quotes, bars; got"],
])("the option fill is rejected as %j", (fill, message) => {
  expect(() => open({ history: new Past(), fill: fill as string[] })).toThrow(message);
});
