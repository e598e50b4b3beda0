import { describe, expect, test } from "vitest";
import type { Trade } from "../../../src/index.ts";
import { World } from "../support/world.ts";

test("a handler that falls behind makes the fill wait", async () => {
  const world = new World();
  let release = (): void => {};
  const { stream, clock } = world.opened;
  stream.subscribeTrades(
    (record) => {
      world.got.push(record);
      return new Promise<void>((resolve) => {
        release = resolve;
      });
    },
    "AAPL",
    { maxQueued: 10 },
  );
  await world.start();
  world.trade("AAPL");
  await world.advance(100);
  release();
  world.cut();
  for (let count = 0; count < 2_000; count++) world.trade("AAPL");
  await world.advance(5_000);
  expect(stream.metrics.queued).toBeLessThan(600);
  expect(world.filled).toEqual([]);
  while (world.got.length < 2_001) {
    release();
    await clock.settle();
  }
  release();
  await world.advance(1_000);
  expect(world.ids("AAPL")).toEqual(Array.from({ length: 2_001 }, (_, index) => index + 1));
  expect(world.filled).toMatchObject([{ recordCount: 2_000 }]);
});

describe("a release of 50,000 held records", () => {
  const COUNT = 50_000;

  /** Loses a stream that got one trade, and lets the symbol's trades be held from the reconnect on. */
  async function heldWorld(subscribe: (world: World) => void): Promise<World> {
    const world = new World();
    subscribe(world);
    await world.start();
    world.trade("AAPL");
    await world.advance(100);
    world.cut();
    await world.advance(1_000);
    await world.advance(2_500); // behind the overlap: history need not show what comes now
    for (let count = 0; count < COUNT; count++) world.trade("AAPL");
    await world.advance(10);
    expect(world.got).toHaveLength(1);
    return world;
  }

  const ALL = Array.from({ length: COUNT + 2 }, (_, index) => index + 1);

  test.each(["block", "dropOldest", "disconnect"] as const)(
    "loses nothing under the policy %s where the handler keeps up, and later records come behind it",
    async (overflow) => {
      const world = await heldWorld(({ opened, got }) => {
        opened.stream.subscribeTrades(async (record) => void got.push(record), "AAPL", { overflow, maxQueued: 100 });
      });
      const { opened } = world;
      while (world.got.length < 1_000) await world.advance(1);
      world.trade("AAPL");
      await world.advance(5_000);
      expect(world.ids("AAPL")).toEqual(ALL);
      expect(opened.stream.metrics).toMatchObject({ dropped: 0, queued: 0 });
      expect(opened.slows.filter(() => overflow !== "block")).toEqual([]);
      expect(opened.errors).toEqual([]);
      expect(opened.outcome).toBeUndefined();
    },
  );

  test("stops at the limit of a blocked subscription", async () => {
    const world = await heldWorld(({ opened, got }) => {
      const handler = (record: Trade): Promise<void> | undefined => {
        got.push(record);
        return got.length > 1 ? new Promise(() => {}) : undefined;
      };
      opened.stream.subscribeTrades(handler, "AAPL", { maxQueued: 100, stalledAfterMs: false });
    });
    await world.advance(5_000);
    expect(world.got).toHaveLength(2);
    expect(world.opened.slows).toMatchObject([{ queued: 100, dropped: 0 }]);
    expect(world.opened.stream.metrics).toMatchObject({ queued: COUNT - 1, dropped: 0 });
  });

  test("does not wait long for a subscription that drops and does not keep up", async () => {
    const world = await heldWorld(({ opened, got }) => {
      opened.stream.subscribeTrades(() => new Promise<void>(() => {}), "AAPL", {
        overflow: "dropOldest",
        maxQueued: 100,
      });
      opened.stream.subscribeTrades((record) => got.push(record), "AAPL");
    });
    await world.advance(5_000);
    expect(world.got).toHaveLength(COUNT + 1);
    expect(world.opened.stream.metrics.dropped).toBe(COUNT - 100);
  });

  test("ends with the subscription", async () => {
    const world = await heldWorld(({ opened, got }) => {
      opened.stream.subscribeTrades(async (record) => void got.push(record), "AAPL", { maxQueued: 100 });
    });
    const { stream } = world.opened;
    while (world.got.length < 1_000) await world.advance(1);
    const count = world.got.length;
    void stream.unsubscribeTrades("AAPL");
    await world.advance(5_000);
    expect(world.got.length).toBe(count);
    expect(stream.metrics).toMatchObject({ queued: 0 });
  });

  test("goes on in order, behind the fill of a gap that began meanwhile", async () => {
    const world = await heldWorld(({ opened, got }) => {
      opened.stream.subscribeTrades(async (record) => void got.push(record), "AAPL", {
        overflow: "dropOldest",
        maxQueued: 100,
      });
    });
    while (world.got.length < 1_000) await world.advance(1);
    world.cut();
    world.trade("AAPL");
    await world.advance(30_000);
    expect(world.ids("AAPL")).toEqual(ALL);
    expect(world.filled.length + world.open.length).toBe(2);
  });
});
