import { describe, expect, test } from "vitest";
import { recordTime, trade } from "../../../../../verify/shared/records.ts";
import { type AnyRecord, StreamError, type StreamPosition } from "../../../src/index.ts";
import { seededRandom, VirtualClock } from "../../../src/testing/index.ts";
import { parseTimestamp, toNanoseconds } from "../../../src/wire/index.ts";
import { open } from "../../support/stream.ts";
import { CRYPTO } from "../support/market-kind.ts";
import { Past, type PastOptions } from "../support/past.ts";
import { Database, Market, nameOf, Program, RestartWorld } from "../support/restarts.ts";

/** Restarts a program at random moments, and compares what its database has in the end with the tape. */
async function restartTwentyTimes(seed: number, options: PastOptions, isToAll: boolean): Promise<void> {
  const random = seededRandom(seed);
  const clock = new VirtualClock({ random: seededRandom(seed + 1_000) });
  const past = new Past(options);
  const market = new Market(clock, past, random);
  const database = new Database();
  const open: unknown[] = [];

  const live = async (lifeMs: number): Promise<Program> => {
    const program = new Program(clock, past, database, seed);
    program.subscribe(isToAll);
    program.run(market);
    const endMs = clock.now() + lifeMs;
    while (clock.now() < endMs || database.position?.channels.trades === undefined) {
      await clock.advance(random() * 400);
      if (market.tape.length > 0 || market.session !== undefined) market.tick();
      if (random() < 0.02) {
        market.session?.cut();
        market.session = undefined;
      }
      await clock.advance(random() * 50);
      if (random() < 0.3) program.store();
    }
    open.push(...program.open);
    return program;
  };

  for (let restart = 0; restart < 20; restart++) {
    const program = await live(random() < 0.3 ? random() * 3_000 : random() * 40_000);
    if (random() < 0.5) await clock.advance(random() * 10); // in the middle of something
    if (random() < 0.8) program.kill(market);
    else await program.stop(market);
    const downMs = random() < 0.1 ? 400_000 : random() * 20_000;
    for (let passedMs = 0; passedMs < downMs; passedMs += downMs / 20) {
      await clock.advance(downMs / 20);
      market.tick();
    }
  }
  const last = await live(60_000);
  await clock.advance(60_000);
  last.store();
  last.kill(market);
  await clock.advance(10_000);

  const stored = [...database.records].sort();
  expect(
    stored.filter((name, index) => name === stored[index - 1]),
    "twice",
  ).toEqual([]);
  const names = new Set(stored);
  expect(
    market.tape.map(nameOf).filter((name) => !names.has(name)),
    "missing",
  ).toEqual([]);
  expect(open).toEqual([]);
}

const SEEDS = Array.from({ length: Number(process.env.SEEDS ?? 1) }, (_, seed) => seed + 1);

describe.each([
  ["with an honest history", {}],
  ["with a history that is late", { lagMs: 2_500 }],
  ["with small pages", { pageSize: 50 }],
  ["with raw records", { isRaw: true }],
  ["with records of crypto", { kind: CRYPTO }],
  [
    "with a history that fails now and then",
    {
      before: (_: unknown, count: number) => {
        if (count % 4 === 0) throw new StreamError("server_error", "now and then");
      },
    },
  ],
] as const)("a program that stores records and its position in one transaction, %s", (_title, options) => {
  test.each(SEEDS)("has each record once after twenty restarts at random moments, seed %i", (seed) =>
    restartTwentyTimes(seed, options as PastOptions, false),
  );

  test.each(SEEDS)("has each record of all symbols once after twenty restarts at random moments, seed %i", (seed) =>
    restartTwentyTimes(seed, options as PastOptions, true),
  );
});

describe("the position of a stream", () => {
  test("is small, and the same after JSON", async () => {
    const { clock, market, start } = new RestartWorld();
    const program = start();
    program.stream.subscribeTrades(() => {}, "*");
    program.run(market);
    await clock.advance(100);
    for (let second = 0; second < 40; second++) {
      market.tick();
      await clock.advance(1_000);
    }
    const { position } = program.stream;
    const { after, until, done = "" } = position.channels.trades ?? {};
    expect(Date.parse(until ?? "") - Date.parse(after ?? "")).toBeLessThan(18_000);
    expect(done.length / 11).toBe(market.tape.filter((record) => record.timestampNs > timeNs(after)).length);
    expect(JSON.parse(JSON.stringify(position))).toEqual(position);
    program.kill(market);
    await clock.advance(10_000);
  });

  test("leaves out the oldest marks at its limit, and the restart reports what may be missing", async () => {
    const { clock, market, database, start } = new RestartWorld();
    let program = start();
    program.stream.subscribeTrades(() => {}, "AAPL");
    program.run(market);
    await clock.advance(100);
    for (let id = 1; id <= 6_000; id++) {
      market.publish(trade("AAPL", id, recordTime(clock.now())));
      if (id % 10 === 0) await clock.advance(10);
    }
    const { position } = program.stream;
    expect(position.channels.trades?.done).toHaveLength(5_000 * 11);
    const { after, lateFrom } = position.channels.trades ?? {};
    program.kill(market);
    await clock.advance(1_000);
    database.position = position;
    program = start();
    const got: AnyRecord[] = [];
    program.stream.subscribeTrades((record) => got.push(record), "AAPL");
    program.run(market);
    market.publish(trade("AAPL", 6_001, recordTime(clock.now())));
    await clock.advance(20_000);
    expect(got.map(({ symbol }) => symbol)).toEqual(["AAPL"]);
    expect(program.open).toMatchObject([
      { channel: "trades", symbols: ["AAPL"], cause: { code: "history_incomplete" } },
    ]);
    expect(program.open[0]?.from).toEqual(new Date(lateFrom ?? ""));
    expect(program.open[0]?.to).toEqual(new Date(after ?? ""));
    program.kill(market);
    await clock.advance(10_000);
  });

  test("covers the record at hand in a handler that reads it before its first await", async () => {
    const { clock, market, database, start } = new RestartWorld();
    let program = start();
    const store = async (record: AnyRecord): Promise<void> => database.store([record], program.stream.position);
    program.stream.subscribeTrades(store, "AAPL", { concurrency: 1 });
    program.run(market);
    await clock.advance(100);
    for (let id = 1; id <= 3; id++) market.publish(trade("AAPL", id, recordTime(clock.now())));
    await clock.advance(100);
    program.kill(market);
    market.publish(trade("AAPL", 4, recordTime(clock.now())));
    await clock.advance(1_000);
    program = start();
    program.stream.subscribeTrades(store, "AAPL", { concurrency: 1 });
    program.run(market);
    await clock.advance(20_000);
    expect(database.records.map((name) => name.at(-1))).toEqual(["1", "2", "3", "4"]);
    program.kill(market);
    await clock.advance(10_000);
  });

  test("holds for the first subscription of a symbol: a later one begins with the present", async () => {
    const { clock, market, database, start } = new RestartWorld();
    let program = start();
    program.stream.subscribeTrades(() => {}, "AAPL");
    program.run(market);
    await clock.advance(100);
    market.publish(trade("AAPL", 1, recordTime(clock.now())));
    await clock.advance(100);
    database.position = program.stream.position;
    program.kill(market);
    market.publish(trade("AAPL", 2, recordTime(clock.now())));
    await clock.advance(1_000);
    program = start();
    const first: unknown[] = [];
    const second: unknown[] = [];
    program.stream.subscribeTrades((record) => first.push(record.id), "AAPL");
    program.run(market);
    await clock.advance(20_000);
    program.stream.subscribeTrades((record) => second.push(record.id), "AAPL");
    market.publish(trade("AAPL", 3, recordTime(clock.now())));
    await clock.advance(20_000);
    expect([first, second]).toEqual([[2, 3], [3]]);
    program.kill(market);
    await clock.advance(10_000);
  });

  test("stays known where history fails and the stream brings nothing", async () => {
    const world = new RestartWorld({
      before: () => {
        throw new StreamError("not_entitled", "no");
      },
    });
    let program = world.start();
    program.stream.subscribeTrades(() => {}, "AAPL");
    program.run(world.market);
    await world.clock.advance(100);
    for (const id of [1, 2]) world.market.publish(trade("AAPL", id, recordTime(world.clock.now())));
    await world.clock.advance(100);
    world.database.position = program.stream.position;
    await world.end(program);
    await world.clock.advance(600_000);
    program = world.start();
    program.stream.subscribeTrades(() => {}, "AAPL");
    program.run(world.market);
    await world.clock.advance(60_000);
    expect(program.open).toMatchObject([{ channel: "trades", cause: { code: "not_entitled" } }]);
    const { trades } = program.stream.position.channels;
    expect(Date.parse(trades?.after ?? "")).toBeLessThanOrEqual(program.open[0]?.to.getTime() ?? 0);
    await world.end(program);
  });

  test("reports what channels miss that are not filled", async () => {
    const { clock, market, database, start } = new RestartWorld();
    let program = start();
    const subscribe = (): void => {
      program.stream.subscribe({ trades: ["AAPL"], quotes: ["AAPL"], statuses: ["*"] }, () => {});
    };
    subscribe();
    program.run(market);
    await clock.advance(100);
    market.publish(trade("AAPL", 1, recordTime(clock.now())));
    await clock.advance(100);
    database.position = program.stream.position;
    const from = new Date(clock.now() - 100);
    program.kill(market);
    await clock.advance(5_000);
    program = start();
    subscribe();
    program.run(market);
    await clock.advance(20_000);
    expect(program.open).toMatchObject([
      { channel: "quotes", symbols: ["AAPL"], from, cause: { code: "not_filled" } },
      { channel: "statuses", symbols: ["*"], from, cause: { code: "no_history" } },
    ]);
    program.kill(market);
    await clock.advance(10_000);
  });

  test("needs a history, as does resume", () => {
    const { stream } = open();
    expect(() => stream.position).toThrow("position needs the option history");
    const position: StreamPosition = { version: 1, feed: "iex", channels: {} };
    expect(() => open({ resume: position })).toThrow("resume needs the option history");
  });

  const trades = { after: "2025-01-02T15:00:00Z", until: "2025-01-02T15:00:00Z", done: "" };

  test.each([
    ["a string", '{"version":1}', /^resume must be an object/],
    ["an object of another kind", {}, /^resume must be a position of a stream.* version is undefined/],
    ["a later version", { version: 2, feed: "iex", channels: {} }, /of version 1; its version is 2/],
    ["another feed", { version: 1, feed: "sip", channels: {} }, /stream's feed "iex", got a position of "sip"/],
    ["no channels", { version: 1, feed: "iex" }, /^resume.channels must be an object of channels, got undefined/],
    ["an unknown channel", { version: 1, feed: "iex", channels: { trade: trades } }, /has the channel "trade"/],
    ["a time that is none", { ...trades, after: "now" }, /^resume.channels.trades.after must be a time such as/],
    ["a time of a symbol that is none", { ...trades, symbols: { AAPL: 1 } }, /trades.symbols.AAPL must be a time/],
    ["marks that are cut", { ...trades, done: "abc" }, /trades.done must be a string of marks, 11 .*got 3 characters/],
    ["marks of no string", { ...trades, done: [] }, /trades.done must be a string of marks, 11 .*got array/],
    ["due records without a time", { ...trades, due: { AAPL: { marks: "" } } }, /trades.due.AAPL.from must be a time/],
  ])("is rejected with the part that is wrong: %s", (_title, value, message) => {
    const resume =
      typeof value === "object" && "done" in value ? { version: 1, feed: "iex", channels: { trades: value } } : value;
    expect(() => open({ history: new Past(), resume: resume as StreamPosition })).toThrow(message);
  });
});

function timeNs(text = ""): bigint {
  const { seconds, nanos } = parseTimestamp(text) ?? { seconds: 0, nanos: 0 };
  return toNanoseconds(seconds, nanos);
}
