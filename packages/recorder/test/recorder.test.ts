import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CryptoOrderBook, Quote, StockDataStream, Trade, TradeCorrection } from "@tickerplant/client";
import { historyRecord, ScriptedGateway, VirtualClock } from "@tickerplant/client/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import * as LIMITS from "../src/limits.ts";
import { readSegment } from "../src/log/segment-reader.ts";
import { SegmentWriter } from "../src/log/segment-writer.ts";
import { Recorder, type RecorderOptions } from "../src/recorder.ts";
import type { RecorderError } from "../src/recorder-error.ts";
import { query, temporaryFolder } from "./folders.ts";

/** 2025-11-14, 14:30:00 in UTC: the market opens in New York. */
const OPEN_SECONDS = 1_763_130_600;

function trade(id: number | bigint, options: { symbol?: string; seconds?: number; nanos?: number } = {}): Trade {
  const { symbol = "AAPL", seconds = OPEN_SECONDS, nanos = 123_456_789 } = options;
  return new Trade(symbol, seconds, nanos, id, "V", 101.25, 100, ["@", "I"], "C");
}

async function open(dir: string, options: Partial<RecorderOptions> = {}): Promise<Recorder> {
  return Recorder.open({
    dir,
    feed: "sip",
    onError: (error) => {
      throw error;
    },
    ...options,
  });
}

/** Records as a feed of a gateway publishes them. */
async function recorded(dir: string, records: Iterable<Trade | Quote | TradeCorrection>): Promise<void> {
  const recorder = await open(dir);
  for (const record of records) recorder.sink.record(record);
  await recorder.close();
}

/** The segments and the Parquet files of records below a folder. */
function filesIn(dir: string): string[] {
  const names = readdirSync(dir, { recursive: true, encoding: "utf8" }).sort();
  return names.filter((name) => /\.(tplog|parquet)$/.test(name) && !name.includes("gaps"));
}

test("a recording is Parquet files by feed, day in New York and channel, sorted by symbol and time", async () => {
  const dir = temporaryFolder();
  const lateEvening = Date.UTC(2025, 10, 15, 4, 59, 59) / 1000; // 23:59:59 in New York
  await recorded(dir, [
    trade(1, { symbol: "MSFT" }),
    trade(2, { nanos: 5 }),
    trade(3, { nanos: 4 }),
    trade(4, { seconds: lateEvening }),
    trade(5, { seconds: lateEvening + 1 }),
    new Quote("AAPL", OPEN_SECONDS, 1, "V", 1.5, 2, "Q", 1.75, 3, ["R"], "C"),
  ]);
  const folders = filesIn(dir).map((name) => name.slice(0, name.lastIndexOf("/")));
  expect(folders).toEqual([
    "feed=sip/date=2025-11-14/quotes",
    "feed=sip/date=2025-11-14/trades",
    "feed=sip/date=2025-11-15/trades",
  ]);
  const rows = await query(dir, "select id, feed, date from FILES(trades) where date = '2025-11-14'");
  expect(rows.map(({ id }) => id)).toEqual(["3", "2", "4", "1"]);
  expect(rows[0]).toMatchObject({ feed: "sip", date: "2025-11-14" });
});

test("times in nanoseconds, ids beyond 2^53 and conditions are exact", async () => {
  const dir = temporaryFolder();
  await recorded(dir, [trade(9_223_372_036_854_775_807n + 5n), trade(2n ** 53n + 1n)]);
  const rows = await query(
    dir,
    "select *, typeof(t) as type, epoch_ns(t)::varchar as ns from FILES(trades) order by id",
  );
  expect(rows[0]).toMatchObject({
    symbol: "AAPL",
    type: "TIMESTAMP_NS",
    ns: "1763130600123456789",
    id: "9007199254740993",
    exchange: "V",
    price: 101.25,
    size: 100,
    conditions: ["@", "I"],
    tape: "C",
    receivedNs: null,
    fromHistory: false,
    sequence: "1",
  });
  expect(rows[1]?.id).toBe("9223372036854775812");
});

test("a file names its zone and the kinds of its columns, and is compressed with zstd", async () => {
  const dir = temporaryFolder();
  await recorded(dir, [trade(1)]);
  const [path = ""] = filesIn(dir);
  const metadata = await query(
    dir,
    `select decode(key) as key, decode(value) as value from parquet_kv_metadata('${join(dir, path)}')`,
  );
  const byKey = Object.fromEntries(metadata.map(({ key, value }) => [key, value]));
  expect(byKey).toMatchObject({ layout: "1", time_zone: "UTC" });
  expect(JSON.parse(String(byKey.columns))).toMatchObject({ t: "the record's time, UTC", price: "price" });
  const codecs = await query(dir, `select distinct compression from parquet_metadata('${join(dir, path)}')`);
  expect(codecs).toEqual([{ compression: "ZSTD" }]);
});

test("a value that its column cannot hold is missing, and the gaps say so", async () => {
  const dir = temporaryFolder();
  const year1 = Date.UTC(2000, 0, 1) / 1000 - 1999 * 365.2425 * 86_400;
  await recorded(dir, [trade(1, { seconds: Math.round(year1) }), trade(-1)]);
  expect(await query(dir, "select count(*)::integer as n from FILES(trades) where t is null or id is null")).toEqual([
    { n: 2 },
  ]);
  const gaps = await query(
    dir,
    "select kind, channel, count, message from FILES(gaps) where count > 0 order by message",
  );
  expect(gaps).toEqual([
    { kind: "not_stored", channel: "trades", count: "1", message: "values of id that do not fit its type" },
    { kind: "not_stored", channel: "trades", count: "1", message: "values of t that do not fit its type" },
  ]);
});

test("a promotion that a crash interrupted before it deleted the segment writes the same files again", async () => {
  const dir = temporaryFolder();
  const recorder = await open(dir);
  recorder.sink.record(trade(1));
  recorder.sink.flush();
  const [name = ""] = filesIn(dir);
  const emptySize = statSync(join(dir, name)).size;
  await expect.poll(() => statSync(join(dir, name)).size).toBeGreaterThan(emptySize);
  const segment = readFileSync(join(dir, name));
  await recorder.close();
  const [path = "", ...others] = filesIn(dir);
  expect(others).toEqual([]);

  writeFileSync(join(dir, name), segment);
  writeFileSync(`${join(dir, path)}.partial`, "half a file");
  await (await open(dir)).close();
  expect(filesIn(dir)).toEqual([path]);
  expect(await query(dir, "select count(*)::integer as n from FILES(trades)")).toEqual([{ n: 1 }]);
});

test("a folder is closed to a second recorder of the same process and of others, until the first has closed", async () => {
  const dir = temporaryFolder();
  const recorder = await open(dir);
  await expect(open(dir)).rejects.toMatchObject({ code: "in_use" });
  const child = fork(join(import.meta.dirname, "recording-process.js"), [dir]);
  onTestFinished(() => void child.kill("SIGKILL"));
  const [message] = await once(child, "message");
  expect(message).toEqual({ error: "in_use" });
  await recorder.close();
  await (await open(dir)).close();
});

test("a lock that a crash left half made does not keep the next recorder out", async () => {
  const dir = temporaryFolder();
  const partial = join(dir, "feed=sip", `recorder.lock-${process.pid}.partial`);
  mkdirSync(join(dir, "feed=sip"));
  writeFileSync(partial, "half a database");
  await (await open(dir)).close();
  expect(existsSync(partial)).toBe(false);
});

test("after a kill, the next recorder keeps what was written, says that the segment was not closed, and records", async () => {
  const dir = temporaryFolder();
  const child = fork(join(import.meta.dirname, "recording-process.js"), [dir]);
  onTestFinished(() => void child.kill("SIGKILL"));
  const [{ written }] = (await once(child, "message")) as [{ written: number }];
  child.kill("SIGKILL");
  await once(child, "exit");
  const recorder = await open(dir);
  recorder.sink.record(trade(1_000_000));
  await recorder.close();
  const [row] = await query(
    dir,
    "select count(*)::integer as n, count(distinct id)::integer as ids, max(id)::integer as last from FILES(trades)",
  );
  expect(row?.n).toBeGreaterThanOrEqual(written + 1);
  expect(row).toMatchObject({ ids: row?.n, last: 1_000_000 });
  const unsealed = await query(dir, "select kind from FILES(gaps) where kind = 'unsealed'");
  expect(unsealed).toHaveLength(1);
});

test("a segment without an entry, from a crash at once, is reported at the time at which it was begun", async () => {
  const dir = temporaryFolder();
  const clock = new VirtualClock({ startMs: OPEN_SECONDS * 1000 });
  const recorder = await open(dir, { clock });
  const [name = ""] = filesIn(dir);
  const segment = readFileSync(join(dir, name));
  await recorder.close();
  writeFileSync(join(dir, name), segment);
  await (await open(dir)).close();
  expect(await query(dir, "select kind, date, received::varchar as received from FILES(gaps) limit 1")).toEqual([
    { kind: "unsealed", date: "2025-11-14", received: "2025-11-14 14:30:00" },
  ]);
});

test("a segment that cannot be read is reported and set aside, and one of a newer version stays", async () => {
  const dir = temporaryFolder();
  const logFolder = join(dir, "feed=sip/log");
  mkdirSync(logFolder, { recursive: true });
  writeFileSync(join(logFolder, "20251114T143000.000Z.tplog"), "rubbish");
  const newer = Buffer.alloc(64);
  newer.write("TICKLOG\n");
  newer.writeUInt32LE(9, 8);
  writeFileSync(join(logFolder, "20251114T143001.000Z.tplog"), newer);
  const errors: RecorderError[] = [];
  const recorder = await open(dir, { onError: (error) => errors.push(error) });
  await recorder.close();
  expect([...new Set(errors.map(({ code }) => code))]).toEqual(["not_a_segment", "unknown_version"]);
  expect(readdirSync(logFolder)).toEqual(["20251114T143000.000Z.tplog.damaged", "20251114T143001.000Z.tplog"]);
});

test("a segment that cannot become Parquet files is reported and stays, for the next recorder", async () => {
  const dir = temporaryFolder();
  const errors: RecorderError[] = [];
  const recorder = await open(dir, { onError: (error) => errors.push(error) });
  const inTheWay = join(dir, "feed=sip/date=2025-11-14");
  writeFileSync(inTheWay, "a file where a folder has to be");
  recorder.sink.record(trade(1));
  await recorder.close();
  expect(errors.map(({ code }) => code)).toEqual(["promotion_failed"]);
  rmSync(inTheWay);
  await (await open(dir)).close();
  expect(await query(dir, "select count(*)::integer as n from FILES(trades)")).toEqual([{ n: 1 }]);
});

test("a recorder that is closed twice closes once", async () => {
  const dir = temporaryFolder();
  const recorder = await open(dir);
  recorder.sink.record(trade(1));
  await Promise.all([recorder.close(), recorder.close()]);
  expect(await query(dir, "select kind from FILES(gaps)")).toEqual([{ kind: "closed" }]);
});

test("an order book of crypto is recorded with its levels", async () => {
  const dir = temporaryFolder();
  const recorder = await open(dir, { feed: "us", assetClass: "crypto" });
  const bids = [{ price: 91_000.5, size: 0.25 }];
  recorder.sink.record(new CryptoOrderBook("BTC/USD", OPEN_SECONDS, 1, bids, [], true));
  await recorder.close();
  expect(await query(dir, `select symbol, bids, asks, "isSnapshot" from FILES(orderbooks)`)).toEqual([
    { symbol: "BTC/USD", bids, asks: [], isSnapshot: true },
  ]);
});

test("raw records from history are recorded as others are, with ids beyond 2^53", async () => {
  const dir = temporaryFolder();
  const recorder = await open(dir);
  const t = "2025-11-14T14:30:00.123456789Z";
  const raw = { T: "t", S: "AAPL", i: 2n ** 53n + 1n, x: "V", p: 101.25, s: 100, c: ["@", "I"], t, z: "C", new: null };
  recorder.handler(historyRecord({ ...raw }));
  recorder.handler(raw); // not from history: its frame is in the log
  await recorder.close();
  const rows = await query(dir, "select *, epoch_ns(t)::varchar as ns from FILES(trades)");
  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatchObject({
    symbol: "AAPL",
    ns: "1763130600123456789",
    id: "9007199254740993",
    price: 101.25,
    conditions: ["@", "I"],
    fromHistory: true,
  });
});

test.each([
  ["wss://user:password@stream.example:8443/v2/sip?key=secret#part", "wss://stream.example:8443/v2/sip"],
  ["ws://127.0.0.1/v2/iex", "ws://127.0.0.1/v2/iex"],
  ["user:password@stream.example", ""],
  ["stream.example/v2/sip?token=secret", ""],
  ["a file", "a file"],
])("a segment has the address '%s' without what may be a secret", async (address, expected) => {
  const dir = temporaryFolder();
  const recorder = await open(dir, { address });
  const [name = ""] = filesIn(dir);
  expect((await readSegment(join(dir, name))).header.address).toBe(expected);
  await recorder.close();
});

/** Makes a folder of a day with a file, as a promotion leaves it. */
function makeDay(dir: string, day: string, segment = `${day.replaceAll("-", "")}T150000.000Z`): void {
  const folder = join(dir, `feed=sip/date=${day}/trades`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${segment}.parquet`), "a file");
}

/** The days that have records. */
function daysIn(dir: string): string[] {
  const names = readdirSync(join(dir, "feed=sip")).sort();
  return names.filter((name) => existsSync(join(dir, "feed=sip", name, "trades")) || name.startsWith("deleted="));
}

/** Friday, 2025-11-28, in New York. */
const FRIDAY_MS = Date.UTC(2025, 10, 28, 15);

test.each([
  ["stocks", ["date=2025-11-25", "date=2025-11-26", "date=2025-11-28"]],
  ["crypto", ["date=2025-11-26", "date=2025-11-28"]],
] as const)(
  "keepDays counts trading days: of %s, 3 days without Thanksgiving's for stocks",
  async (assetClass, kept) => {
    const dir = temporaryFolder();
    for (const day of ["2024-01-02", "2025-11-24", "2025-11-25", "2025-11-26", "2025-11-28"]) makeDay(dir, day);
    mkdirSync(join(dir, "feed=sip/deleted=2023-05-05")); // a crash interrupted its deletion
    const deleted: string[] = [];
    const recorder = await open(dir, {
      assetClass,
      keepDays: 3,
      clock: new VirtualClock({ startMs: FRIDAY_MS }),
      onDeleted: (days) => deleted.push(...days),
    });
    await recorder.close();
    expect(daysIn(dir)).toEqual(kept);
    const removed = ["2024-01-02", "2025-11-24", "2025-11-25"];
    expect(deleted).toEqual(removed.filter((day) => !(kept as readonly string[]).includes(`date=${day}`)));
  },
);

test("keepDays deletes a day that became too old while the recorder runs", async () => {
  const dir = temporaryFolder();
  const clock = new VirtualClock({ startMs: FRIDAY_MS });
  makeDay(dir, "2025-11-26");
  const recorder = await open(dir, { keepDays: 2, clock });
  await clock.advance(2 * 3_600_000);
  expect(daysIn(dir)).toEqual(["date=2025-11-26"]);
  await clock.advance(72 * 3_600_000); // Monday
  await expect.poll(() => daysIn(dir), { timeout: 15_000 }).toEqual([]); // by the file system, whatever the clock says
  await recorder.close();
});

test.runIf(process.platform === "linux")(
  "a folder that the system lets no process make is rejected at once",
  async () => {
    await expect(open("/proc/tape")).rejects.toThrow("could not record into /proc/tape");
  },
);

test("keepDays leaves a day whose segment is still in the log", async () => {
  const dir = temporaryFolder();
  const segment = "20251103T150000.000Z";
  for (const day of ["2025-10-31", "2025-11-03", "2025-11-04"]) makeDay(dir, day);
  makeDay(dir, "2025-10-30", segment); // of a fill
  mkdirSync(join(dir, "feed=sip/log"));
  const newer = Buffer.alloc(64);
  newer.write("TICKLOG\n");
  newer.writeUInt32LE(9, 8); // of a newer version, which stays in the log
  writeFileSync(join(dir, `feed=sip/log/${segment}.tplog`), newer);
  const clock = new VirtualClock({ startMs: FRIDAY_MS });
  const recorder = await open(dir, { keepDays: 1, clock, onError: () => {} });
  await recorder.close();
  expect(daysIn(dir)).toEqual(["date=2025-10-30", "date=2025-11-03", "date=2025-11-04"]);
});

test.each([0, -1, 1.5, Number.NaN])("keepDays of %s is rejected", async (keepDays) => {
  await expect(open(temporaryFolder(), { keepDays })).rejects.toThrow("keepDays: expected a whole number above 0");
});

test("a recorder reports its problem until the disk accepts the log again, and what it holds", async () => {
  const dir = temporaryFolder();
  const clock = new VirtualClock({ startMs: OPEN_SECONDS * 1000 });
  const recorder = await open(dir, { clock, onError: () => {} });
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  const write = vi.spyOn(SegmentWriter.prototype, "writeBlocks").mockRejectedValue(full);
  onTestFinished(() => write.mockRestore());
  recorder.sink.record(trade(1));
  recorder.sink.flush();
  await clock.advance(LIMITS.blockMs);
  await expect.poll(() => recorder.problem).toBe("disk_full");
  expect(recorder.sink.problem).toBe("the disk of the recording is full");
  expect(recorder.metrics.waitingBytes).toBeGreaterThan(0);
  write.mockRestore();
  await clock.advance(LIMITS.retryMs);
  await expect.poll(() => recorder.problem).toBeUndefined();
  expect(recorder.sink.problem).toBeUndefined();
  expect(recorder.metrics).toMatchObject({ waitingBytes: 0, droppedFrames: 0, segmentAgeMs: expect.any(Number) });
  const usage = await recorder.diskUsage();
  expect(usage).toMatchObject({ waitingSegments: 0, logBytes: recorder.metrics.writtenBytes });
  expect(usage.freeBytes).toBeGreaterThan(0);
  await recorder.close();
});

test.skipIf(process.platform !== "linux")("a folder that may not be written to is rejected", async () => {
  await expect(open("/sys/tickerplant")).rejects.toMatchObject({ code: "not_writable" });
});

test.each(["", "a/b", "..", "a'b"])("a feed that is no name of a folder is rejected: '%s'", async (feed) => {
  await expect(open(temporaryFolder(), { feed })).rejects.toThrow(TypeError);
});

test("a stream is recorded with its frames, the records that fill its gaps, and its gaps", async () => {
  const dir = temporaryFolder();
  const clock = new VirtualClock({ startMs: OPEN_SECONDS * 1000 });
  const recorder = await open(dir, { clock });
  const server = new ScriptedGateway();
  const stream = new StockDataStream({
    apiKey: "k",
    secretKey: "s",
    connector: server.connector,
    clock,
    decoder: recorder.decoder,
  });
  recorder.attach(stream);
  stream.subscribeTrades(recorder.handler, "AAPL");
  const running = stream.run();
  const first = await server.handshake();
  await first.expectSubscribe();
  first.acknowledge();
  first.records(trade(1), trade(2, { nanos: 2 }));
  await clock.settle();
  first.cut();
  const reconnecting = server.handshake();
  await clock.advance(5_000);
  const second = await reconnecting;
  await second.expectSubscribe();
  second.acknowledge();
  second.records(trade(7, { seconds: OPEN_SECONDS + 60 }));
  await clock.settle();
  await stream.stop();
  await running;
  recorder.handler(historyRecord(trade(5, { seconds: OPEN_SECONDS + 30 })));
  recorder.handler(historyRecord(trade(7, { seconds: OPEN_SECONDS + 60 }))); // it came live as well
  recorder.handler(trade(8)); // not from history: its frame is in the log
  await recorder.close();

  expect(await query(dir, "select id::integer as id, fromHistory from FILES(trades) order by sequence")).toEqual([
    { id: 1, fromHistory: false },
    { id: 2, fromHistory: false },
    { id: 7, fromHistory: false },
    { id: 5, fromHistory: true },
  ]);
  const gaps = await query(
    dir,
    "select kind, channel, symbols, fromTime::varchar as since from FILES(gaps) order by sequence",
  );
  expect(gaps.map(({ kind }) => kind)).toContain("reconnecting");
  expect(gaps.slice(-2).map(({ kind }) => kind)).toEqual(["ended", "closed"]);
  expect(gaps.find(({ kind }) => kind === "gap")).toMatchObject({
    channel: "trades",
    symbols: ["AAPL"],
    since: expect.stringContaining("2025-11-14 14:30:00.123"),
  });
});

test("records with which an upstream of the gateway filled a gap are marked", async () => {
  const dir = temporaryFolder();
  const recorder = await open(dir);
  recorder.sink.record(trade(1));
  recorder.sink.record(historyRecord(trade(2)));
  recorder.sink.record(trade(3));
  await recorder.close();
  expect(await query(dir, "select id::integer as id, fromHistory from FILES(trades) order by sequence")).toEqual([
    { id: 1, fromHistory: false },
    { id: 2, fromHistory: true },
    { id: 3, fromHistory: false },
  ]);
});

test("a feed of a gateway is recorded with corrections, gaps and demand", async () => {
  const dir = temporaryFolder();
  const recorder = await open(dir);
  const correction = new TradeCorrection("AAPL", OPEN_SECONDS, 0, "V", 1, 10, 5, ["@"], 2, 11, 5, ["@"], "C");
  const [from, to] = [new Date(OPEN_SECONDS * 1000), new Date(OPEN_SECONDS * 1000 + 1)];
  recorder.sink.carried({ trades: ["AAPL"], quotes: [] });
  recorder.sink.record(correction);
  recorder.sink.flush();
  recorder.sink.gap({ channel: "trades", symbols: ["*"], from, to, cause: new Error("upstream is gone") });
  recorder.sink.released({ trades: ["AAPL"] });
  await recorder.close();
  expect(await query(dir, `select "originalId", "correctedPrice" from FILES(corrections)`)).toEqual([
    { originalId: "1", correctedPrice: 11 },
  ]);
  expect(await query(dir, "select kind, symbols, cause, message from FILES(gaps) order by received, kind")).toEqual(
    expect.arrayContaining([
      { kind: "carried", symbols: ["AAPL"], cause: null, message: null },
      { kind: "gap", symbols: ["*"], cause: "unknown", message: "upstream is gone" },
      { kind: "released", symbols: ["AAPL"], cause: null, message: null },
    ]),
  );
});
