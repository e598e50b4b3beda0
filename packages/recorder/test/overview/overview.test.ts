import { readFileSync, writeFileSync } from "node:fs";
import { Quote, Trade } from "@tickerplant/client";
import { VirtualClock } from "@tickerplant/client/testing";
import { expect, test } from "vitest";
import { feedFolderOf } from "../../src/folder/recording-files.ts";
import { type FeedOverview, recordingOverview } from "../../src/overview/overview.ts";
import { promoteSegment } from "../../src/promotion/promote-segment.ts";
import { Recorder } from "../../src/recorder.ts";
import { temporaryFolder } from "../folders.ts";
import { writeSegment } from "../segments.ts";

/** 2025-11-14, 23:59:59 in New York. */
const LATE_SECONDS = Date.UTC(2025, 10, 15, 4, 59, 59) / 1000;
const [FROM, TO] = [new Date(LATE_SECONDS * 1000), new Date(LATE_SECONDS * 1000 + 500)];

/** A recorder of events that a stream reports, in place of the stream. */
async function withEvents(dir: string, report: (emit: (name: string, event: object) => void) => void): Promise<void> {
  const recorder = await Recorder.open({ dir, feed: "iex" });
  const listeners = new Map<string, (event: never) => void>();
  recorder.attach({ on: (name, listener) => listeners.set(name, listener) });
  report((name, event) => listeners.get(name)?.(event as never)); // of the name's type
  await recorder.close();
}

const LOST = { code: "connection_lost", message: "the connection was lost" };
const RANGE = { channel: "trades", from: FROM, to: TO };

test("a recording is described by day and channel, with times to the nanosecond", async () => {
  const dir = temporaryFolder();
  const recorder = await Recorder.open({ dir, feed: "sip" });
  recorder.sink.record(new Trade("AAPL", LATE_SECONDS, 1, 1, "V", 1, 1, ["@"], "C"));
  recorder.sink.record(new Trade("MSFT", LATE_SECONDS, 999_999_999, 2, "V", 1, 1, ["@"], "C"));
  recorder.sink.record(new Trade("MSFT", LATE_SECONDS + 1, 0, 3, "V", 1, 1, ["@"], "C"));
  recorder.sink.record(new Quote("AAPL", LATE_SECONDS, 1, "V", 1, 1, "V", 2, 1, ["R"], "C"));
  await recorder.close();
  const [overview, ...others] = await recordingOverview(dir);
  expect(others).toEqual([]);
  expect(overview).toMatchObject({ feed: "sip", segments: [], missing: [] });
  const second = BigInt(LATE_SECONDS) * 1_000_000_000n;
  expect(overview?.channels).toMatchObject([
    { day: "2025-11-14", channel: "quotes", rowCount: 1, symbolCount: 1, fileCount: 1 },
    {
      day: "2025-11-14",
      channel: "trades",
      rowCount: 2,
      symbolCount: 2,
      fromNs: second + 1n,
      toNs: second + 999_999_999n,
    },
    { day: "2025-11-15", channel: "trades", rowCount: 1, fromNs: second + 1_000_000_000n },
  ]);
});

test("a gap is missing for the symbols that history could not fill, and filled for the others", async () => {
  const dir = temporaryFolder();
  await withEvents(dir, (emit) => {
    emit("gap", { ...RANGE, symbols: ["AAPL", "MSFT", "SPY"], cause: LOST });
    emit("gapFilled", { ...RANGE, symbols: ["AAPL"], recordCount: 12 });
    emit("gapOpen", { ...RANGE, symbols: ["MSFT"], cause: { code: "too_large", message: "too many pages" } });
    emit("gap", { ...RANGE, channel: "quotes", symbols: ["AAPL"], cause: LOST });
  });
  const [overview] = await recordingOverview(dir);
  const shown = overview?.missing.map(({ channel, symbols, cause, count, isFilled }) => ({
    channel,
    symbols,
    cause,
    count,
    isFilled,
  }));
  expect(shown).toEqual([
    { channel: "trades", symbols: ["AAPL"], cause: "connection_lost", count: 12, isFilled: true },
    { channel: "trades", symbols: ["MSFT"], cause: "too_large", count: undefined, isFilled: false },
    { channel: "trades", symbols: ["SPY"], cause: "connection_lost", count: undefined, isFilled: false },
    { channel: "quotes", symbols: ["AAPL"], cause: "connection_lost", count: undefined, isFilled: false },
  ]);
  expect(overview?.missing[0]).toMatchObject({ day: "2025-11-14", kind: "gap", from: FROM, to: TO });
});

test("of a gap of all symbols that was filled, those that stay open are missing", async () => {
  const dir = temporaryFolder();
  await withEvents(dir, (emit) => {
    emit("gap", { ...RANGE, symbols: ["*"], cause: LOST });
    emit("gapOpen", { ...RANGE, symbols: ["AAPL"], cause: { code: "too_large", message: "too many pages" } });
    emit("gapFilled", { ...RANGE, symbols: ["*"], recordCount: 12 });
  });
  const [overview] = await recordingOverview(dir);
  expect(overview?.missing).toMatchObject([
    { symbols: ["AAPL"], cause: "too_large", isFilled: false },
    { symbols: ["*"], isFilled: true },
  ]);
});

test("the past of a subscription that history could not deliver is missing, without a gap before", async () => {
  const dir = temporaryFolder();
  await withEvents(dir, (emit) => {
    emit("gapOpen", { ...RANGE, symbols: ["AAPL"], cause: { code: "too_large", message: "too many pages" } });
    emit("gapOpen", { ...RANGE, symbols: ["MSFT"], cause: { code: "no_history", message: "no history" } });
  });
  const [overview] = await recordingOverview(dir);
  expect(overview?.missing).toMatchObject([
    { kind: "gap", channel: "trades", symbols: ["AAPL"], from: FROM, to: TO, cause: "too_large", isFilled: false },
    { kind: "gap", channel: "trades", symbols: ["MSFT"], from: FROM, to: TO, cause: "no_history", isFilled: false },
  ]);
});

test("what a program missed, or lost connections alone, is not missing in the recording", async () => {
  const dir = temporaryFolder();
  await withEvents(dir, (emit) => {
    emit("status", { state: "reconnecting", cause: LOST });
    emit("slow", { isIsolated: true, missed: [{ ...RANGE, count: 3 }] });
  });
  const [overview] = await recordingOverview(dir);
  expect(overview?.missing).toEqual([]);
});

test("events that are still in the log are described as those in Parquet files", async () => {
  const dir = temporaryFolder();
  await withEvents(dir, (emit) => emit("gap", { ...RANGE, symbols: ["*"], cause: LOST }));
  const [promoted] = await recordingOverview(dir);
  const recorder = await Recorder.open({ dir, feed: "iex" });
  try {
    recorder.sink.gap({ ...RANGE, symbols: ["*"], cause: Object.assign(new Error(LOST.message), { code: LOST.code }) });
    const gapsOf = (overview: FeedOverview | undefined) => overview?.missing.filter(({ kind }) => kind === "gap");
    await expect.poll(async () => gapsOf((await recordingOverview(dir))[0])).toHaveLength(2);
    const [growing] = await recordingOverview(dir);
    expect(growing?.segments).toHaveLength(1);
    expect(gapsOf(growing)?.[1]).toEqual(gapsOf(promoted)?.[0]);
  } finally {
    await recorder.close();
  }
});

test("the time between two recorders is missing, from the end of the first, which need not have received something", async () => {
  const dir = temporaryFolder();
  const clock = new VirtualClock({ startMs: LATE_SECONDS * 1000 });
  const reopen = async () => (await Recorder.open({ dir, feed: "sip", clock })).close();
  await reopen();
  await clock.advance(500);
  await reopen();
  expect((await recordingOverview(dir))[0]?.missing).toMatchObject([
    { kind: "downtime", day: "2025-11-14", symbols: [], from: FROM, to: TO, isFilled: false },
  ]);
});

test("records that are still in the log are counted with those in Parquet files", async () => {
  const dir = temporaryFolder();
  const trade = (symbol: string, seconds: number) => new Trade(symbol, seconds, 0, 1, "V", 1, 1, ["@"], "C");
  const earlier = await Recorder.open({ dir, feed: "sip" });
  earlier.sink.record(trade("AAPL", LATE_SECONDS));
  await earlier.close();
  const recorder = await Recorder.open({ dir, feed: "sip" });
  try {
    for (const seconds of [LATE_SECONDS, LATE_SECONDS + 1]) recorder.sink.record(trade("MSFT", seconds));
    recorder.sink.flush();
    const count = async () => (await recordingOverview(dir))[0]?.channels;
    await expect.poll(count, { timeout: 10_000 }).toMatchObject([
      { day: "2025-11-14", channel: "trades", rowCount: 2, logRowCount: 1, symbolCount: 2, fileCount: 1 },
      { day: "2025-11-15", channel: "trades", rowCount: 1, logRowCount: 1, symbolCount: 1, fileCount: 0 },
    ]);
  } finally {
    await recorder.close();
  }
});

test("what a crash left in the log is described as damaged and unsealed, as the next promotion is going to", async () => {
  const dir = temporaryFolder();
  const path = await writeSegment(dir, new Date(LATE_SECONDS * 1000).toISOString(), []);
  writeFileSync(path, readFileSync(path).subarray(0, -1));
  const inLog = (await recordingOverview(dir))[0]?.missing;
  expect(inLog).toMatchObject([
    { day: "2025-11-14", kind: "damaged" },
    { day: "2025-11-14", kind: "unsealed" },
  ]);
  await promoteSegment(path, feedFolderOf(dir, "sip"));
  expect((await recordingOverview(dir))[0]?.missing).toEqual(inLog);
});

test("a segment that is being written is not described as unsealed", async () => {
  const dir = temporaryFolder();
  const recorder = await Recorder.open({ dir, feed: "sip" });
  expect((await recordingOverview(dir))[0]?.missing).toEqual([]);
  await recorder.close();
});

test("a segment whose header is damaged does not hide the rest of a recording", async () => {
  const dir = temporaryFolder();
  const path = await writeSegment(dir, new Date(LATE_SECONDS * 1000).toISOString(), []);
  writeFileSync(path, "TICK");
  const [overview] = await recordingOverview(dir);
  expect(overview?.segments).toMatchObject([{ byteLength: 4, begunAt: new Date(LATE_SECONDS * 1000) }]);
  expect(overview?.missing).toMatchObject([{ kind: "damaged", day: "2025-11-14" }]);
});

test("a folder without a recording is rejected", async () => {
  await expect(recordingOverview(temporaryFolder())).rejects.toMatchObject({ code: "not_a_recording" });
});
