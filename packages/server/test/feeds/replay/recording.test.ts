import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type AnyRecord, isFromHistory, markFromHistory, StreamError } from "@tickerplant/client";
import { VirtualClock } from "@tickerplant/client/testing";
import type { MarketRecord } from "@tickerplant/client/wire";
import { RecordingReader } from "@tickerplant/recorder";
import { describe, expect, test, vi } from "vitest";
import { cryptoSimulator } from "../../../src/feeds/crypto-simulator/crypto-simulator.ts";
import type { Feed, FeedGap } from "../../../src/feeds/feed.ts";
import type { BadLine, ReplayNotice } from "../../../src/feeds/replay/notices.ts";
import { type ReplayOptions, type ReplayProgress, recording, replay } from "../../../src/feeds/replay/replay.ts";
import { lengthMs } from "../../../src/feeds/replay/time-classifier.ts";
import { collect, collectFrom, START, startingAt } from "../support/collect.ts";
import { damage, type Entry, newFolder, pathsIn, record, writeParquet } from "../support/recorded.ts";
import { file, linesOf, playing, playOut, RECORDED_SECONDS, tradeAt, tradesAt } from "../support/recordings.ts";

/** What a feed publishes and reports, in its order, each as a string. */
async function published(feed: Feed): Promise<string[]> {
  const lines: string[] = [];
  const sink = {
    publish: (one: MarketRecord) =>
      void lines.push(`${JSON.stringify(one)}${isFromHistory(one) ? " from history" : ""}`),
    gap: (gap: FeedGap) => void lines.push(describeGap(gap)),
    room: () => undefined,
  };
  await feed.run(sink, new AbortController().signal);
  return lines;
}

function describeGap({ channel, symbols, from, to, cause }: FeedGap): string {
  const code = "code" in cause ? cause.code : undefined;
  return `gap of ${channel} ${symbols.join()} ${from.toISOString()} ${to.toISOString()} ${code}: ${cause.message}`;
}

/** The ids of trades, and gaps, that a replay of a recording has. */
async function playedOf(path: string, options: ReplayOptions = {}): Promise<string[]> {
  const lines = await published(recording(path, { speed: "max", ...options }));
  return lines.map((line) => (line.startsWith("{") ? String((JSON.parse(line) as { id?: number }).id) : line));
}

function at(ms: number): Date {
  return new Date(RECORDED_SECONDS * 1000 + ms);
}

function gapOf(fromMs: number, toMs: number, symbols: readonly string[] = ["A"]): { readonly gap: FeedGap } {
  const cause = Object.assign(new Error("upstream was lost"), { code: "connection_lost" });
  return { gap: { channel: "trades", symbols, from: at(fromMs), to: at(toMs), cause } };
}

describe("a recording of the simulator", () => {
  test("is replayed as the simulator sent it, and by time with bars at the end of their period", async () => {
    const sent = await collect({ symbols: 20, durationS: 70, rate: 20 });
    const dir = newFolder();
    await record(dir, sent);
    const lines = sent.map((one) => JSON.stringify(one));
    expect(await published(recording(dir, { speed: "max" }))).toEqual(lines);
    const endNs = (one: AnyRecord): bigint => one.timestampNs + BigInt(lengthMs(one)) * 1_000_000n;
    const byTime = [...sent].sort((one, other) => Number(endNs(one) - endNs(other)));
    expect(await published(recording(dir, { speed: "max", order: "time" }))).toEqual(
      byTime.map((one) => JSON.stringify(one)),
    );
  });

  test("of crypto is replayed with its order books", async () => {
    const clock = startingAt(START);
    const simulation = { symbols: ["BTC/USD", "ETH/USD"], durationS: 65, speed: "max", start: START, clock } as const;
    const sent = await collectFrom(cryptoSimulator(simulation), clock);
    const dir = newFolder();
    await record(dir, sent, { feed: "us", assetClass: "crypto" });
    expect(await published(recording(dir, { speed: "max" }))).toEqual(sent.map((one) => JSON.stringify(one)));
  });
});

test("the progress of a recording shows the share of its selected records", async () => {
  const dir = newFolder();
  await record(dir, tradesAt(...Array.from({ length: 20_000 }, (_, ms) => ms)));
  const counting = vi.spyOn(RecordingReader.prototype, "counts");
  const shares: (number | undefined)[] = [];
  const onProgress = ({ share }: ReplayProgress): void => void shares.push(share);
  const sink = {
    publish: () => {},
    room: async () => void (await counting.mock.results[0]?.value), // the replay itself does not wait for the count
  };
  await recording(dir, { speed: "max", to: at(9_999), onProgress }).run(sink, new AbortController().signal);
  const known = shares.filter((share) => share !== undefined);
  expect(known).toEqual([...known].sort((one, other) => one - other));
  expect(known.filter((share) => share > 0.1 && share < 0.9).length).toBeGreaterThan(2);
  expect(known.at(-1)).toBe(1);
});

test("a recording of a replay of a recording is equal, with gaps and records from history", async () => {
  const [first, second] = [newFolder(), newFolder()];
  const filled = tradeAt(3, 1500);
  markFromHistory(filled);
  await record(first, [...tradesAt(0, 1000), gapOf(1000, 2000), filled, tradeAt(9, 3000), gapOf(3000, 4000, ["*"])]);
  const entries: Entry[] = [];
  const sink = {
    publish: (one: MarketRecord) => void entries.push(one),
    gap: (gap: FeedGap) => void entries.push({ gap }),
    room: () => undefined,
  };
  await recording(first, { speed: "max" }).run(sink, new AbortController().signal);
  await record(second, entries);
  const expected = await published(recording(first, { speed: "max" }));
  expect(expected).toHaveLength(6);
  expect(expected[3]).toMatch(/from history$/);
  expect(await published(recording(second, { speed: "max" }))).toEqual(expected);
});

describe("what a recording lacks", () => {
  test("has the error of the stream that was recorded as its cause, which a gateway's clients get", async () => {
    const dir = newFolder();
    await record(dir, [tradeAt(1, 0), gapOf(1000, 2000), tradeAt(2, 3000)]);
    const causes: Error[] = [];
    const sink = { publish: () => {}, gap: ({ cause }: FeedGap) => void causes.push(cause), room: () => undefined };
    await recording(dir, { speed: "max" }).run(sink, new AbortController().signal);
    expect(causes).toMatchObject([{ code: "connection_lost", message: "upstream was lost" }]);
    expect(causes[0]).toBeInstanceOf(StreamError);
  });

  test("is a gap at its place: behind what was received before, or at its time", async () => {
    const dir = newFolder();
    await record(dir, [tradeAt(1, 0), tradeAt(2, 5000), gapOf(1000, 2000), tradeAt(3, 2500)]);
    const gap = describeGap(gapOf(1000, 2000).gap);
    expect(await playedOf(dir)).toEqual(["1", "2", gap, "3"]);
    expect(await playedOf(dir, { order: "time" })).toEqual(["1", gap, "3", "2"]);
  });

  test("is limited to the channels, symbols and times that are replayed", async () => {
    const dir = newFolder();
    await record(dir, [tradeAt(1, 0), gapOf(1000, 2000, ["A", "B"]), tradeAt(2, 3000)]);
    expect(await playedOf(dir, { symbols: ["A"] })).toEqual(["1", describeGap(gapOf(1000, 2000).gap), "2"]);
    expect(await playedOf(dir, { channels: ["trades"], from: at(2500) })).toEqual(["2"]);
    expect(await playedOf(dir, { symbols: ["A"], to: at(500) })).toEqual(["1"]);
  });

  test("and is shifted with the records", async () => {
    const dir = newFolder();
    await record(dir, [gapOf(-2000, -1000), tradeAt(1, 0), gapOf(1000, 2000), tradeAt(2, 3000)]);
    const clock = new VirtualClock({ startMs: RECORDED_SECONDS * 1000 + 60_000 });
    const shifted = (fromMs: number, toMs: number): string => describeGap(gapOf(fromMs + 60_000, toMs + 60_000).gap);
    expect(await playedOf(dir, { timestamps: "shifted", clock })).toEqual([
      shifted(-2000, -1000),
      "1",
      shifted(1000, 2000),
      "2",
    ]);
  });

  test("around a damaged block of the log has the times of the records before and behind it", async () => {
    const dir = newFolder();
    await record(dir, tradesAt(...Array.from({ length: 2000 }, (_, index) => index)), { staysInLog: true });
    const [segment = ""] = pathsIn(dir, ".tplog");
    damage(segment, 0.5);
    const lines = await playedOf(dir);
    const index = lines.findIndex((line) => line.startsWith("gap of trades * "));
    const [before, behind] = [Number(lines[index - 1]), Number(lines[index + 1])];
    expect(lines[index]).toContain(`${at(before).toISOString()} ${at(behind).toISOString()} damaged: `);
    expect(behind).toBeGreaterThan(before + 100);
    expect(lines).toHaveLength(2000 - (behind - before - 1) + 1);
    expect(await playedOf(segment)).toEqual(lines);
  });
});

test("a segment in the log and Parquet files have one order", async () => {
  const dir = newFolder();
  await record(dir, [tradeAt(1, 500), tradeAt(2, 0)]);
  await record(dir, [tradeAt(3, 250), tradeAt(4, 750)], { feed: "later", staysInLog: true });
  const [segment = ""] = pathsIn(join(dir, "feed=later"), ".tplog");
  const log = join(dir, "feed=sip/log");
  renameSync(segment, join(log, "20251114T143001.000Z.tplog"));
  expect(await playedOf(join(dir, "feed=sip"))).toEqual(["1", "2", "3", "4"]);
  expect(await playedOf(join(dir, "feed=sip"), { order: "time" })).toEqual(["2", "3", "1", "4"]);
});

test("the pace is that of the receive times, and by time that of the records", async () => {
  const dir = newFolder();
  await record(dir, tradesAt(0, 1000, 1500), { stepMs: 100 });
  const paceOf = async (options: ReplayOptions): Promise<number[]> => {
    const run = playing([dir], options);
    await playOut(run, 10);
    const [first] = run.published;
    return run.published.map(({ atMs }) => Math.round((atMs - (first?.atMs ?? 0)) / 10) * 10);
  };
  expect(await paceOf({})).toEqual([0, 100, 200]);
  expect(await paceOf({ speed: 2 })).toEqual([0, 50, 100]);
  expect(await paceOf({ order: "time" })).toEqual([0, 1000, 1500]);
});

test("a recording and a file of text are merged by time", async () => {
  const dir = newFolder();
  await record(dir, tradesAt(0, 200, 400), { stepMs: 200 });
  const text = file(linesOf([tradeAt(10, 100), tradeAt(11, 300)]));
  const lines = await published(replay([text, dir], { speed: "max" }));
  expect(lines.map((line) => (JSON.parse(line) as { id: number }).id)).toEqual([0, 10, 1, 11, 2]);
});

test.each(["a recording", "a file of text"])("channels, symbols and times select records of %s", async (kind) => {
  const records = [tradeAt(1, 0), tradeAt(2, 1000, "B"), tradeAt(3, 2000), tradeAt(4, 3000)];
  const dir = newFolder();
  await record(dir, records);
  const path = kind === "a recording" ? dir : file(linesOf(records));
  expect(await playedOf(path, { symbols: ["A"], from: at(1), to: at(2000) })).toEqual(["3"]);
  expect(await playedOf(path, { channels: ["trades"], symbols: ["B", "C"] })).toEqual(["2"]);
  await expect(playedOf(path, { channels: ["quotes"] })).rejects.toThrow(
    `no record to replay: ${path} has none of the wanted channels, symbols and times`,
  );
});

test("options that select nothing sensible are rejected", () => {
  expect(() => recording("tape", { channels: ["trade"] })).toThrow(TypeError);
  expect(() => recording("tape", { symbols: [] })).toThrow("symbols must be an array of symbols");
  expect(() => recording("tape", { from: new Date(Number.NaN) })).toThrow("from must be a valid Date");
  expect(() => recording("tape", { from: at(1), to: at(0) })).toThrow(RangeError);
});

test("of a folder with several feeds, one has to be named", async () => {
  const dir = newFolder();
  await record(dir, [tradeAt(1, 0)], { feed: "iex" });
  await record(dir, [tradeAt(2, 0)], { feed: "sip" });
  await expect(playedOf(dir)).rejects.toThrow("recordings of several feeds: iex, sip; choose one by the option feed");
  await expect(playedOf(dir, { feed: "otc" })).rejects.toThrow("no recording of the feed otc; it has iex, sip");
  expect(await playedOf(dir, { feed: "sip" })).toEqual(["2"]);
  expect(await playedOf(join(dir, "feed=iex"))).toEqual(["1"]);
});

test("a damaged Parquet file ends the replay with its name", async () => {
  const dir = newFolder();
  const prices = Array.from({ length: 3000 }, (_, id) => tradeAt(id, id * 7));
  await record(dir, prices);
  const [path = ""] = pathsIn(dir, ".parquet");
  for (const share of [0.3, 0.4, 0.5]) damage(path, share);
  await expect(playedOf(dir)).rejects.toThrow(/\.parquet is damaged: bytes have changed/);
});

/** A Parquet file of pyarrow in Base64, with the time 14:30:00.123456789 flagged as UTC. DuckDB writes none. */
const UTC_NANOSECONDS = [
  "UEFSMRUAFRYVFiwVAhUAFQYVBhwAAAACAAAAAgEBAAAAQRUAFRwVHCwVAhUAFQYVBhwAAAACAAAAAgEV3fp48OV3GBUAFRwVHCwVAhUAFQYV",
  "BhwAAAACAAAAAgEAAAAAAAD4PxUEGUw1ABgGc2NoZW1hFQYAFQwlAhgGc3ltYm9sJQBMHAAAABUEJQIYAXRsjBEcPAAAAAAAFQolAhgFcHJp",
  "Y2UAFgIZHBk8JgAcFQwZJQYAGRgGc3ltYm9sFQAWAhY8FjwmCEkcFQAVABUCADwWAhkGGSYAAgAAACYAHBUEGSUGABkYAXQVABYCFkIWQiZE",
  "SRwVABUAFQIAPCkGGSYAAgAAACYAHBUKGSUGABkYBXByaWNlFQAWAhZCFkImhgFJHBUAFQAVAgA8KQYZJgACAAAAFsABFgImCBbAAQAoIHBh",
  "cnF1ZXQtY3BwLWFycm93IHZlcnNpb24gMjYuMC4xGTwcAAAcAAAcAAAACgEAAFBBUjE=",
].join("");

describe("a Parquet file of another program", () => {
  const row = "'A' as symbol, timestamp '2025-11-14 14:30:00.000001' as t";

  test("is replayed with the columns that it has", async () => {
    const path = await writeParquet(join(newFolder(), "x.parquet"), `select ${row}, 1.25 as price, 3 as Size`);
    const [line = "", ...others] = await published(recording(path, { speed: "max" }));
    expect(others).toEqual([]);
    expect(JSON.parse(line)).toMatchObject({
      channel: "trades",
      symbol: "A",
      timestamp: "2025-11-14T14:30:00.000001000Z",
      price: 1.25,
      size: 3,
      conditions: [],
    });
  });

  test.each([
    ["bars", "1 as open, 2 as high, 0.5 as low, 1.5 as close"],
    ["quotes", "1 as bidPrice, 2 as askPrice"],
    ["trades", "1 as price"],
  ])("has %s if it has their columns", async (channel, columns) => {
    const path = await writeParquet(join(newFolder(), "x.parquet"), `select ${row}, ${columns}`);
    const [line = ""] = await published(recording(path, { speed: "max" }));
    expect(JSON.parse(line)).toMatchObject({ channel });
  });

  test.each([
    ["select 1 as price, 'A' as symbol", "expected the columns symbol, and t as a timestamp in UTC; got price, symbol"],
    ["select 1 as price, 'A' as symbol, '12:00' as t", "got t as VARCHAR"],
    [`select ${row}, 1 as volume`, "expected price for trades"],
  ])("without the columns of records is rejected: %s", async (query, message) => {
    const path = await writeParquet(join(newFolder(), "x.parquet"), query);
    await expect(playedOf(path)).rejects.toThrow(message);
  });

  test("has its rows without a price skipped and reported", async () => {
    const query = `select ${row}, case when i = 5 then null else i end as price from range(40) r(i)`;
    const path = await writeParquet(join(newFolder(), "x.parquet"), query);
    const problems: BadLine[] = [];
    const lines = await playedOf(path, { onBadLine: (problem) => problems.push(problem) });
    expect(lines).toHaveLength(39);
    expect(problems.map(({ line, error }) => `${line}: ${error.message}`)).toEqual(["6: expected a price, got null"]);
  });

  test("with nanoseconds that are flagged as UTC is replayed in microseconds, with a notice", async () => {
    const path = join(newFolder(), "utc.parquet");
    writeFileSync(path, Buffer.from(UTC_NANOSECONDS, "base64"));
    const notices: ReplayNotice[] = [];
    const [line = ""] = await published(
      recording(path, { speed: "max", onNotice: (notice) => void notices.push(notice) }),
    );
    expect(JSON.parse(line)).toMatchObject({ timestamp: "2025-11-14T14:30:00.123456000Z" });
    expect(notices).toMatchObject([{ type: "inexact", file: path, message: expect.stringContaining("microseconds") }]);
  });
});
