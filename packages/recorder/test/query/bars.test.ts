import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { type Bar, STOCK_SCHEMA, Trade } from "@tickerplant/client";
import { VirtualClock } from "@tickerplant/client/testing";
import { FrameDecoder, type MarketRecord } from "@tickerplant/client/wire";
import fc from "fast-check";
import { BarBuilder, simulator } from "tickerplant";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../folders.ts";
import { recordInto, rowsOf } from "./support/recordings.ts";

/** 2025-11-14, 09:30 in New York. */
const OPEN_SECONDS = 1_763_130_600;
const DAY_S = 86_400;

interface PlainBar {
  readonly symbol: string;
  readonly t: string;
  readonly [name: string]: unknown;
}

/** The last state of each bar that the gateway builds of trades, in the order of arrival. */
function builtBars(trades: readonly Trade[], minutes: number, channel: "bars" | "dailyBars"): PlainBar[] {
  const builder = new BarBuilder({ minutes });
  const bars = new Map<string, Bar>();
  const keep = (built: readonly Bar[]): void => {
    for (const bar of built)
      if ((bar.channel === "dailyBars") === (channel === "dailyBars")) bars.set(`${bar.symbol} ${bar.seconds}`, bar);
  };
  let last = 0;
  for (const trade of trades) {
    last = Math.max(last, trade.seconds);
    keep(builder.advanceTo(last));
    builder.add(trade);
  }
  for (let later = last; later <= last + DAY_S; later += 1800) keep(builder.advanceTo(later));
  return [...bars.values()].map(plain).sort(byKey);
}

function plain({ symbol, seconds, open, high, low, close, volume, tradeCount, vwap }: Bar): PlainBar {
  const t = `${new Date(seconds * 1000).toISOString().slice(0, 19)}.000000000Z`;
  return { symbol, t, open, high, low, close, volume, tradeCount: BigInt(tradeCount ?? 0), vwap: vwap ?? null };
}

function byKey(one: PlainBar, other: PlainBar): number {
  return `${one.symbol} ${one.t}` < `${other.symbol} ${other.t}` ? -1 : 1;
}

async function queriedBars(dir: string, length: string): Promise<unknown[]> {
  const rows = await rowsOf(dir, `select * exclude feed from bars_of('*', '${length}') order by symbol, t`);
  return rows;
}

async function expectEqualBars(trades: readonly Trade[], dir: string): Promise<number> {
  let count = 0;
  for (const [length, minutes, channel] of [
    ["1 minute", 1, "bars"],
    ["7 minutes", 7, "bars"],
    ["24 hours", 1440, "bars"],
    ["1 day", 1, "dailyBars"],
  ] as const) {
    const built = builtBars(trades, minutes, channel);
    expect(await queriedBars(dir, length), length).toEqual(built);
    count += built.length;
  }
  return count;
}

const tradeArbitrary = fc.record({
  symbol: fc.constantFrom("A", "B", "C", "D", "E"),
  stepS: fc.integer({ min: 0, max: 25 }),
  lateS: fc.constantFrom(0, 0, 0, 1, 40, 130),
  nanos: fc.constantFrom(0, 1, 999_999_999),
  price: fc.integer({ min: 0, max: 2_000 }).map((cents) => cents / 100),
  size: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constantFrom(0, 0.1, 0.333, 64)),
  conditions: fc.array(fc.constantFrom(..." @FOLIETZ4PGBWMQ97CH", "XX", "5"), { maxLength: 3 }),
  tape: fc.constantFrom("A", "B", "C", "N", "O", "", "X"),
});

test("bars_of makes of any trades the bars that the gateway's BarBuilder makes of them", {
  timeout: 120_000,
}, async () => {
  const property = fc.asyncProperty(
    fc.array(tradeArbitrary, { minLength: 1, maxLength: 500, size: "max" }),
    async (drawn) => {
      let now = OPEN_SECONDS;
      const trades = drawn.map(({ symbol, stepS, lateS, nanos, price, size, conditions, tape }, id) => {
        now += stepS;
        return new Trade(symbol, now - lateS, nanos, id, "V", price, size, conditions, tape);
      });
      const dir = temporaryFolder();
      await recordInto(dir, trades);
      await expectEqualBars(trades, dir);
    },
  );
  await fc.assert(property, { numRuns: 6, endOnFailure: true });
});

test("bars_of makes of a simulated market the gateway's bars", { timeout: 60_000 }, async () => {
  const records: MarketRecord[] = [];
  const clock = new VirtualClock({ startMs: OPEN_SECONDS * 1000 });
  const feed = simulator({ speed: "max", start: new Date(OPEN_SECONDS * 1000), clock, rate: 20, durationS: 900 });
  const running = feed.run(
    { publish: (record) => void records.push(record), room: () => undefined },
    new AbortController().signal,
  );
  await clock.advance(0);
  await running;
  const dir = temporaryFolder();
  await recordInto(dir, records);
  const trades = records.filter(({ channel }) => channel === "trades") as Trade[]; // the channel determines the class
  expect(await expectEqualBars(trades, dir)).toBeGreaterThan(100);
});

test("bars_of counts from midnight in New York, weeks from Monday, months from January", async () => {
  const dir = temporaryFolder();
  const at = (time: string, price: number): Trade =>
    new Trade("A", Date.parse(time) / 1000, 0, price, "V", price, 100, ["@"], "C");
  await recordInto(dir, [
    at("2025-10-31T13:30:00Z", 1), // 09:30 in summer
    at("2025-11-03T14:30:00Z", 2), // 09:30 in winter, a Monday
    at("2025-11-07T20:59:59Z", 3),
  ]);
  const starts = async (length: string): Promise<unknown[]> =>
    (await rowsOf(dir, `select t from bars_of('A', '${length}')`)).map(({ t }) => t);
  expect(await starts("1 day")).toEqual([
    "2025-10-31T04:00:00.000000000Z",
    "2025-11-03T05:00:00.000000000Z",
    "2025-11-07T05:00:00.000000000Z",
  ]);
  expect(await starts("1 week")).toEqual(["2025-10-27T04:00:00.000000000Z", "2025-11-03T05:00:00.000000000Z"]);
  expect(await starts("1 month")).toEqual(["2025-10-01T04:00:00.000000000Z", "2025-11-01T04:00:00.000000000Z"]);
  expect(await starts("3 months")).toEqual(["2025-10-01T04:00:00.000000000Z"]);
  expect(await starts("90 seconds")).toHaveLength(3);
  expect(await starts("100 milliseconds")).toHaveLength(3);
});

test("bars_of includes both ends of its range, and a day is New York's", async () => {
  const dir = temporaryFolder();
  const at = (time: string): Trade => new Trade("A", Date.parse(time) / 1000, 0, 1, "V", 1, 100, ["@"], "C");
  await recordInto(dir, [
    at("2025-11-14T04:59:00Z"), // 23:59 of the 13th in New York
    at("2025-11-14T05:00:00Z"),
    at("2025-11-14T14:30:00Z"),
    at("2025-11-14T14:31:30Z"),
    at("2025-11-15T04:59:00Z"),
    at("2025-11-15T05:00:00Z"),
  ]);
  const count = async (range: string): Promise<number> =>
    (await rowsOf(dir, `from bars_of('A', '1 minute'${range})`)).length;
  expect(await count("")).toBe(6);
  expect(await count(", '2025-11-14', '2025-11-14'")).toBe(4);
  expect(await count(", date '2025-11-14', date '2025-11-14'")).toBe(4);
  expect(await count(", '2025-11-14 14:30', '2025-11-14 14:31'")).toBe(2);
  expect(await count(", '2025-11-14T09:30:00-05:00', '2025-11-14T09:30:59-05:00'")).toBe(1);
  expect(await count(", to_time := '2025-11-13'")).toBe(1);
});

test.each(["2 days", "25 hours", "5 months", "1 day 1 hour", "0 minutes"])(
  "bars_of rejects the length %s with a sentence",
  async (length) => {
    const dir = temporaryFolder();
    await recordInto(dir, [new Trade("A", OPEN_SECONDS, 0, 1, "V", 1, 1, ["@"], "C")]);
    await expect(rowsOf(dir, `from bars_of('A', '${length}')`)).rejects.toThrow(/bars_of: the length must be/);
  },
);

const TICKS = fileURLToPath(
  new URL("../../../../../shared/data/ticks/us-trades-quotes-2025-11-14.jsonl.gz", import.meta.url),
);

describe.skipIf(!existsSync(TICKS))("a day of real trades (skipped without ../shared/data/ticks)", () => {
  test("bars_of makes of a real day the gateway's bars", { timeout: 120_000 }, async () => {
    const trades: Trade[] = [];
    const decoder = new FrameDecoder(STOCK_SCHEMA);
    for (const line of gunzipSync(readFileSync(TICKS)).toString().split("\n"))
      if (line.startsWith('{"T":"t"'))
        decoder.decode(Buffer.from(`[${line}]`), {
          record: (record) => void trades.push(record as Trade), // the line's type
          control: () => {},
          fault: (error) => {
            throw error;
          },
        });
    expect(trades).toHaveLength(132_785);
    const dir = temporaryFolder();
    await recordInto(dir, trades);
    expect(await expectEqualBars(trades, dir)).toBeGreaterThan(7_000);
  });
});
