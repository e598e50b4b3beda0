import { describe, expect, test } from "vitest";
import { START_MS, World } from "../support/world.ts";

/** Loses a trade of each symbol, and brings live ones of AAPL. */
async function lostTrades(world: World): Promise<void> {
  world.opened.stream.subscribeTrades((record) => world.got.push(record), "AAPL", "QUIET");
  await world.start();
  world.trade("AAPL");
  world.trade("QUIET");
  await world.advance(100);
  world.cut();
  world.trade("AAPL");
  world.trade("QUIET");
  await world.advance(1_000);
}

describe("a symbol without live records behind a gap", () => {
  test("waits for a history that does not show the live records of other symbols yet", async () => {
    const world = new World({ lagMs: 6_000 });
    await lostTrades(world);
    world.trade("AAPL");
    await world.advance(20_000);
    expect(world.ids("QUIET")).toEqual([2, 4]);
    expect(world.ids("AAPL")).toEqual([1, 3, 5]);
    expect(world.open).toEqual([]);
  });

  test("does not wait for one live record that history lacks", async () => {
    const world = new World({ loses: ({ symbol, seconds }) => symbol === "AAPL" && seconds % 2 === 0 });
    await lostTrades(world);
    world.trade("AAPL");
    await world.advance(1_000);
    world.trade("AAPL");
    await world.advance(3_000);
    expect(world.ids("QUIET")).toEqual([2, 4]);
  });

  test("stays open where history never reaches the end of the gap", async () => {
    const world = new World({ lagMs: 3_600_000 });
    await lostTrades(world);
    world.trade("AAPL");
    await world.advance(60_000);
    expect(world.filled).toEqual([]);
    expect(world.open).toMatchObject([{ symbols: ["AAPL", "QUIET"], cause: { code: "history_incomplete" } }]);
  });

  // As that of a gateway that was restarted during the gap, or after it.
  test.each([600, 3_600_000])("does not wait for records from before the begin of history, %i ms later", async (ms) => {
    const completeFromMs = START_MS + ms;
    const world = new World({
      completeFromMs,
      loses: ({ seconds, nanos }) => seconds * 1000 + nanos / 1e6 < completeFromMs,
    });
    await lostTrades(world);
    world.trade("AAPL");
    await world.advance(4_000);
    expect(world.open).toMatchObject([{ symbols: ["AAPL", "QUIET"], cause: { code: "history_incomplete" } }]);
    world.trade("QUIET");
    await world.advance(100);
    expect(world.ids("QUIET")).toEqual([2, 6]);
    expect(world.ids("AAPL")).toEqual([1, 5]);
  });

  test("is filled after a while, and reported as unproven", async () => {
    const world = new World();
    await lostTrades(world);
    world.trade("AAPL");
    await world.advance(10_000);
    expect(world.filled).toMatchObject([{ symbols: ["AAPL", "QUIET"], unproven: ["QUIET"] }]);
  });
});

test("live records that wait for the fill of an earlier gap do not prove a later one complete", async () => {
  const world = new World();
  world.opened.stream.subscribeTrades((record) => world.got.push(record), "AAPL");
  await world.start();
  world.trade("AAPL");
  await world.advance(100);
  world.cut();
  await world.advance(1_000);
  world.trade("AAPL"); // held for the first gap
  await world.advance(100);
  world.cut();
  world.trade("AAPL");
  await world.advance(10_000);
  expect(world.ids("AAPL")).toEqual([1, 2, 3]);
  expect(world.filled.map(({ unproven }) => unproven)).toEqual([[], ["AAPL"]]);
});
