import { describe, expect, test } from "vitest";
import { bar, recordTime } from "../../../../../verify/shared/records.ts";
import type { UniverseOption } from "../../../src/continuity/backfill/universe.ts";
import { StreamError } from "../../../src/index.ts";
import * as LIMITS from "../../../src/limits.ts";
import { open } from "../../support/stream.ts";
import { Past, type PastOptions } from "../support/past.ts";
import { START_MS, World } from "../support/world.ts";

/**
 * A stream of `*` at a server that is requested by symbol. It has heard of AAPL alone when its connection is lost;
 * then AAPL and NEW are traded.
 */
async function lostWorld(universe: UniverseOption, options: PastOptions = {}): Promise<World> {
  const world = new World({ hasWildcard: false, ...options }, { universe });
  world.opened.stream.subscribeTrades((record) => world.got.push(record), "*");
  await world.start();
  world.trade("AAPL");
  await world.advance(100);
  loseTrades(world);
  return world;
}

function loseTrades(world: World): void {
  world.cut();
  world.trade("AAPL");
  world.trade("NEW");
}

describe("a gap of all symbols at a server that is requested by symbol", () => {
  test.each([
    ["an array", ["AAPL", "NEW", "OLD"]],
    ["a set", new Set(["AAPL", "NEW", "OLD"])],
    ["a function", () => ["AAPL", "NEW", "OLD"]],
    ["an asynchronous function", async () => ["AAPL", "NEW", "OLD"]],
  ])("is filled for the symbols of the universe, which is %s", async (_kind, universe) => {
    const world = await lostWorld(universe);
    await world.advance(10_000);
    expect(world.ids("AAPL")).toEqual([1, 2]);
    expect(world.ids("NEW")).toEqual([3]);
    expect(world.filled).toMatchObject([{ symbols: ["*"], recordCount: 2 }]);
    expect(world.open).toEqual([]);
    const requested = world.past.requests.map(({ symbols }) => symbols.join()).slice(1); // behind the probe
    expect(requested).toEqual(["AAPL", "NEW,OLD"]);
  });

  test("has symbols heard of in another channel without a universe", async () => {
    const world = new World({ hasWildcard: false });
    const { stream } = world.opened;
    stream.subscribeTrades((record) => world.got.push(record), "*");
    stream.subscribeTrades((record) => world.got.push(record), "NAMED");
    stream.subscribeBars(() => {}, "*");
    await world.start();
    world.trade("AAPL");
    world.session?.records(bar("BARS", "bars", 1, recordTime(START_MS - 60_000)));
    await world.advance(100);
    world.cut();
    for (const symbol of ["AAPL", "BARS", "NAMED", "NEW"]) world.trade(symbol);
    await world.advance(20_000);
    expect(["AAPL", "BARS", "NAMED", "NEW"].map((symbol) => world.ids(symbol).length)).toEqual([2, 1, 2, 0]); // NAMED has two subscriptions
    expect(world.open.find(({ channel }) => channel === "trades")).toMatchObject({
      symbols: ["*"],
      cause: { code: "wildcard_unknown" },
    });
  });

  test("is filled for a symbol that is missing in the universe and is traded during the fill", async () => {
    const world = await lostWorld(["AAPL"], {
      before: async ({ symbols }) => {
        if (symbols.includes("AAPL")) world.trade("NEW"); // for the probe, and for the fill
      },
    });
    await world.advance(30_000);
    expect(world.ids("NEW")).toEqual([3, 4, 5]);
    expect(world.filled).toMatchObject([{ symbols: ["*"] }]);
  });

  test("calls the function once in a day", async () => {
    let calls = 0;
    const world = await lostWorld(() => {
      calls++;
      return ["AAPL", "NEW"];
    });
    await world.advance(10_000);
    loseTrades(world);
    await world.advance(10_000);
    expect(calls).toBe(1);
    await world.advance(LIMITS.universeMaxAgeMs);
    loseTrades(world);
    await world.advance(10_000);
    expect(calls).toBe(2);
    expect(world.open).toEqual([]);
  });

  test.each<[string, () => readonly string[] | Promise<readonly string[]>, RegExp]>([
    [
      "throws",
      () => {
        throw new Error("a secret");
      },
      /did not name the symbols: its function failed, for the reason in cause$/,
    ],
    ["rejects", () => Promise.reject(new Error("a secret")), /for the reason in cause$/],
    ["returns a string", () => "AAPL" as unknown as string[], /universe takes an array of symbols, .*got "AAPL"/],
    ["returns no symbols", () => [], /no symbols of universe/],
    ["returns the wildcard", () => ["AAPL", "*"], /universe must name the symbols that "\*" stands for/],
    [
      "returns too many",
      () => Array.from({ length: 50_001 }, (_, index) => `S${index}`),
      /universe must have at most 50000 symbols, got 50001/,
    ],
    ["never returns", () => new Promise(() => {}), /universe must return within 30000 ms/],
  ])("stays open where the universe's function %s, and what is known is filled", async (_what, universe, message) => {
    const world = await lostWorld(universe);
    await world.advance(60_000);
    expect(world.ids("AAPL")).toEqual([1, 2]);
    expect(world.filled).toEqual([]);
    expect(world.open).toMatchObject([{ symbols: ["*"], cause: { code: "wildcard_unknown" } }]);
    expect(world.open[0]?.cause.message).toMatch(message);
    expect(world.open[0]?.cause.message).not.toContain("a secret");
  });

  test("uses the symbols of an earlier day where the function fails, and reports it", async () => {
    let isBroken = false;
    const world = await lostWorld(() => {
      if (isBroken) throw new Error("down");
      return ["AAPL", "NEW"];
    });
    await world.advance(10_000);
    isBroken = true;
    await world.advance(LIMITS.universeMaxAgeMs);
    loseTrades(world);
    await world.advance(10_000);
    expect(world.ids("NEW")).toEqual([3, 5]);
    expect(world.open).toMatchObject([{ symbols: ["*"], cause: { code: "wildcard_unknown" } }]);
  });

  test("leaves a symbol open that history rejects, and fills the others", async () => {
    const world = await lostWorld(["AAPL", "BAD", "NEW"], {
      before: ({ symbols }) => {
        if (symbols.includes("BAD")) throw new StreamError("invalid_symbol", "BAD", { symbols: { trades: ["BAD"] } });
      },
    });
    await world.advance(10_000);
    expect(world.ids("NEW")).toEqual([3]);
    expect(world.filled).toMatchObject([{ symbols: ["*"] }]);
    expect(world.open).toMatchObject([{ symbols: ["BAD"], cause: { code: "invalid_symbol" } }]);
  });

  test("requests a hundred symbols at a time, and no more after a request that fails as a whole", async () => {
    const universe = Array.from({ length: 1_000 }, (_, index) => `S${index}`);
    const world = await lostWorld(universe, {
      before: ({ symbols }) => {
        if (symbols.includes("S250")) throw new StreamError("not_entitled", "no");
      },
    });
    await world.advance(10_000);
    expect(world.past.requests.map(({ symbols }) => symbols.length)).toEqual([1, 1, 100, 100, 100]);
    expect(world.open.find(({ symbols }) => symbols.includes("*"))).toMatchObject({ cause: { code: "not_entitled" } });
  });

  test("ends at once when the stream is stopped while the universe is awaited", async () => {
    const world = await lostWorld(() => new Promise(() => {}));
    await world.advance(5_000);
    await world.opened.stream.stop();
    expect(world.open).toMatchObject([{ symbols: ["*"], cause: { code: "stopped" } }]);
    await world.advance(1_000); // the socket is gone
    expect(world.opened.clock.pendingTimers).toBe(0);
  });
});

test.each([
  [[], "no symbols of universe"],
  [["*"], 'universe must name the symbols that "*" stands for, such as "AAPL", got "*"'],
  [["AAPL", 7], "a symbol of universe must be"],
  ["AAPL", 'universe takes an array of symbols, such as ["AAPL"], got "AAPL": write ["AAPL"]'],
  [null, "universe takes an array of symbols"],
])("the universe %j is rejected at once", (universe, message) => {
  expect(() => open({ history: new Past(), universe: universe as UniverseOption })).toThrow(message);
});

test("a server that accepts the wildcard is not asked for the universe", async () => {
  let calls = 0;
  const universe = (): string[] => {
    calls++;
    return ["AAPL"];
  };
  const world = await lostWorld(universe, { hasWildcard: true });
  await world.advance(10_000);
  expect(world.ids("NEW")).toEqual([3]);
  expect(calls).toBe(0);
});
