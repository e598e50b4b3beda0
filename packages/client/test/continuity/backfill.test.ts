import { describe, expect, test } from "vitest";
import { bar, quote, recordTime, trade } from "../../../../verify/shared/records.ts";
import type { GapFilledEvent, GapOpenEvent } from "../../src/continuity/backfill/gap-outcome.ts";
import { isFromHistory } from "../../src/continuity/from-history.ts";
import { type AnyRecord, type Quote, StreamError, type Trade } from "../../src/index.ts";
import { type ScriptedSession, seededRandom } from "../../src/testing/index.ts";
import { type Opened, open } from "../support/stream.ts";
import { Past, type PastOptions } from "./support/past.ts";

const START_MS = 1_735_830_000_000;

/** A stream with a history, a server that acknowledges everything, and a market in the test's hands. */
class World {
  readonly past: Past;
  readonly opened: Opened;
  readonly got: AnyRecord[] = [];
  readonly filled: GapFilledEvent[] = [];
  readonly open: GapOpenEvent[] = [];
  gaps = 0;
  session: ScriptedSession | undefined;
  #nextId = 1;

  constructor(options: PastOptions = {}) {
    this.past = new Past(options);
    this.opened = open({ history: this.past });
    const { stream } = this.opened;
    stream.on("gap", () => this.gaps++);
    stream.on("gapFilled", (event) => this.filled.push(event));
    stream.on("gapOpen", (event) => this.open.push(event));
  }

  /** Runs the stream, and answers each of its connections. */
  async start(): Promise<void> {
    void this.opened.run();
    void this.#serve();
    await this.advance(10);
  }

  async #serve(): Promise<void> {
    for (;;) {
      const session = await this.opened.gateway.handshake();
      session.acknowledgeAll();
      this.session = session;
    }
  }

  advance(ms: number): Promise<void> {
    return this.opened.clock.advance(ms);
  }

  /** Something happens in the market: history gets it, and the stream if it is connected. */
  publish(record: AnyRecord): void {
    this.past.publish(record);
    if (this.session?.closed === undefined) this.session?.records(record);
  }

  /** A trade now, or so many milliseconds ago. */
  trade(symbol: string, ageMs = 0): Trade {
    const record = trade(symbol, this.#nextId++, recordTime(this.opened.clock.now() - ageMs));
    this.publish(record);
    return record;
  }

  /** A trade of the past, which only history has. */
  tradeBefore(symbol: string, ageMs: number): void {
    this.past.publish(trade(symbol, this.#nextId++, recordTime(this.opened.clock.now() - ageMs)));
  }

  cut(): void {
    this.session?.cut();
    this.session = undefined;
  }

  ids(symbol: string): number[] {
    return this.got.filter((record) => record.symbol === symbol).map((record) => Number((record as Trade).id));
  }
}

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

test("a gap of a channel that history does not have stays open", async () => {
  const world = new World();
  world.opened.stream.subscribeTradingStatuses((record) => world.got.push(record), "AAPL");
  await world.start();
  world.cut();
  await world.advance(20_000);
  expect(world.open).toMatchObject([{ channel: "statuses", symbols: ["AAPL"], cause: { code: "no_history" } }]);
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

describe.each([
  ["with an honest history", {}],
  ["with a history that is late", { lagMs: 2_500 }],
  ["with small pages", { pageSize: 3 }],
  [
    "with a history that fails now and then",
    {
      before: (_: unknown, count: number) => {
        if (count % 3 === 0) throw new StreamError("server_error", "now and then");
      },
    },
  ],
  ["without a wildcard in history", { hasWildcard: false }],
] as const)("a random market %s", (_title, options) => {
  test.each(Array.from({ length: 40 }, (_, seed) => seed))("is delivered once and in order, seed %i", async (seed) => {
    const random = seededRandom(seed + 1);
    const world = new World(options as PastOptions);
    const symbols = ["AAPL", "BRK.B", "MSFT", "ZZZZ"];
    const isOfAll = random() < 0.4 && options !== undefined && !("hasWildcard" in options);
    const wanted = isOfAll ? ["*"] : symbols.filter(() => random() < 0.7).concat("AAPL");
    world.opened.stream.subscribeTrades((record) => world.got.push(record), wanted);
    await world.start();
    const expected = new Map<string, number[]>();
    for (let step = 0; step < 150; step++) {
      if (random() < 0.06) world.cut();
      for (let count = Math.floor(random() * 4); count > 0; count--) {
        const symbol = symbols[Math.floor(random() * symbols.length)] ?? "";
        const record = world.trade(symbol);
        if (isOfAll || wanted.includes(symbol))
          expected.set(symbol, [...(expected.get(symbol) ?? []), Number(record.id)]);
      }
      await world.advance(Math.floor(random() * 600) + 1);
    }
    await world.advance(300_000);
    for (const [symbol, ids] of expected) expect(world.ids(symbol), symbol).toEqual(ids);
    expect(world.open).toEqual([]);
    expect(world.filled.length).toBe(world.gaps);
  });
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
