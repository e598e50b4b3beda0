import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CryptoTrade, Trade } from "@tickerplant/client";
import { VirtualClock } from "@tickerplant/client/testing";
import { expect, test } from "vitest";
import { feedFolderOf, logFolderOf } from "../../src/folder/recording-files.ts";
import { lockFolder } from "../../src/folder-lock.ts";
import type { LogEvent } from "../../src/log/log-event.ts";
import { RecordingReader } from "../../src/reading/recording-reader.ts";
import { Recorder } from "../../src/recorder.ts";
import { temporaryFolder } from "../folders.ts";
import { unsealedSegments } from "../segments.ts";
import { OPEN_SECONDS, recordsOf, writeSegment } from "./recorded.ts";

const RANGE = { channel: "trades", from: new Date(OPEN_SECONDS * 1000), to: new Date(OPEN_SECONDS * 1000 + 500) };

/** The gaps that a reader finds, with their symbols and causes. */
async function gapsOf(dir: string): Promise<string[]> {
  const reader = await RecordingReader.open(dir);
  try {
    return (await reader.gaps()).map(({ symbols, cause }) => `${symbols.join()} ${cause}`);
  } finally {
    reader.close();
  }
}

async function gapsAfter(events: readonly LogEvent[]): Promise<string[]> {
  const dir = temporaryFolder();
  await writeSegment(
    dir,
    events.map((event) => ({ event: { ...RANGE, ...event } })),
  );
  return gapsOf(dir);
}

test("a gap is read without the symbols that were filled", async () => {
  const events: LogEvent[] = [
    { kind: "gap", symbols: ["A", "B", "C"], cause: "connection_lost" },
    { kind: "gap_open", symbols: ["B"], cause: "too_large" },
    { kind: "gap_filled", symbols: ["A"] },
  ];
  expect(await gapsAfter(events)).toEqual(["B,C connection_lost"]);
});

test("a gap of all symbols that was filled, but for one, is read as a gap of that one", async () => {
  const events: LogEvent[] = [
    { kind: "gap", symbols: ["*"], cause: "connection_lost" },
    { kind: "gap_open", symbols: ["B"], cause: "too_large" },
    { kind: "gap_filled", symbols: ["*"] },
  ];
  expect(await gapsAfter(events)).toEqual(["B connection_lost"]);
});

test("all that a subscription in the past lacks is read, for each cause", async () => {
  const events: LogEvent[] = [
    { kind: "gap_open", symbols: ["A"], cause: "too_large" },
    { kind: "gap_open", symbols: ["B"], cause: "no_history" },
  ];
  expect(await gapsAfter(events)).toEqual(["A too_large", "B no_history"]);
});

test("a segment that a recorder is writing has no gap at its end", async () => {
  const dir = temporaryFolder();
  const recorder = await Recorder.open({ dir, feed: "sip" });
  expect(await gapsOf(dir)).toEqual([]);
  await recorder.close();
});

test("neither of two segments of which a recorder seals the first has a gap at its end, and both have after a crash", async () => {
  const dir = temporaryFolder();
  await unsealedSegments(dir, 2);
  const lock = await lockFolder(feedFolderOf(dir, "sip"));
  expect(await gapsOf(dir)).toEqual([]);
  lock.release();
  expect(await gapsOf(dir)).toEqual(["* unsealed", "* unsealed"]);
});

test("the time in which no recorder ran is read as a gap, from the end of the recorder before", async () => {
  const dir = temporaryFolder();
  const clock = new VirtualClock({ startMs: OPEN_SECONDS * 1000 });
  const first = await Recorder.open({ dir, feed: "sip", clock });
  first.sink.record(new Trade("A", OPEN_SECONDS, 0, 1, "V", 1, 1, ["@"], "C"));
  await clock.advance(2000);
  await first.close();
  expect(await gapsOf(dir)).toEqual([]);
  await clock.advance(5000);
  const second = await Recorder.open({ dir, feed: "sip", clock });
  await second.close();
  const reader = await RecordingReader.open(dir);
  try {
    const afterSeconds = (seconds: number) => BigInt(OPEN_SECONDS + seconds) * 1_000_000_000n;
    expect(await reader.gaps()).toMatchObject([
      {
        cause: "downtime",
        symbols: ["*"],
        fromNs: undefined,
        sinceNs: afterSeconds(2),
        receivedNs: afterSeconds(7),
      },
    ]);
  } finally {
    reader.close();
  }
});

test("a segment whose header is damaged is read as a gap at its time, and the records of the others are read", async () => {
  const dir = temporaryFolder();
  await writeSegment(dir, [new CryptoTrade("BTC/USD", OPEN_SECONDS, 0, 7, 1, 1, "B")], { assetClass: "crypto" });
  const log = logFolderOf(feedFolderOf(dir, "sip"));
  writeFileSync(join(log, "20251114T000000.000Z.tplog"), "TICK"); // the first of the folder
  expect(await recordsOf(dir)).toMatchObject([{ symbol: "BTC/USD" }]);
  const reader = await RecordingReader.open(dir);
  try {
    expect(await reader.gaps()).toMatchObject([
      { symbols: ["*"], cause: "damaged", fromNs: undefined, segmentMs: Date.UTC(2025, 10, 14) },
    ]);
  } finally {
    reader.close();
  }
  await expect(RecordingReader.open(join(log, "20251114T000000.000Z.tplog"))).rejects.toMatchObject({
    code: "not_a_segment",
  });
});
