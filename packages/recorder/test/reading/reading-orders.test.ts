import { rmSync } from "node:fs";
import { Bar, Quote, Trade } from "@tickerplant/client";
import type { MarketRecord } from "@tickerplant/client/wire";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { RecordQuery } from "../../src/reading/record-query.ts";
import { RecordingReader } from "../../src/reading/recording-reader.ts";
import { query, temporaryFolder } from "../folders.ts";
import { batchesOf, idsOf, lastPlace, OPEN_SECONDS, promoteLog, recordsOf, writeSegment } from "./recorded.ts";

const DAY_SECONDS = 86_400;

function trade(id: number, seconds = OPEN_SECONDS, nanos = 0, symbol = "AAPL"): Trade {
  return new Trade(symbol, seconds, nanos, id, "V", 1, 1, ["@"], "C");
}

function quote(id: number, seconds = OPEN_SECONDS, nanos = 0, symbol = "AAPL"): Quote {
  return new Quote(symbol, seconds, nanos, "V", 1, id, "Q", 2, 1, ["R"], "C");
}

/** A record with its number, which is its place in the order of arrival. */
interface Numbered {
  readonly number: number;
  readonly record: MarketRecord;
}

/** Times on three days, many of them equal. */
const anyRecord = fc
  .record({
    isTrade: fc.boolean(),
    symbol: fc.constantFrom("A", "BB", "BRK.B"),
    day: fc.nat(2),
    seconds: fc.nat(2),
    nanos: fc.constantFrom(0, 1, 999_999_999),
  })
  .map(({ isTrade, symbol, day, seconds, nanos }) => {
    const make = isTrade ? trade : quote;
    return (number: number) => make(number, OPEN_SECONDS + day * DAY_SECONDS + seconds, nanos, symbol);
  });

const anyQuery = fc.record(
  {
    order: fc.constantFrom("received" as const, "time" as const),
    isDescending: fc.boolean(),
    channels: fc.constantFrom(["trades"], ["quotes"], ["quotes", "trades", "statuses"]),
    symbols: fc.subarray(["A", "BB", "nope"], { minLength: 1 }),
    fromNs: fc.nat(3).map((day) => BigInt(OPEN_SECONDS + day * DAY_SECONDS) * 1_000_000_000n),
    toNs: fc.nat(3).map((day) => BigInt(OPEN_SECONDS + day * DAY_SECONDS + 1) * 1_000_000_000n),
    limit: fc.integer({ min: 1, max: 20 }),
  },
  { requiredKeys: [] },
);

/** What a query returns, found in the plainest way. */
function expectedNumbers(all: readonly Numbered[], wanted: RecordQuery): number[] {
  const { order, isDescending, channels, symbols, fromNs, toNs, limit } = wanted;
  const matching = all.filter(
    ({ record: { channel, symbol, timestampNs } }) =>
      (channels?.includes(channel) ?? true) &&
      (symbols?.includes(symbol) ?? true) &&
      (fromNs === undefined || timestampNs >= fromNs) &&
      (toNs === undefined || timestampNs <= toNs),
  );
  const byTime = (one: Numbered, other: Numbered): number => Number(one.record.timestampNs - other.record.timestampNs);
  matching.sort((one, other) => (order === "time" ? byTime(one, other) : 0) || one.number - other.number);
  if (isDescending) matching.reverse();
  return matching.slice(0, limit).map(({ number }) => number);
}

function numberOf(record: MarketRecord): number {
  return record instanceof Trade ? Number(record.id) : (record as Quote).bidSize; // the test's records are one of both
}

test("records come in any order, filtered, from the log and from Parquet, whole and page by page", async () => {
  const segments = fc.array(fc.array(anyRecord, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(
      segments,
      fc.nat(4),
      fc.array(anyQuery, { minLength: 8, maxLength: 8 }),
      async (made, promoted, queries) => {
        const dir = temporaryFolder();
        const all: Numbered[] = [];
        for (const [index, segment] of made.entries()) {
          const records = segment.map((make) => {
            const record = make(all.length);
            all.push({ number: all.length, record });
            return record;
          });
          if (index === promoted) await promoteLog(dir); // later segments stay in the log
          await writeSegment(dir, records, { startMs: OPEN_SECONDS * 1000 + index * 1000 });
        }
        for (const wanted of queries) {
          const expected = expectedNumbers(all, wanted);
          expect((await recordsOf(dir, wanted)).map(numberOf)).toEqual(expected);
          const [first, second] = [3, 20];
          const page = await batchesOf(dir, { ...wanted, limit: first });
          if (page.length === 0) continue;
          const next = await recordsOf(dir, { ...wanted, limit: second, after: lastPlace(page) });
          const unlimited = expectedNumbers(all, { ...wanted, limit: first + second });
          expect([...page.flatMap(({ records }) => records), ...next].map(numberOf)).toEqual(unlimited);
        }
      },
    ),
    { numRuns: 4 },
  );
}, 120_000);

/** Merges the files of a table as compaction does. */
async function merge(dir: string, day: string, table: string, first: string, last: string): Promise<void> {
  const folder = `${dir}/feed=sip/date=${day}/${table}`;
  await query(
    dir,
    `copy (select * from read_parquet('${folder}/*.parquet', hive_partitioning = false)
      where segment between '${first}' and '${last}' order by symbol, t, segment, sequence)
      to '${folder}/${first}_${last}.parquet' (format parquet)`,
  );
}

const SEGMENTS = ["20251114T143000.000Z", "20251114T143001.000Z", "20251114T143002.000Z"] as const;

/** Three segments with trades 0 to 8, of which the second one has trades of two days. */
async function threeSegments(dir: string): Promise<void> {
  const next = OPEN_SECONDS + DAY_SECONDS;
  const made = [
    [trade(0, OPEN_SECONDS, 3), trade(1, OPEN_SECONDS, 2), trade(2)],
    [trade(3, OPEN_SECONDS, 1, "MSFT"), trade(4, next), trade(5, OPEN_SECONDS, 5)],
    [trade(6, next, 3), trade(7, next, 2, "MSFT"), trade(8, next, 1)],
  ];
  for (const [index, records] of made.entries())
    await writeSegment(dir, records, { startMs: (OPEN_SECONDS + index) * 1000 });
}

test("a merged file, beside files that it replaces, changes nothing in what is read", async () => {
  const dir = temporaryFolder();
  await threeSegments(dir);
  await promoteLog(dir);
  await merge(dir, "2025-11-14", "trades", SEGMENTS[0], SEGMENTS[1]);
  await merge(dir, "2025-11-15", "trades", SEGMENTS[1], SEGMENTS[2]);
  expect(idsOf(await recordsOf(dir))).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8"]);
  expect(idsOf(await recordsOf(dir, { order: "time" }))).toEqual(["2", "3", "1", "0", "5", "4", "8", "7", "6"]);
  expect(idsOf(await recordsOf(dir, { isDescending: true, limit: 4 }))).toEqual(["8", "7", "6", "5"]);
});

test("what is promoted and merged while it is read is read once, and what is recorded meanwhile is left out", async () => {
  for (const order of ["received", "time"] as const) {
    const dir = temporaryFolder();
    await threeSegments(dir);
    const expected = idsOf(await recordsOf(dir, { order }));
    await promoteLog(dir);
    const reader = await RecordingReader.open(dir);
    await writeSegment(dir, [trade(9, OPEN_SECONDS + 2 * DAY_SECONDS)], { startMs: (OPEN_SECONDS + 3) * 1000 });
    await promoteLog(dir);
    await merge(dir, "2025-11-14", "trades", SEGMENTS[0], SEGMENTS[1]);
    for (const name of SEGMENTS.slice(0, 2)) rmSync(`${dir}/feed=sip/date=2025-11-14/trades/${name}.parquet`);
    const records: MarketRecord[] = [];
    for await (const batch of reader.read({ order })) records.push(...batch.records);
    reader.close();
    expect(idsOf(records)).toEqual(expected);
  }
});

test("a segment that is promoted while it is read is read once", async () => {
  for (const order of ["received", "time"] as const) {
    const dir = temporaryFolder();
    await threeSegments(dir);
    const expected = idsOf(await recordsOf(dir, { order }));
    const reader = await RecordingReader.open(dir);
    const batches = reader.read({ order, channels: ["trades"] });
    const { value } = await batches.next();
    await promoteLog(dir);
    const records: MarketRecord[] = [...(value?.records ?? [])];
    for await (const batch of batches) records.push(...batch.records);
    expect(idsOf(records)).toEqual(expected);
    const again: MarketRecord[] = [];
    for await (const batch of reader.read({ order })) again.push(...batch.records);
    expect(idsOf(again)).toEqual(expected);
    reader.close();
  }
});

test("bars come at the end of their period if that is wanted", async () => {
  const dir = temporaryFolder();
  const bar = new Bar("bars", "AAPL", OPEN_SECONDS, 0, 1, 1, 1, 1, 10);
  await writeSegment(dir, [bar, trade(1, OPEN_SECONDS + 59), trade(2, OPEN_SECONDS + 60, 1)]);
  expect(idsOf(await recordsOf(dir, { order: "time" }))).toEqual(["bars", "1", "2"]);
  expect(idsOf(await recordsOf(dir, { order: "time", hasBarsAtEnd: true }))).toEqual(["1", "bars", "2"]);
});

test("records from history are marked, and left out if they came live in the same segment", async () => {
  const dir = temporaryFolder();
  await writeSegment(dir, [trade(1), { history: trade(2, OPEN_SECONDS, 1) }, { history: trade(1) }, trade(3)]);
  expect(idsOf(await recordsOf(dir))).toEqual(["1", "2h", "3"]);
  await promoteLog(dir);
  expect(idsOf(await recordsOf(dir))).toEqual(["1", "2h", "3"]);
});

test("a batch has the receive time and the place of each record", async () => {
  const dir = temporaryFolder();
  await writeSegment(dir, [trade(1), quote(2), trade(3)]);
  const batches = await batchesOf(dir);
  const segmentMs = OPEN_SECONDS * 1000;
  const received = batches.flatMap(({ receivedNs }) => [...receivedNs]);
  expect(received).toEqual([1, 2, 3].map((ms) => BigInt(segmentMs + ms) * 1_000_000n));
  expect(batches.flatMap(({ sequences }) => [...sequences])).toEqual([0, 1, 2]);
  expect(batches.flatMap(({ segmentsMs }) => [...segmentsMs])).toEqual([segmentMs, segmentMs, segmentMs]);
});
