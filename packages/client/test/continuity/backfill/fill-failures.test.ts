import { describe, expect, test } from "vitest";
import { World } from "../support/world.ts";

/** Loses a trade of each symbol. */
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

describe("an error that no part of a fill expects", () => {
  test("leaves the gap open, is reported, and does not stop later fills", async () => {
    let isBroken = true;
    const cause = new TypeError("a mistake");
    const world = new World({
      before: () => {
        if (isBroken) throw cause;
      },
    });
    await lostTrades(world);
    world.trade("AAPL");
    await world.advance(10_000);
    expect(world.open).toMatchObject([{ symbols: ["AAPL", "QUIET"], cause: { code: "fill_failed", cause } }]);
    expect(world.opened.errors).toMatchObject([{ code: "fill_failed", cause, terminal: false }]);
    expect(world.ids("AAPL")).toEqual([1, 5]);
    isBroken = false;
    await world.advance(20_000); // further than the next fill looks back
    world.trade("AAPL");
    await world.advance(100);
    world.cut();
    world.trade("AAPL");
    await world.advance(30_000);
    expect(world.ids("AAPL")).toEqual([1, 5, 6, 7]);
    expect(world.open).toHaveLength(1);
  });

  test("leaves a gap of `*` open, for the symbols that were heard of and for all others", async () => {
    const world = new World({
      before: () => {
        throw new TypeError("a mistake");
      },
    });
    world.opened.stream.subscribeTrades((record) => world.got.push(record), "*");
    await world.start();
    world.trade("AAPL");
    await world.advance(100);
    world.cut();
    await world.advance(1_000);
    world.trade("AAPL");
    await world.advance(10_000);
    expect(world.open).toMatchObject([{ symbols: ["AAPL", "*"], cause: { code: "fill_failed" } }]);
    expect(world.ids("AAPL")).toEqual([1, 2]);
  });

  test("while the newest quotes are requested is reported", async () => {
    const world = new World({
      beforeLatest: () => {
        throw new TypeError("a mistake");
      },
    });
    world.opened.stream.subscribeQuotes(() => {}, "AAPL");
    await world.start();
    await world.advance(100);
    world.cut();
    await world.advance(10_000);
    expect(world.opened.errors).toMatchObject([{ code: "fill_failed" }]);
  });
});
