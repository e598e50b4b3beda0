import { describe, expect, test } from "vitest";
import { quote, recordTime } from "../../../../../verify/shared/records.ts";
import { isFromHistory } from "../../../src/continuity/from-history.ts";
import { type Quote, StreamError } from "../../../src/index.ts";
import type { PastOptions } from "../support/past.ts";
import { World } from "../support/world.ts";

describe("after a gap of quotes", () => {
  /** A quote now. */
  function publishQuote(world: World, symbol: string, bidSize: number): void {
    world.publish(quote(symbol, bidSize, recordTime(world.opened.clock.now())));
  }

  async function quoteWorld(options: PastOptions, ...symbols: readonly string[]): Promise<World> {
    const world = new World(options);
    world.opened.stream.subscribeQuotes((record) => world.got.push(record), symbols);
    await world.start();
    publishQuote(world, "AAPL", 1);
    publishQuote(world, "MSFT", 2);
    await world.advance(100);
    world.cut();
    publishQuote(world, "AAPL", 3);
    await world.advance(10);
    publishQuote(world, "AAPL", 4);
    return world;
  }

  const sizes = (world: World): number[] => world.got.map((record) => (record as Quote).bidSize);

  test.each([["AAPL", "MSFT"], ["*"]])(
    "the newest quote of each symbol is delivered if it was missed, and the gap stays open (%s)",
    async (...symbols) => {
      const world = await quoteWorld({}, ...symbols);
      await world.advance(2_000);
      expect(sizes(world)).toEqual([1, 2, 4]);
      expect(world.got.map(isFromHistory)).toEqual([false, false, true]);
      expect(world.past.latestRequests).toEqual([symbols]);
      expect(world.open).toMatchObject([{ channel: "quotes", symbols, cause: { code: "not_filled" } }]);
      publishQuote(world, "AAPL", 5);
      await world.advance(100);
      expect(sizes(world)).toEqual([1, 2, 4, 5]);
    },
  );

  test("a live quote that comes before the answer is not followed by an older one", async () => {
    let answer = (): void => {};
    const beforeLatest = (): Promise<void> =>
      new Promise((resolve) => {
        answer = resolve;
      });
    const world = await quoteWorld({ beforeLatest, loses: (record) => (record as Quote).bidSize === 5 }, "AAPL");
    await world.advance(2_000);
    publishQuote(world, "AAPL", 5);
    await world.advance(100);
    answer();
    await world.advance(100);
    expect(sizes(world)).toEqual([1, 5]);
  });

  test("a live quote that history had first is delivered once", async () => {
    const world = await quoteWorld({}, "AAPL");
    await world.advance(2_000);
    world.session?.records(world.got.at(-1) as Quote); // the stream is later than history
    await world.advance(100);
    expect(sizes(world)).toEqual([1, 4]);
  });

  test("many symbols are requested a hundred at a time", async () => {
    const symbols = Array.from({ length: 150 }, (_, index) => `S${index}`);
    const world = await quoteWorld({}, ...symbols);
    await world.advance(2_000);
    expect(world.past.latestRequests.map(({ length }) => length)).toEqual([100, 50]);
  });

  test("a history that has no newest quotes leaves only the outcome", async () => {
    const beforeLatest = (): void => {
      throw new StreamError("no_history", "no such path");
    };
    const world = await quoteWorld({ beforeLatest }, "AAPL");
    await world.advance(2_000);
    expect(sizes(world)).toEqual([1]);
    expect(world.open).toMatchObject([{ cause: { code: "not_filled" } }]);
    expect(world.opened.errors).toEqual([]);
  });
});
