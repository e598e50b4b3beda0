import { describe, expect, test } from "vitest";
import { Random } from "../../../../../verify/shared/random.ts";
import { recordTime, trade } from "../../../../../verify/shared/records.ts";
import { StreamError } from "../../../src/index.ts";
import { open } from "../../support/stream.ts";
import type { PastOptions } from "../support/past.ts";
import { START_MS, World } from "../support/world.ts";

describe("a subscription that begins in the past", () => {
  /** A market that went on for an hour before the stream came. */
  async function anHourOld(options: PastOptions = {}): Promise<World> {
    const world = new World(options);
    for (let minute = 60; minute > 0; minute--) world.tradeBefore("AAPL", minute * 60_000);
    return world;
  }

  test("gets the past first, then what came meanwhile, then the present", async () => {
    const world = await anHourOld();
    world.opened.stream.subscribeTrades((record) => world.got.push(record), "AAPL", {
      from: new Date(START_MS - 30 * 60_000),
    });
    await world.start();
    for (let count = 0; count < 10; count++) {
      world.trade("AAPL");
      await world.advance(1_000);
    }
    await world.advance(20_000);
    world.trade("AAPL");
    await world.advance(40_000);
    expect(world.ids("AAPL")).toEqual(Array.from({ length: 41 }, (_, index) => 31 + index));
    expect(world.open).toEqual([]);
  });

  test("does not delay another subscription of the symbol, which gets the present alone", async () => {
    const world = await anHourOld();
    const other: number[] = [];
    world.opened.stream.subscribeTrades((record) => other.push(Number(record.id)), "AAPL");
    world.opened.stream.subscribeTrades((record) => world.got.push(record), "AAPL", {
      from: new Date(START_MS - 120_000),
    });
    await world.start();
    world.trade("AAPL");
    await world.advance(10);
    expect(other).toEqual([61]);
    await world.advance(20_000);
    expect(world.ids("AAPL")).toEqual([59, 60, 61]);
    expect(other).toEqual([61]);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "of a fast market gets each record once, however late each answer comes (%i)",
    async (seed) => {
      const random = new Random(seed);
      const late = (): Promise<void> =>
        new Promise((resolve) => void world.opened.clock.setTimer(resolve, random.between(0, 3_000)));
      const world: World = new World({ before: late });
      let marketMs = START_MS;
      let id = 0;
      const publish = (): void => {
        marketMs += 20_000;
        world.publish(trade("AAPL", ++id, recordTime(marketMs)));
      };
      for (let count = 0; count < 100; count++) publish();
      world.opened.stream.subscribeTrades((record) => world.got.push(record), "AAPL", { from: new Date(START_MS) });
      await world.start();
      for (let count = 0; count < 300; count++) {
        publish();
        if (count < 250 && random.chance(0.1)) world.cut();
        await world.advance(100);
      }
      await world.advance(120_000);
      expect(world.ids("AAPL")).toEqual(Array.from({ length: 400 }, (_, index) => 1 + index));
      expect(world.open).toEqual([]);
    },
  );

  test("is filled across lost connections", async () => {
    const world = await anHourOld({ pageSize: 7 });
    world.opened.stream.subscribeTrades((record) => world.got.push(record), "AAPL", {
      from: new Date(START_MS - 3_600_000),
    });
    await world.start();
    for (let count = 0; count < 60; count++) {
      world.trade("AAPL");
      if (count % 9 === 5) world.cut();
      await world.advance(700);
    }
    await world.advance(60_000);
    expect(world.ids("AAPL")).toEqual(Array.from({ length: 120 }, (_, index) => 1 + index));
  });

  test("goes on with live records where history is refused, and what is missing is reported up to then", async () => {
    const world = await anHourOld({
      before: () => {
        throw new StreamError("not_entitled", "no");
      },
    });
    world.opened.stream.subscribeTrades((record) => world.got.push(record), "AAPL", {
      from: new Date(START_MS - 3_600_000),
    });
    await world.start();
    world.trade("AAPL");
    await world.advance(5_000);
    world.trade("AAPL");
    await world.advance(100);
    expect(world.ids("AAPL")).toEqual([62]);
    expect(world.open).toMatchObject([
      { symbols: ["AAPL"], from: new Date(START_MS - 3_600_000), cause: { code: "not_entitled" } },
    ]);
  });

  test.each([
    ["before the first record", 0],
    ["during a request", 1],
  ])("reports its past as open when the stream stops %s, and gets live records in the next run", async (_, count) => {
    const world = await anHourOld({ before: () => world.passed(1_500) });
    const from = new Date(START_MS - 3_600_000);
    world.opened.stream.subscribeTrades((record) => world.got.push(record), "AAPL", { from });
    await world.start();
    for (let id = 0; id < count; id++) world.trade("AAPL");
    await world.advance(1_000);
    await world.opened.stream.stop();
    expect(world.open).toMatchObject([
      { symbols: ["AAPL"], from, to: new Date(world.opened.clock.now()), cause: { code: "stopped" } },
    ]);
    await world.advance(100);
    void world.opened.run();
    await world.advance(100);
    const { id } = world.trade("AAPL");
    await world.advance(100);
    expect(world.ids("AAPL")).toEqual([id]);
  });

  test("requests nothing further once it has ended, and reports nothing", async () => {
    const world = await anHourOld({ pageSize: 1, before: () => world.passed(100) });
    const subscription = world.opened.stream.subscribeTrades(() => {}, "AAPL", {
      from: new Date(START_MS - 3_600_000),
    });
    world.opened.stream.subscribeTrades(() => {}, "MSFT");
    await world.start();
    world.trade("AAPL");
    await world.advance(500);
    void subscription.unsubscribe();
    await world.advance(200);
    const count = world.past.requests.length;
    expect(count).toBeGreaterThan(1);
    await world.advance(20_000);
    expect(world.past.requests).toHaveLength(count);
    expect([...world.open, ...world.filled]).toEqual([]);
  });

  test("is rejected at once without a history", () => {
    const { stream } = open();
    expect(() => stream.subscribeTrades(() => {}, "AAPL", { from: new Date() })).toThrow(
      "from needs the option history",
    );
  });

  test("waits in an iterator until it is pulled", async () => {
    const world = await anHourOld();
    const trades = world.opened.stream.trades("AAPL", { from: new Date(START_MS - 120_000), maxQueued: 1 });
    await world.start();
    world.trade("AAPL");
    const ids: number[] = [];
    for (let count = 0; count < 3; count++) {
      await world.advance(8_000);
      ids.push(Number((await trades.next()).value?.id));
    }
    expect(ids).toEqual([59, 60, 61]);
  });
});
