import { describe, expect, test } from "vitest";
import { recordTime, trade } from "../../../../../verify/shared/records.ts";
import type { Trade } from "../../../src/index.ts";
import { open } from "../../support/stream.ts";
import { Past } from "../support/past.ts";
import { World } from "../support/world.ts";

test("trades that history marks as void are counted and not delivered", async () => {
  const world = new World({
    change: ({ id }) => ({ 2: "canceled", 3: "incorrect", 4: "corrected" })[Number(id)] ?? "",
  });
  world.opened.stream.subscribeTrades((record) => world.got.push(record), "AAPL");
  await world.start();
  world.trade("AAPL");
  await world.advance(100);
  world.cut();
  for (let count = 0; count < 4; count++) world.trade("AAPL");
  await world.advance(5_000);
  expect(world.ids("AAPL")).toEqual([1, 4, 5]);
  expect(world.filled).toMatchObject([{ recordCount: 2, voidCount: 2 }]);
});

test("a trade that history marks as void is delivered if the stream brings it after the fill", async () => {
  const world = new World({ change: ({ id }) => (id === 2 ? "canceled" : "") });
  world.opened.stream.subscribeTrades((record) => world.got.push(record), "AAPL");
  await world.start();
  world.trade("AAPL");
  await world.advance(100);
  world.cut();
  const late = world.trade("AAPL");
  await world.advance(5_000);
  world.session?.records(late);
  await world.advance(100);
  expect(world.ids("AAPL")).toEqual([1, 2]);
});

describe("a gap of trades is filled in order and once, though", () => {
  test("the symbol was confirmed a moment before the loss", async () => {
    const world = new World();
    world.opened.stream.subscribeTrades((record) => world.got.push(record), "MSFT");
    await world.start();
    world.tradeBefore("AAPL", 5_000); // no subscription had it
    await world.advance(1_000);
    world.tradeBefore("AAPL", 100);
    world.opened.stream.subscribeTrades((record) => world.got.push(record), "AAPL");
    await world.advance(1_000);
    world.trade("AAPL");
    await world.advance(100);
    world.cut();
    world.trade("AAPL");
    await world.advance(10_000);
    expect(world.ids("AAPL")).toEqual([3, 4]);
  });

  test("history lacks a live record between two gaps", async () => {
    const world = new World({ loses: (record) => (record as Trade).id === 3 });
    world.opened.stream.subscribeTrades((record) => world.got.push(record), "AAPL");
    await world.start();
    world.trade("AAPL");
    await world.advance(100);
    world.cut();
    world.trade("AAPL");
    await world.advance(1_000);
    world.trade("AAPL"); // held
    await world.advance(10);
    world.cut();
    world.trade("AAPL");
    await world.advance(60_000);
    expect(world.ids("AAPL")).toEqual([1, 2, 3, 4]);
  });

  test("history shows later records only when it is asked again", async () => {
    const world = new World({ loses: (record) => Number((record as Trade).id) >= 3 && world.past.requests.length < 3 });
    world.opened.stream.subscribeTrades((record) => world.got.push(record), "AAPL");
    await world.start();
    world.trade("AAPL");
    await world.advance(100);
    world.cut();
    world.trade("AAPL");
    await world.advance(10);
    world.trade("AAPL"); // history shows it late, and the live one behind it as well
    await world.advance(1_000);
    world.trade("AAPL");
    await world.advance(30_000);
    expect(world.ids("AAPL")).toEqual([1, 2, 3, 4]);
    expect(world.open).toEqual([]);
  });

  test("the last record lies in the last millisecond of the gap", async () => {
    const world = new World();
    world.opened.stream.subscribeTrades((record) => world.got.push(record), "AAPL");
    world.opened.stream.on("gap", ({ to }) => world.past.publish(trade("AAPL", 7, recordTime(to.getTime() + 0.5))));
    await world.start();
    world.trade("AAPL");
    await world.advance(100);
    world.cut();
    await world.advance(10_000);
    expect(world.ids("AAPL")).toEqual([1, 7]);
  });

  test("live records come before the server's answer", async () => {
    const past = new Past();
    const opened = open({ history: past });
    const got: number[] = [];
    opened.stream.subscribeTrades((record) => got.push(Number(record.id)), "AAPL");
    const at = (id: number): Trade => {
      const record = trade("AAPL", id, recordTime(opened.clock.now()));
      past.publish(record);
      return record;
    };
    const first = await opened.serving();
    first.records(at(1));
    await opened.clock.advance(100);
    first.cut();
    at(2);
    const next = opened.gateway.handshake();
    await opened.clock.advance(1_000);
    const second = await next;
    second.records(at(3));
    await opened.clock.advance(500);
    second.acknowledgeAll();
    await opened.clock.advance(10_000);
    expect(got).toEqual([1, 2, 3]);
  });

  test("one record came with a time of another century", async () => {
    const world = new World();
    world.opened.stream.subscribeTrades((record) => world.got.push(record), "AAPL");
    await world.start();
    for (let count = 0; count < 5; count++) {
      world.trade("AAPL");
      await world.advance(10);
    }
    world.publish(trade("AAPL", 99, recordTime(Date.UTC(2099, 0, 1))));
    for (let count = 0; count < 5; count++) {
      world.trade("AAPL");
      await world.advance(10);
    }
    world.cut();
    world.trade("AAPL");
    await world.advance(10_000);
    expect(world.ids("AAPL")).toEqual([1, 2, 3, 4, 5, 99, 6, 7, 8, 9, 10, 11]);
  });
});
