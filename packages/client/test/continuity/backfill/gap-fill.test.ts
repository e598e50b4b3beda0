import { describe, expect, test } from "vitest";
import { bar, recordTime } from "../../../../../verify/shared/records.ts";
import { isFromHistory } from "../../../src/continuity/from-history.ts";
import { type AnyRecord, StreamError, type Trade } from "../../../src/index.ts";
import { World } from "../support/world.ts";

describe("a gap of trades", () => {
  test("is filled in order before the live records that follow it", async () => {
    const world = new World();
    world.opened.stream.subscribeTrades((record) => world.got.push(record), "AAPL");
    await world.start();
    world.trade("AAPL");
    await world.advance(100);
    world.cut();
    world.trade("AAPL");
    world.trade("AAPL");
    await world.advance(1_000);
    world.trade("AAPL");
    await world.advance(100);
    expect(world.ids("AAPL")).toEqual([1]); // the live one is held
    await world.advance(4_000);
    expect(world.ids("AAPL")).toEqual([1, 2, 3, 4]);
    expect(world.got.map(isFromHistory)).toEqual([false, true, true, false]);
    expect(world.filled).toMatchObject([{ channel: "trades", symbols: ["AAPL"], recordCount: 2, voidCount: 0 }]);
    expect(world.open).toEqual([]);
  });

  test("delivers nothing twice that was delivered within the look-back", async () => {
    const world = new World();
    world.opened.stream.subscribeTrades((record) => world.got.push(record), "AAPL", "MSFT");
    await world.start();
    for (let index = 0; index < 10; index++) {
      world.trade(index % 2 ? "AAPL" : "MSFT");
      await world.advance(500);
    }
    world.cut();
    world.trade("AAPL", 3_000); // reported late, during the gap
    await world.advance(10_000);
    world.trade("MSFT");
    await world.advance(10_000);
    expect(world.ids("AAPL")).toEqual([2, 4, 6, 8, 10, 11]);
    expect(world.ids("MSFT")).toEqual([1, 3, 5, 7, 9, 12]);
  });

  test("asks again while history does not show live records of the overlap", async () => {
    const world = new World({ lagMs: 6_000 });
    world.opened.stream.subscribeTrades((record) => world.got.push(record), "AAPL");
    await world.start();
    world.trade("AAPL");
    await world.advance(100);
    world.cut();
    world.trade("AAPL");
    await world.advance(1_000);
    world.trade("AAPL");
    await world.advance(20_000);
    expect(world.ids("AAPL")).toEqual([1, 2, 3]);
    expect(world.past.requests.length).toBeGreaterThan(1);
    expect(world.open).toEqual([]);
  });

  test("stays open, and is reported, where history lacks a record that the stream has", async () => {
    const world = new World({ loses: (record) => (record as Trade).id === 3 });
    world.opened.stream.subscribeTrades((record) => world.got.push(record), "AAPL");
    await world.start();
    world.trade("AAPL");
    await world.advance(100);
    world.cut();
    world.trade("AAPL");
    await world.advance(1_000);
    world.trade("AAPL");
    await world.advance(60_000);
    expect(world.ids("AAPL")).toEqual([1, 2, 3]);
    expect(world.filled).toEqual([]);
    expect(world.open).toMatchObject([{ symbols: ["AAPL"], cause: { code: "history_incomplete" } }]);
  });

  test("stays open for all of its symbols before later records of any of them", async () => {
    const world = new World({
      before: () => Promise.reject(new StreamError("not_entitled", "no", { terminal: true })),
    });
    const seen: unknown[] = [];
    world.opened.stream.subscribeTrades(({ symbol, id }) => seen.push(`${symbol} ${id}`), "AAPL", "MSFT");
    world.opened.stream.on("gapOpen", ({ symbols }) => seen.push(`open ${symbols}`));
    await world.start();
    world.trade("AAPL");
    world.trade("MSFT");
    await world.advance(100);
    world.cut();
    await world.advance(1_000);
    world.trade("AAPL");
    world.trade("MSFT");
    await world.advance(60_000);
    expect(seen).toEqual(["AAPL 1", "MSFT 2", "open AAPL,MSFT", "AAPL 3", "MSFT 4"]);
  });

  test("of a symbol that history rejects stays open alone", async () => {
    const world = new World({
      before: ({ symbols }) => {
        if (symbols.includes("BAD")) throw new StreamError("invalid_symbol", "BAD", { symbols: { trades: ["BAD"] } });
      },
    });
    world.opened.stream.subscribeTrades((record) => world.got.push(record), "AAPL", "BAD");
    await world.start();
    world.trade("AAPL");
    await world.advance(100);
    world.cut();
    world.trade("AAPL");
    world.trade("BAD");
    await world.advance(20_000);
    expect(world.ids("AAPL")).toEqual([1, 2]);
    expect(world.filled).toMatchObject([{ symbols: ["AAPL"] }]);
    expect(world.open).toMatchObject([{ symbols: ["BAD"], cause: { code: "invalid_symbol" } }]);
  });

  test.each(["rate_limited", "server_error", "timeout", "connection_lost"] as const)(
    "is filled after history has failed with %s",
    async (code) => {
      const world = new World({
        before: (_request, count) => {
          if (count <= 3) throw new StreamError(code, "for now");
        },
      });
      world.opened.stream.subscribeTrades((record) => world.got.push(record), "AAPL");
      await world.start();
      world.trade("AAPL");
      await world.advance(100);
      world.cut();
      world.trade("AAPL");
      await world.advance(30_000);
      expect(world.ids("AAPL")).toEqual([1, 2]);
      expect(world.open).toEqual([]);
    },
  );

  test("that the plan does not include stays open, and live records go on", async () => {
    const world = new World({
      before: () => {
        throw new StreamError("not_entitled", "no");
      },
    });
    world.opened.stream.subscribeTrades((record) => world.got.push(record), "AAPL");
    await world.start();
    world.trade("AAPL");
    await world.advance(100);
    world.cut();
    world.trade("AAPL");
    await world.advance(1_000);
    world.trade("AAPL");
    await world.advance(10_000);
    expect(world.ids("AAPL")).toEqual([1, 3]);
    expect(world.open).toMatchObject([{ symbols: ["AAPL"], cause: { code: "not_entitled" } }]);
  });

  test("stays open when the stream is stopped", async () => {
    const world = new World();
    world.opened.stream.subscribeTrades((record) => world.got.push(record), "AAPL");
    await world.start();
    world.trade("AAPL");
    await world.advance(100);
    world.cut();
    await world.advance(1_000);
    await world.opened.stream.stop();
    expect(world.open).toMatchObject([{ symbols: ["AAPL"], cause: { code: "stopped" } }]);
  });
});

test("a gap of all symbols without a wildcard in history is filled for those heard of, and stays open for others", async () => {
  const world = new World({ hasWildcard: false });
  world.opened.stream.subscribeTrades((record) => world.got.push(record), "*");
  await world.start();
  world.trade("AAPL");
  await world.advance(100);
  world.cut();
  world.trade("AAPL");
  world.trade("NEW");
  await world.advance(10_000);
  expect(world.ids("AAPL")).toEqual([1, 2]);
  expect(world.open).toMatchObject([{ symbols: ["*"], cause: { code: "wildcard_unknown" } }]);
});

test("a gap of all symbols stays open as a whole where history rejects the request", async () => {
  const world = new World({
    before: () => {
      throw new StreamError("not_entitled", "no");
    },
  });
  world.opened.stream.subscribeTrades((record) => world.got.push(record), "*");
  await world.start();
  world.trade("AAPL");
  await world.advance(100);
  world.cut();
  world.trade("NEW");
  await world.advance(10_000);
  expect(world.filled).toEqual([]);
  expect(world.open.flatMap(({ symbols }) => symbols).sort()).toEqual(["*", "AAPL"]);
});

test("a gap of bars is filled, without the bar whose minute is not over", async () => {
  const world = new World();
  world.opened.stream.subscribeBars((record) => world.got.push(record), "*");
  await world.start();
  const barFrom = (ageMs: number, volume: number): AnyRecord =>
    bar("AAPL", "bars", volume, recordTime(world.opened.clock.now() - ageMs));
  world.publish(barFrom(60_000, 1));
  await world.advance(60_000);
  world.cut();
  world.past.publish(barFrom(60_000, 2));
  world.past.publish(barFrom(30_000, 3));
  await world.advance(20_000);
  expect(world.got.map((record) => (record as { volume: number }).volume)).toEqual([1, 2]);
  expect(world.filled).toMatchObject([{ channel: "bars", symbols: ["*"], recordCount: 1 }]);
});
