import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bar, quote, recordTime, trade } from "../../../../../verify/shared/records.ts";
import { isFromHistory } from "../../../src/continuity/from-history.ts";
import {
  type AnyRecord,
  type Bar,
  CryptoOrderBook,
  type GapEvent,
  type StreamPosition,
  type Trade,
} from "../../../src/index.ts";
import { CryptoTail, StockTail } from "../../../src/index-history.ts";
import { VirtualClock } from "../../../src/testing/index.ts";
import { open } from "../../support/stream.ts";
import type { PastOptions } from "../support/past.ts";
import { ENDED, TailWorld } from "../support/tail-world.ts";
import { START_MS } from "../support/world.ts";

/** Subscribes to trades, and collects them. */
function collect(world: TailWorld, ...symbols: string[]): void {
  world.opened.stream.subscribeTrades(world.receive, symbols);
}

/** Lets the earlier stream deliver trades, one each 100 ms. */
async function deliver(world: TailWorld, symbol: string, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    world.delivered(world.trade(symbol));
    await world.advance(100);
  }
}

/** Trades that neither stream receives. */
async function miss(world: TailWorld, symbol: string, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    world.trade(symbol);
    await world.advance(100);
  }
}

describe("a stream that resumes the tail of another one", () => {
  test.each([
    ["by name", ["AAPL"], ["AAPL"]],
    ["by *", ["*"], ["*"]],
    ["by name what the other had by *", ["AAPL"], ["*"]],
    ["by * what the other had by name", ["*"], ["AAPL"]],
  ])("delivers every trade once and in order, %s", async (_title, wanted, had) => {
    const world = new TailWorld();
    collect(world, ...wanted);
    await deliver(world, "AAPL", 5);
    world.end({ symbols: { trades: had } });
    await miss(world, "AAPL", 3);
    await world.start();
    await miss(world, "AAPL", 4); // received by now
    await world.advance(20_000);
    world.trade("AAPL");
    await world.advance(100);
    expect(world.ids("AAPL")).toEqual([6, 7, 8, 9, 10, 11, 12, 13]);
    expect(world.got.map(isFromHistory)).toEqual([true, true, true, false, false, false, false, false]);
    expect(world.filled).toMatchObject([{ channel: "trades", symbols: wanted, recordCount: 3 }]);
    expect(world.open).toEqual([]);
  });

  test("has a gap from where the other was complete, with the cause of its end", async () => {
    const world = new TailWorld();
    const gaps: GapEvent[] = [];
    world.opened.stream.on("gap", (gap) => gaps.push(gap));
    collect(world, "AAPL");
    await deliver(world, "AAPL", 5);
    world.end({ completeMs: START_MS + 250 });
    await world.advance(5_000);
    await world.start();
    expect(gaps).toEqual([
      {
        channel: "trades",
        symbols: ["AAPL"],
        from: new Date(START_MS + 250),
        to: new Date(START_MS + 5_500),
        cause: ENDED,
      },
    ]);
    await world.advance(20_000);
  });

  test("delivers a trade that was reported late after the other had ended, and none that it had delivered", async () => {
    const world = new TailWorld();
    collect(world, "AAPL");
    await deliver(world, "AAPL", 50);
    const late = world.trade("AAPL", 3_000);
    world.delivered(late);
    await world.advance(100);
    world.end();
    world.trade("AAPL", 4_000);
    await world.advance(1_000);
    await world.start();
    await world.advance(20_000);
    expect(world.ids("AAPL")).toEqual([52]);
    expect(world.open).toEqual([]);
  });

  test("fills what the other had not filled yet, and repeats none of the thousands that it delivered since", async () => {
    const world = new TailWorld();
    collect(world, "*");
    await deliver(world, "AAPL", 5);
    const completeMs = world.tail.heardMs;
    world.tail.isComplete = false;
    await miss(world, "MSFT", 3);
    for (let second = 0; second < 60; second++) {
      for (let index = 0; index < 100; index++) world.delivered(world.trade("AAPL"));
      await world.advance(1_000);
    }
    world.end({ completeMs });
    await miss(world, "AAPL", 2);
    await world.start();
    await world.advance(30_000);
    expect(world.ids("MSFT")).toEqual([6, 7, 8]);
    expect(world.ids("AAPL")).toEqual([6_009, 6_010]);
    expect(world.open).toEqual([]);
    await world.advance(1_000);
  });

  test("keeps what the other delivered until the last of several requests is confirmed", async () => {
    const world = new TailWorld();
    collect(world, "AAPL", "MSFT");
    await deliver(world, "AAPL", 3);
    const completeMs = world.tail.heardMs;
    world.tail.isComplete = false;
    await miss(world, "MSFT", 1);
    await deliver(world, "MSFT", 3);
    world.end({ completeMs });
    void world.opened.run();
    const session = await world.opened.gateway.handshake();
    await session.expectSubscribe();
    session.acknowledge({ trades: ["AAPL"] }); // MSFT is rejected: it may be requested again
    world.session = session;
    await world.advance(10_000);
    expect(world.filled).toMatchObject([{ symbols: ["AAPL"] }]);
    collect(world, "MSFT");
    for (let second = 0; second < 60; second++) {
      for (let index = 0; index < 100; index++) world.trade("AAPL");
      await world.advance(1_000);
    }
    await session.expectSubscribe();
    session.acknowledge();
    await world.advance(20_000);
    expect(world.ids("MSFT")).toEqual([4]);
    expect(world.open).toEqual([]);
  });

  test("holds records that come before their symbol is confirmed", async () => {
    const world = new TailWorld();
    collect(world, "AAPL");
    await deliver(world, "AAPL", 2);
    world.end();
    await miss(world, "AAPL", 2);
    void world.opened.run();
    const session = await world.opened.gateway.handshake();
    await session.expectSubscribe();
    world.session = session;
    world.trade("AAPL");
    await world.advance(100);
    expect(world.got).toEqual([]);
    session.acknowledge();
    await world.advance(20_000);
    expect(world.ids("AAPL")).toEqual([3, 4, 5]);
  });

  test("begins with the present of a symbol that the other did not have", async () => {
    const world = new TailWorld();
    collect(world, "AAPL", "MSFT");
    await deliver(world, "AAPL", 3);
    world.end({ symbols: { trades: ["AAPL"] } });
    await miss(world, "MSFT", 3);
    await world.start();
    world.trade("MSFT");
    await world.advance(20_000);
    expect(world.ids("MSFT")).toEqual([7]);
    expect(world.filled).toMatchObject([{ symbols: ["AAPL"] }]);
    expect(world.gaps).toBe(1);
  });

  test("begins with the present of a symbol that is subscribed to after the first answer", async () => {
    const world = new TailWorld();
    collect(world, "AAPL");
    await deliver(world, "AAPL", 3);
    world.end();
    await miss(world, "MSFT", 3);
    await world.start();
    collect(world, "MSFT");
    await world.advance(100);
    world.trade("MSFT");
    await world.advance(20_000);
    expect(world.ids("MSFT")).toEqual([7]);
    expect(world.gaps).toBe(1);
  });

  test("fills a symbol that is subscribed to while the stream runs and before the first answer", async () => {
    const world = new TailWorld();
    await deliver(world, "AAPL", 3);
    world.end();
    await miss(world, "AAPL", 3);
    await world.start();
    await world.advance(1_000);
    collect(world, "AAPL");
    await world.advance(20_000);
    expect(world.ids("AAPL")).toEqual([4, 5, 6]);
  });

  test("repeats nothing that was delivered before the first record of the tail", async () => {
    const world = new TailWorld();
    collect(world, "AAPL");
    await miss(world, "AAPL", 20); // delivered by the other before the tail was made
    await deliver(world, "AAPL", 5);
    world.end();
    await miss(world, "AAPL", 2);
    await world.start();
    await world.advance(20_000);
    expect(world.ids("AAPL")).toEqual([26, 27]);
  });

  test("has a gap from the making of the tail if nothing was delivered", async () => {
    const clock = new VirtualClock({ startMs: START_MS - 5_000 });
    await clock.advance(5_000);
    const world = new TailWorld({}, {}, clock);
    const gaps: GapEvent[] = [];
    world.opened.stream.on("gap", (gap) => gaps.push(gap));
    collect(world, "AAPL");
    await miss(world, "AAPL", 3);
    world.end();
    expect(world.tail.heardMs).toBe(Number.NEGATIVE_INFINITY);
    await world.start();
    await world.advance(20_000);
    expect(gaps).toMatchObject([{ from: new Date(START_MS), to: new Date(START_MS + 300) }]);
    expect(world.ids("AAPL")).toEqual([1, 2, 3]);
  });

  test("is complete after it has lost its first connection before an answer", async () => {
    const world = new TailWorld();
    collect(world, "AAPL");
    await deliver(world, "AAPL", 5);
    world.end();
    void world.opened.run();
    const first = await world.opened.gateway.handshake();
    await miss(world, "AAPL", 2);
    first.cut();
    await world.advance(5_000);
    const second = await world.opened.gateway.handshake();
    second.acknowledgeAll();
    world.session = second;
    await miss(world, "AAPL", 2);
    await world.advance(20_000);
    expect(world.ids("AAPL")).toEqual([6, 7, 8, 9]);
    expect(world.gaps).toBe(1);
  });

  test("is complete after a run that an error has ended before an answer", async () => {
    const world = new TailWorld();
    collect(world, "AAPL");
    await deliver(world, "AAPL", 5);
    world.end();
    void world.opened.run();
    const first = await world.opened.gateway.accept();
    first.welcome();
    await first.expectAuth();
    first.error(402);
    await world.advance(6_000);
    expect(world.opened.outcome).toMatchObject({ error: { serverCode: 402 } });
    await miss(world, "AAPL", 2);
    await world.start();
    await world.advance(20_000);
    expect(world.ids("AAPL")).toEqual([6, 7]);
    expect(world.open).toEqual([]);
  });

  test("reports the gap as open if it is stopped before the first answer", async () => {
    const world = new TailWorld();
    collect(world, "AAPL");
    await deliver(world, "AAPL", 5);
    world.end();
    await miss(world, "AAPL", 2);
    void world.opened.run();
    await world.opened.gateway.handshake();
    await world.advance(1_000);
    await world.opened.stream.stop();
    expect(world.open).toMatchObject([
      { symbols: ["AAPL"], from: new Date(START_MS + 400), to: new Date(START_MS + 1_700), cause: { code: "stopped" } },
    ]);
  });

  test("reports gaps that stay open without the option history", async () => {
    const clock = new VirtualClock();
    const tail = new StockTail({ clock });
    const { stream, serving } = open({ clock, resume: tail });
    const gaps: GapEvent[] = [];
    stream.on("gap", (gap) => gaps.push(gap));
    stream.subscribe({ trades: ["AAPL"], bars: ["*"] }, () => {});
    tail.add(trade("AAPL", 1, recordTime(START_MS)));
    tail.end({ symbols: { trades: ["AAPL"], bars: ["*"] }, completeMs: tail.heardMs, cause: ENDED });
    await clock.advance(2_000);
    await serving();
    const to = new Date(START_MS + 2_000);
    expect(gaps).toEqual([
      { channel: "trades", symbols: ["AAPL"], from: new Date(START_MS), to, cause: ENDED },
      { channel: "bars", symbols: ["*"], from: new Date(START_MS - 60_000), to, cause: ENDED },
    ]);
  });

  test("does not count the records of the other in its metrics", async () => {
    const world = new TailWorld();
    collect(world, "AAPL");
    await deliver(world, "AAPL", 5);
    world.end();
    await world.start();
    expect(world.opened.stream.metrics).toMatchObject({ recordCount: 0, records: { trades: 0 } });
    world.trade("AAPL");
    await world.advance(100);
    expect(world.opened.stream.metrics).toMatchObject({ recordCount: 1, records: { trades: 1 } });
    await world.advance(20_000);
  });

  test("has no position beyond what the other has completed until its gap is filled", async () => {
    const world = new TailWorld();
    collect(world, "AAPL");
    await deliver(world, "AAPL", 5);
    const completeMs = world.tail.heardMs;
    world.tail.isComplete = false;
    await miss(world, "AAPL", 1);
    for (let second = 0; second < 60; second++) {
      world.delivered(world.trade("MSFT"));
      await world.advance(1_000);
    }
    world.end({ completeMs });
    const reachedMs = ({ channels: { trades: ofTrades } }: StreamPosition): number =>
      Date.parse(ofTrades?.symbols?.AAPL ?? ofTrades?.after ?? "");
    void world.opened.run();
    const session = await world.opened.gateway.handshake();
    expect(reachedMs(world.opened.stream.position)).toBeLessThanOrEqual(completeMs);
    session.acknowledgeAll();
    await world.advance(10);
    expect(reachedMs(world.opened.stream.position)).toBeLessThanOrEqual(completeMs);
    await world.advance(20_000);
    expect(world.ids("AAPL")).toEqual([6]);
    expect(reachedMs(world.opened.stream.position)).toBeGreaterThan(completeMs);
  });
});

describe("in a replay, the tail of another stream", () => {
  const AGO_MS = 300 * 86_400_000;
  const PACE = 10;
  let lastId = 0;

  /** A trade of a market that passes ten times as fast, many days ago. */
  const replayed = (world: TailWorld): Trade =>
    trade("AAPL", ++lastId, recordTime(START_MS - AGO_MS + PACE * world.opened.clock.monotonic()));

  test("is continued in the replay's time and pace", async () => {
    lastId = 0;
    const world = new TailWorld();
    const gaps: GapEvent[] = [];
    world.opened.stream.on("gap", (gap) => gaps.push(gap));
    collect(world, "AAPL");
    for (let index = 0; index < 50; index++) {
      const record = replayed(world);
      world.past.publish(record);
      world.delivered(record);
      await world.advance(100);
    }
    const heardMs = world.tail.heardMs;
    expect(heardMs).toBe(START_MS - AGO_MS + PACE * 4_900);
    world.end();
    for (let index = 0; index < 20; index++) {
      world.past.publish(replayed(world));
      await world.advance(100);
    }
    await world.start();
    expect(gaps).toEqual([]); // the next record shows the market's time
    const endMs = START_MS - AGO_MS + PACE * world.opened.clock.monotonic();
    for (let index = 0; index < 300; index++) {
      world.publish(replayed(world));
      await world.advance(100);
    }
    expect(gaps).toMatchObject([{ from: new Date(heardMs) }]);
    expect(gaps[0]?.to.getTime()).toBeGreaterThanOrEqual(endMs);
    expect(gaps[0]?.to.getTime()).toBeLessThanOrEqual(endMs + 17_000);
    expect(world.ids("AAPL")).toEqual(Array.from({ length: 320 }, (_, index) => 51 + index));
    expect(world.open).toEqual([]);
  });

  test("keeps a time of this machine from being taken for the market's", async () => {
    lastId = 0;
    const world = new TailWorld();
    collect(world, "*");
    for (let index = 0; index < 50; index++) {
      world.delivered(replayed(world));
      await world.advance(100);
    }
    world.end({ symbols: {} });
    await world.start();
    world.session?.records(trade("MSFT", 1, recordTime(world.opened.clock.now())));
    await world.advance(100);
    for (let index = 0; index < 5; index++) {
      world.session?.records(replayed(world));
      await world.advance(100);
    }
    expect(world.opened.stream.metrics.outliers).toBe(1);
    expect(world.opened.errors).toMatchObject([{ code: "time_outlier" }]);
  });
});

describe("the tail of a stream of bars", () => {
  const MIDNIGHT_MS = START_MS - 6 * 3_600_000;
  const barAt = (channel: Bar["channel"], ms: number, volume: number): AnyRecord =>
    bar("AAPL", channel, volume, recordTime(ms));

  function shown(records: readonly AnyRecord[]): string[] {
    return records.map((record) => `${record.channel} ${(record as Bar).volume}`);
  }

  async function barWorld(...channels: ("bars" | "updatedBars" | "dailyBars")[]): Promise<TailWorld> {
    const world = new TailWorld();
    for (const channel of channels)
      world.opened.stream.subscribe({ [channel]: ["AAPL"] }, (one) => world.got.push(one));
    const both = (record: AnyRecord): void => {
      world.past.publish(record);
      world.delivered(record);
    };
    both(barAt("bars", START_MS - 120_000, 100));
    await world.advance(1);
    both(barAt("bars", START_MS - 60_000, 200));
    both(barAt("dailyBars", MIDNIGHT_MS, 5_000));
    both(barAt("updatedBars", START_MS - 120_000, 110));
    return world;
  }

  const ending = { symbols: { bars: ["*"], updatedBars: ["*"], dailyBars: ["*"] } };

  test("is continued with the bars that were missed, each once", async () => {
    const world = await barWorld("bars");
    world.end(ending);
    await world.advance(60_500);
    world.past.publish(barAt("bars", START_MS, 300));
    await world.start();
    await world.advance(60_000);
    world.session?.records(barAt("bars", START_MS + 60_000, 400));
    await world.advance(100);
    expect(shown(world.got)).toEqual(["bars 300", "bars 400"]);
    expect(world.open).toEqual([]);
  });

  test("is continued with revisions that were missed, and not with those that it has", async () => {
    const world = await barWorld("bars", "updatedBars");
    world.end(ending);
    world.past.publish(barAt("bars", START_MS - 120_000, 110)); // history has the revision that the tail has
    world.past.publish(barAt("bars", START_MS - 60_000, 210));
    await world.advance(1_000);
    await world.start();
    await world.advance(20_000);
    expect(shown(world.got)).toEqual(["updatedBars 210"]);
  });

  test("is continued with the newest daily bar, if that is newer", async () => {
    for (const [volume, expected] of [
      [5_000, []],
      [5_100, ["dailyBars 5100"]],
    ] as const) {
      const world = await barWorld("dailyBars");
      world.end(ending);
      world.past.publish(barAt("dailyBars", MIDNIGHT_MS, volume));
      await world.advance(1_000);
      await world.start();
      await world.advance(20_000);
      expect(shown(world.got)).toEqual(expected);
    }
  });
});

test("the tail of a stream that fills quotes remembers them", async () => {
  const world = new TailWorld({}, { fill: ["quotes"] });
  world.opened.stream.subscribeQuotes((record) => world.got.push(record), "AAPL");
  const published = [1, 2, 3].map((size) => quote("AAPL", size, recordTime(START_MS + size * 100)));
  for (const one of published) world.past.publish(one);
  await world.advance(300);
  world.delivered(...published.slice(0, 2));
  world.end({ symbols: { quotes: ["AAPL"] }, completeMs: START_MS + 150 });
  await world.start();
  await world.advance(20_000);
  expect(world.got).toMatchObject([{ bidSize: 3 }]);
});

describe("a tail is rejected", () => {
  const ending = { symbols: { trades: ["AAPL"] }, completeMs: START_MS, cause: ENDED };

  test("by a stream of another asset class", () => {
    expect(() => open({ resume: new CryptoTail() })).toThrow(
      /resume must be a tail of the stream's asset class, got a CryptoTail/,
    );
  });

  test("by a stream that fills channels which the tail does not remember", () => {
    expect(() => new TailWorld({}, { fill: ["quotes"], resume: new StockTail() })).toThrow(
      /remembers the channel quotes/,
    );
  });

  test("by a stream that runs before its end, and accepted after that", async () => {
    const clock = new VirtualClock();
    const tail = new StockTail({ clock });
    const opened = open({ clock, resume: tail });
    await expect(opened.stream.run()).rejects.toThrow(/must have ended before the stream runs/);
    await expect(opened.stream.connect()).rejects.toThrow(TypeError);
    tail.end(ending);
    await opened.serving();
    expect(opened.statuses.at(-1)).toMatchObject({ state: "authenticated" });
  });

  test("by a second stream, and not by the next run of the first", async () => {
    const tail = new StockTail();
    tail.end(ending);
    const [first, second] = [open({ resume: tail }), open({ resume: tail })];
    await first.serving();
    await expect(second.stream.run()).rejects.toThrow(/another stream has continued the tail/);
    await first.stream.stop();
    await first.serving();
    expect(first.statuses.at(-1)).toMatchObject({ state: "authenticated" });
  });

  test.each([
    [{ ...ending, symbols: ["AAPL"] }, /symbols must be an object of arrays, got array/],
    [{ ...ending, symbols: { trade: ["AAPL"] } }, /symbols has "trade", which is no channel/],
    [{ ...ending, symbols: { trades: "AAPL" } }, /symbols.trades must be an array, got string/],
    [{ ...ending, completeMs: Number.NaN }, /completeMs must be milliseconds since the epoch, got NaN/],
    [{ ...ending, cause: new Error("no") }, /cause must be a StreamError/],
  ])("with an ending that is wrong: %j", (wrong, message) => {
    expect(() => new StockTail().end(wrong as typeof ending)).toThrow(message);
  });

  test("with a second ending, with records behind its end, and with those of unknown channels", () => {
    const tail = new StockTail();
    const book = new CryptoOrderBook("BTC/USD", START_MS / 1_000, 0, [], [], true);
    expect(() => tail.add(book)).toThrow(/got the channel "orderbooks"/);
    tail.end(ending);
    expect(() => tail.end(ending)).toThrow(/has ended already/);
    expect(() => tail.add(trade("AAPL"))).toThrow(/takes no further records/);
  });
});

/** One trade of a market: how long after the one before it is published, and how much older than that its time is. */
const trades = fc.array(
  fc.record({
    symbol: fc.constantFrom("AAPL", "MSFT", "SPY"),
    stepMs: fc.constantFrom(0, 0, 1, 50, 400, 2_000),
    lateMs: fc.oneof(
      { weight: 8, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 9_000 }) },
    ),
  }),
  { minLength: 1, maxLength: 120 },
);
/** A place in the list. */
const place = fc.double({ min: 0, max: 1, noNaN: true });
const pasts: fc.Arbitrary<PastOptions> = fc.constantFrom({}, { lagMs: 2_500 }, { pageSize: 3 }, { hasWildcard: false });

test("a list of trades that is cut anywhere between two streams is delivered once and in order", async () => {
  const scenario = fc.record({
    trades,
    cuts: fc.tuple(place, place, place).map((places) => places.sort((a, b) => a - b)),
    lost: fc.subarray(["AAPL", "MSFT", "SPY"]),
    isOfAll: fc.boolean(),
    options: pasts,
  });
  await fc.assert(
    fc.asyncProperty(scenario, async ({ trades: list, cuts, lost, isOfAll, options }) => {
      const world = new TailWorld(options);
      // Without a wildcard in history, the universe is what was heard of.
      collect(world, ...(isOfAll && options.hasWildcard !== false ? ["*"] : ["AAPL", "MSFT", "SPY"]));
      // The earlier stream loses some symbols at the first place, and ends at the second; the next begins at the third.
      const [completeAt = 0, endAt = 0, startAt = 0] = cuts.map((one) => Math.floor(one * list.length));
      const first: number[] = [];
      const late = new Set<number>();
      let completeMs = Number.NEGATIVE_INFINITY;
      for (let index = 0; index <= list.length; index++) {
        if (index === completeAt) {
          completeMs = world.tail.heardMs;
          world.tail.isComplete = false;
        }
        if (index === endAt) world.end({ completeMs });
        if (index === startAt) await world.start();
        const next = list[index];
        if (next === undefined) break;
        const { symbol, stepMs, lateMs } = next;
        await world.advance(stepMs);
        // Nothing is reported of a time before the first trade: the tail was not there.
        const ageMs = Math.min(lateMs, world.opened.clock.now() - START_MS - (list[0]?.stepMs ?? 0));
        const { id } = world.trade(symbol, Math.max(0, ageMs));
        if (ageMs > 0) late.add(Number(id));
        if (index >= endAt || (index >= completeAt && lost.includes(symbol))) continue;
        world.delivered(trade(symbol, id, recordTime(world.opened.clock.now() - Math.max(0, ageMs))));
        first.push(Number(id));
      }
      await world.advance(60_000);
      const got = world.got.map((record) => Number((record as Trade).id));
      expect([...first, ...got].sort((a, b) => a - b)).toEqual(list.map((_, index) => index + 1));
      for (const symbol of ["AAPL", "MSFT", "SPY"]) {
        const inTime = world.ids(symbol).filter((id) => !late.has(id));
        expect(inTime).toEqual(inTime.toSorted((a, b) => a - b));
      }
      expect(world.open).toEqual([]);
      await world.opened.stream.close();
    }),
    { numRuns: 150 },
  );
}, 60_000);
