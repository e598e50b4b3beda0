import { describe, expect, test } from "vitest";
import { bar, recordTime, trade } from "../../../../verify/shared/records.ts";
import type { GapFilledEvent, GapOpenEvent } from "../../src/continuity/backfill/gap-outcome.ts";
import { isFromHistory } from "../../src/continuity/from-history.ts";
import { type AnyRecord, StreamError, type Trade } from "../../src/index.ts";
import { type ScriptedSession, seededRandom } from "../../src/testing/index.ts";
import { type Opened, open } from "../support/stream.ts";
import { Past, type PastOptions } from "./support/past.ts";

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
