import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CryptoOrderBook, CryptoTrade, Quote, Trade, TradingStatus } from "@tickerplant/client";
import { expect, onTestFinished, test, vi } from "vitest";
import { lockFolder } from "../../src/folder-lock.ts";
import { queryRecording, writeQuery } from "../../src/query/query-recording.ts";
import { QUERY_TABLES } from "../../src/query/query-tables.ts";
import { Recorder } from "../../src/recorder.ts";
import { query, temporaryFolder } from "../folders.ts";
import { unsealedSegments } from "../segments.ts";
import { recordInto, rowsOf, valuesOf } from "./support/recordings.ts";

/** 2025-11-14, 09:30 in New York. */
const SECONDS = 1_763_130_600;
const DAY_S = 86_400;

function trade(id: number, { symbol = "A", seconds = SECONDS, nanos = 0, price = 10 } = {}): Trade {
  return new Trade(symbol, seconds, nanos, id, "V", price, 100, ["@"], "C");
}

function quote(nanos: number, bid: number, ask: number, seconds = SECONDS): Quote {
  return new Quote("A", seconds, nanos, "V", bid, 1, "Q", ask, 2, ["R"], "C");
}

/** A folder in which a recorder writes, with what it has received already. */
async function recording(dir: string): Promise<Recorder> {
  const recorder = await Recorder.open({ dir, feed: "sip" });
  onTestFinished(() => recorder.close());
  return recorder;
}

test("every table can be queried when nothing was recorded of it, with the columns that it has otherwise", async () => {
  const dir = temporaryFolder();
  await recordInto(dir, []);
  for (const { name, columns } of QUERY_TABLES) {
    const result = await queryRecording(dir, `from ${name}`);
    expect(result.columns, name).toEqual(columns);
    await result.close();
  }
});

test("tables have the same columns with rows in files, rows in the log and none", async () => {
  const dir = temporaryFolder();
  await recordInto(dir, [trade(1), quote(1, 1, 2), new TradingStatus("A", SECONDS, 0, "H", "Halted", "", "", "C")]);
  await recordInto(dir, [new CryptoTrade("BTC/USD", SECONDS, 0, 1, 1, 1, "B")], { feed: "us", assetClass: "crypto" });
  const recorder = await recording(dir);
  recorder.sink.record(trade(2));
  recorder.sink.flush();
  await vi.waitFor(async () => expect(await valuesOf(dir, "select count(*) from trades")).toEqual([3n]), 10_000);
  for (const { name, columns } of QUERY_TABLES) {
    const result = await queryRecording(dir, `from ${name}`);
    expect(result.columns, name).toEqual(columns);
    await result.close();
  }
});

test("a query while a recorder writes has what is still in the log, and no damage that is none", async () => {
  const dir = temporaryFolder();
  await recordInto(dir, [trade(1)]);
  const recorder = await recording(dir);
  recorder.sink.record(trade(2, { nanos: 123_456_789 }));
  recorder.sink.record(quote(5, 9, 11));
  recorder.sink.flush();
  await vi.waitFor(async () => expect(await valuesOf(dir, "select count(*) from trades")).toEqual([2n]), 10_000);
  expect(await rowsOf(dir, "select id, t, day, feed, fromHistory from trades order by id desc limit 1")).toEqual([
    { id: 2n, t: "2025-11-14T14:30:00.123456789Z", day: "2025-11-14", feed: "sip", fromHistory: false },
  ]);
  expect(await rowsOf(dir, "select bidPrice, askPrice from nbbo_at('A', '2025-11-14T14:30:01Z')")).toEqual([
    { bidPrice: 9, askPrice: 11 },
  ]);
  expect(await valuesOf(dir, "select kind from gaps")).toEqual(["closed", "downtime"]); // of the two recorders
});

test("neither of two segments of which a recorder seals the first has a gap at its end", async () => {
  const dir = temporaryFolder();
  await unsealedSegments(dir, 2);
  const lock = await lockFolder(join(dir, "feed=sip"));
  expect(await rowsOf(dir, "select kind from gaps")).toEqual([]);
  lock.release();
  expect(await rowsOf(dir, "select kind from gaps")).toEqual([{ kind: "unsealed" }, { kind: "unsealed" }]);
});

test("what a crash left in the log is queried as well, and the gaps say that the end may be missing", async () => {
  const dir = temporaryFolder();
  const recorder = await Recorder.open({ dir, feed: "sip" });
  recorder.sink.record(trade(1));
  recorder.sink.flush();
  const log = join(dir, "feed=sip", "log");
  const crashed = temporaryFolder();
  await vi.waitFor(async () => expect(await valuesOf(dir, "select count(*) from trades")).toEqual([1n]), 10_000);
  mkdirSync(join(crashed, "feed=sip", "log"), { recursive: true });
  for (const name of readdirSync(log)) {
    writeFileSync(
      join(crashed, "feed=sip", "log", name),
      Buffer.concat([readFileSync(join(log, name)), Buffer.from("TPBKcut")]),
    );
  }
  await recorder.close();
  expect(await valuesOf(crashed, "select count(*) from trades")).toEqual([1n]);
  expect(await valuesOf(crashed, "select kind from gaps order by kind")).toEqual(["damaged", "unsealed"]);
});

test("a segment whose header is damaged fails no query, and gaps say so", async () => {
  const dir = temporaryFolder();
  await recordInto(dir, [trade(1)]);
  writeFileSync(join(dir, "feed=sip", "log", "99991231T000000.000Z.tplog"), "TICK");
  expect(await valuesOf(dir, "select count(*) from trades")).toEqual([1n]);
  expect(await rowsOf(dir, "select kind, segment, message from gaps where kind <> 'closed'")).toEqual([
    {
      kind: "damaged",
      segment: "99991231T000000.000Z",
      message: expect.stringContaining("99991231T000000.000Z.tplog is no segment of a recording"),
    },
  ]);
});

test.each(["it's", 'say "x"', "[a-z]", "a*b?", "feed=old", "date=2020-01-01", "{a,b}", "ä ö"])(
  "a recording in a folder named %s is queried",
  async (name) => {
    const dir = join(temporaryFolder(), name, "tape");
    mkdirSync(dir, { recursive: true });
    await recordInto(dir, [trade(1)]);
    expect(await rowsOf(dir, "select id, feed, day from trades")).toEqual([{ id: 1n, feed: "sip", day: "2025-11-14" }]);
  },
);

test("a channel may be named as the library names it", async () => {
  const dir = temporaryFolder();
  await recordInto(dir, []);
  expect(await rowsOf(dir, "from updatedBars, dailyBars, cancelErrors")).toEqual([]);
  expect(await rowsOf(dir, 'from "updated_bars"')).toEqual([]);
});

test("stocks and crypto of one folder are in the same tables", async () => {
  const dir = temporaryFolder();
  const crypto = { feed: "us", assetClass: "crypto" } as const;
  await recordInto(dir, [trade(1)]);
  const book = new CryptoOrderBook("BTC/USD", SECONDS, 1, [{ price: 5, size: 0.5 }], [], true);
  await recordInto(dir, [new CryptoTrade("BTC/USD", SECONDS + 4 * 3600, 0, 9, 0.25, 7, "S"), book], crypto);
  expect(await rowsOf(dir, "select feed, symbol, size, tape, takerSide from trades order by feed")).toEqual([
    { feed: "sip", symbol: "A", size: 100, tape: "C", takerSide: null },
    { feed: "us", symbol: "BTC/USD", size: 0.25, tape: null, takerSide: "S" },
  ]);
  expect(await rowsOf(dir, "select bids, asks from orderbooks")).toEqual([
    { bids: [{ price: 5, size: 0.5 }], asks: [] },
  ]);
  // Days of crypto are those of UTC.
  expect(await rowsOf(dir, "select symbol, t, close from bars_of('*', '1 day')")).toEqual([
    { symbol: "A", t: "2025-11-14T05:00:00.000000000Z", close: 10 },
    { symbol: "BTC/USD", t: "2025-11-14T00:00:00.000000000Z", close: 9 },
  ]);
});

test("a filter of the day, in a query or in a macro, opens the files of that day alone", async () => {
  const dir = temporaryFolder();
  await recordInto(dir, [trade(1), trade(2, { seconds: SECONDS + DAY_S }), trade(3, { seconds: SECONDS + 3 * DAY_S })]);
  const planOf = async (sql: string): Promise<string> =>
    (await rowsOf(dir, `explain analyze ${sql}`)).map((row) => Object.values(row)[1]).join("\n");
  const filesRead = (plan: string): number[] =>
    [...plan.matchAll(/Total Files Read: (\d+)/g)].map(([, n]) => Number(n));
  expect(filesRead(await planOf("from trades where day = '2025-11-14'"))).toEqual([1]);
  expect(filesRead(await planOf("from trades where day between '2025-11-14' and '2025-11-15'"))).toEqual([2]);
  expect(filesRead(await planOf("from trades"))).toEqual([3]);
  for (const sql of [
    "from bars_of('A', '5 minutes', '2025-11-14', '2025-11-14')",
    "from vwap('A', '2025-11-14', '2025-11-14')",
    "from bars_of('A', '5 minutes', '2025-11-14 14:30', '2025-11-14 20:00')",
    "from tape where day = '2025-11-14'",
  ])
    expect(Math.max(...filesRead(await planOf(sql))), sql).toBe(1);
});

test("nbbo_at returns the newest quote up to a time, and the one that arrived last of equal times", async () => {
  const dir = temporaryFolder();
  await recordInto(dir, [
    quote(1, 1, 2),
    quote(5, 3, 4),
    quote(5, 5, 6),
    quote(9, 7, 8),
    quote(0, 9, 9, SECONDS - DAY_S),
  ]);
  const at = (time: string): Promise<unknown[]> => valuesOf(dir, `select bidPrice from nbbo_at('A', '${time}')`);
  expect(await at("2025-11-14T14:30:00.000000005")).toEqual([5]);
  expect(await at("2025-11-14T14:30:00.000000004")).toEqual([1]);
  expect(await at("2025-11-14T14:30:00")).toEqual([]);
  expect(await valuesOf(dir, "select bidPrice from nbbo_at('*', timestamp_ns '2025-11-14 15:00')")).toEqual([7]);
});

test("trades_with_nbbo has the quote in force at each trade, and trades without one", async () => {
  const dir = temporaryFolder();
  const at = (nanos: number): Trade => trade(nanos, { nanos });
  await recordInto(dir, [at(1), quote(5, 1, 2), at(5), quote(6, 3, 4), quote(6, 5, 6), at(7)]);
  expect(await rowsOf(dir, "select bidPrice, askPrice from trades_with_nbbo('A')")).toEqual([
    { bidPrice: null, askPrice: null },
    { bidPrice: 1, askPrice: 2 },
    { bidPrice: 5, askPrice: 6 },
  ]);
});

test("vwap leaves out trades that no bar's average has, and spread weighs quotes by time", async () => {
  const dir = temporaryFolder();
  await recordInto(dir, [
    trade(1, { price: 10 }),
    trade(2, { price: 20 }),
    new Trade("A", SECONDS, 3, 3, "V", 99, 100, ["@", "I"], "C"), // an odd lot
    quote(0, 10, 11),
    quote(0, 10, 13, SECONDS + 1),
    quote(0, 0, 13, SECONDS + 4),
  ]);
  expect(await rowsOf(dir, "from vwap('A')")).toEqual([
    { feed: "sip", symbol: "A", vwap: 15, volume: 200, tradeCount: 2n },
  ]);
  expect(await rowsOf(dir, "select spread, narrowest, widest, quotes from spread('A')")).toEqual([
    { spread: (1 * 1 + 3 * 3) / 4, narrowest: 1, widest: 3, quotes: 2n },
  ]);
});

test.each([
  ["selec 1", /syntax error at or near "selec"[\s\S]*LINE 1: selec 1\n *\^/],
  [
    "from trads",
    /Table with name trads does not exist[\s\S]*Did you mean "trades"\?[\s\S]*The tables are trades, quotes/,
  ],
  ["select symbl from trades", /"symbl" not found[\s\S]*"symbol"[\s\S]*LINE 1/],
  ["from bar_of('A')", /bar_of[\s\S]*The macros are bars_of/],
  ["select 1; select 2", /expected one statement, got 2/],
  ["  ", /the query is empty/],
  ["-- nothing", /the query is empty/],
  ["pivot trades on symbol using sum(size)", /pivot needs the values/],
  ["select cast('x' as integer)", /Could not convert string 'x'/],
])("the wrong query %j is rejected with its position and advice", async (sql, message) => {
  const dir = temporaryFolder();
  await recordInto(dir, []);
  const error: unknown = await rowsOf(dir, sql).catch((error: unknown) => error);
  expect(error).toMatchObject({ code: "invalid_query", message: expect.stringMatching(message) });
});

test("pivot, describe, summarize, explain and values are queries", async () => {
  const dir = temporaryFolder();
  await recordInto(dir, [trade(1), trade(2, { symbol: "B" })]);
  expect(await rowsOf(dir, "from (pivot trades on symbol in ('A', 'B') using sum(size) group by feed)")).toEqual([
    { feed: "sip", A: 100, B: 100 },
  ]);
  for (const sql of [
    "describe trades",
    "summarize trades",
    "explain from trades",
    "explain analyze from trades",
    "values (1)",
    "show tables",
    "from trades;",
  ])
    expect((await rowsOf(dir, sql)).length, sql).toBeGreaterThan(0);
});

test("a running query ends when its signal is aborted, before and after its first rows", async () => {
  const dir = temporaryFolder();
  await recordInto(dir, [trade(1)]);
  const endless = "select sum(sqrt(a.range * b.range)) from range(1000000) a, range(1000000) b";
  const starting = new AbortController();
  const started = queryRecording(dir, endless, { signal: starting.signal });
  setTimeout(() => starting.abort(), 100);
  await expect(started).rejects.toMatchObject({ code: "interrupted" });
  const reading = new AbortController();
  const result = await queryRecording(dir, "from range(1000000000)", { signal: reading.signal });
  const read = async (): Promise<void> => {
    for await (const _ of result) reading.abort();
  };
  await expect(read()).rejects.toMatchObject({ code: "interrupted" });
});

test("a result that is not read to its end can be closed", async () => {
  const dir = temporaryFolder();
  await recordInto(dir, [trade(1)]);
  const result = await queryRecording(dir, "from range(100000000)");
  for await (const rows of result) {
    expect(rows.length).toBeGreaterThan(0);
    break;
  }
  await result.close();
});

test("a query begins again when a recorder has moved a file in the meantime", async () => {
  const dir = temporaryFolder();
  const recorder = await Recorder.open({ dir, feed: "sip" });
  for (let id = 0; id < 100; id++) recorder.sink.record(trade(id));
  recorder.sink.flush();
  await vi.waitFor(async () => expect(await valuesOf(dir, "select count(*) from trades")).toEqual([100n]), 10_000);
  const closing = recorder.close();
  for (let round = 0; round < 10; round++) expect(await valuesOf(dir, "select count(*) from trades")).toEqual([100n]);
  await closing;
  expect(await valuesOf(dir, "select count(*) from trades")).toEqual([100n]);
});

test("writeQuery writes a complete Parquet file or none, and none into the recording", async () => {
  const dir = temporaryFolder();
  const folder = temporaryFolder();
  await recordInto(dir, [trade(1, { nanos: 123_456_789 }), trade(2)]);
  const file = join(folder, "result.parquet");
  expect(await writeQuery(dir, "select id, t from trades order by id desc;", file)).toEqual({ rowCount: 2 });
  expect(await query(folder, `select id, epoch_ns(t)::varchar as ns from '${file}'`)).toEqual([
    { id: "2", ns: "1763130600000000000" },
    { id: "1", ns: "1763130600123456789" },
  ]);
  await expect(writeQuery(dir, "select nope from trades", join(folder, "x.parquet"))).rejects.toThrow(/nope/);
  await expect(writeQuery(dir, "from trades", join(dir, "x.parquet"))).rejects.toMatchObject({ code: "not_allowed" });
  await expect(writeQuery(dir, "from trades", join(folder, "no", "x.parquet"))).rejects.toThrow(/no\/x\.parquet/);
  expect(readdirSync(folder)).toEqual(["result.parquet"]);
  expect(existsSync(join(dir, "x.parquet"))).toBe(false);
});

test("a folder without a recording is rejected", async () => {
  await expect(queryRecording(temporaryFolder(), "select 1")).rejects.toMatchObject({ code: "not_a_recording" });
});
