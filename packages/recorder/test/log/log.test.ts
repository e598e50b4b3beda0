import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@tickerplant/client";
import { VirtualClock } from "@tickerplant/client/testing";
import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import * as LIMITS from "../../src/limits.ts";
import type { LogEntry } from "../../src/log/log-event.ts";
import { Fsync, LogWriter, type LogWriterOptions } from "../../src/log/log-writer.ts";
import { type Damage, isDamage, readSegment } from "../../src/log/segment-reader.ts";
import { SegmentWriter } from "../../src/log/segment-writer.ts";
import { RecorderError } from "../../src/recorder-error.ts";
import { temporaryFolder } from "../folders.ts";

afterEach(() => vi.restoreAllMocks());

const HEADER = {
  address: "wss://stream.example/v2/sip",
  feed: "sip",
  assetClass: "stocks",
  codec: "msgpack",
  schemaVersion: "0.1.0",
  subscription: { trades: ["AAPL"] },
} as const;

function open(folder: string, options: Partial<LogWriterOptions> = {}): Promise<LogWriter> {
  return LogWriter.open({
    folder,
    header: () => HEADER,
    fsync: Fsync.SECOND,
    clock: systemClock,
    onError: (error) => {
      throw error;
    },
    onSealed: () => {},
    ...options,
  });
}

async function read(path: string): Promise<{ entries: LogEntry[]; damages: Damage[] }> {
  const entries: LogEntry[] = [];
  const damages: Damage[] = [];
  for await (const part of (await readSegment(path)).blocks())
    if (isDamage(part)) damages.push(part);
    else entries.push(...part);
  return { entries, damages };
}

function segments(folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));
}

function onlySegment(folder: string): string {
  const [path = "", ...others] = segments(folder);
  expect(others).toEqual([]);
  return path;
}

/** The frames as strings, and the kinds of the events. */
function shown(entries: readonly LogEntry[]): string[] {
  return entries.map((entry) => (entry.type === "event" ? entry.event.kind : Buffer.from(entry.frame).toString()));
}

/** A segment with a block for each frame. */
async function segmentOf(folder: string, frames: readonly string[]): Promise<string> {
  const clock = new VirtualClock();
  const log = await open(folder, { clock });
  for (const frame of frames) {
    log.frame(Buffer.from(frame));
    await clock.advance(LIMITS.blockMs);
  }
  await log.close();
  return onlySegment(folder);
}

test("a log returns frames and events in their order, with header and receive times", async () => {
  const folder = temporaryFolder();
  const clock = new VirtualClock({ startMs: 1_763_000_000_000 });
  const log = await open(folder, { clock });
  log.frame(Buffer.from("first"));
  await clock.advance(2);
  const gap = { kind: "gap", channel: "trades", symbols: ["AAPL"], from: new Date(1000), to: new Date(2000) } as const;
  log.event(gap);
  log.history(Buffer.from("filled"));
  await log.close();

  const path = onlySegment(folder);
  expect((await readSegment(path)).header).toEqual({ ...HEADER, begunAt: "2025-11-13T02:13:20.000Z" });
  const { entries, damages } = await read(path);
  expect(damages).toEqual([]);
  expect(entries).toEqual([
    { type: "frame", receivedNs: 1_763_000_000_000_000_000n, frame: Buffer.from("first") },
    { type: "event", receivedNs: 1_763_000_000_002_000_000n, event: gap },
    { type: "history", receivedNs: 1_763_000_000_002_000_000n, frame: Buffer.from("filled") },
    { type: "event", receivedNs: 1_763_000_000_002_000_000n, event: { kind: "sealed" } },
  ]);
});

test("a block is on the disk half a second after its first frame", async () => {
  const folder = temporaryFolder();
  const clock = new VirtualClock();
  const log = await open(folder, { clock });
  log.frame(Buffer.from("kept"));
  await clock.advance(LIMITS.blockMs);
  await vi.waitFor(async () => expect(shown((await read(onlySegment(folder))).entries)).toEqual(["kept"]));
  await log.close();
});

test("a segment that is cut at any byte returns a prefix of its entries, and reports the rest", async () => {
  const folder = temporaryFolder();
  const frames = ["a", "bb", "ccc".repeat(500), "d"];
  const path = await segmentOf(folder, frames);
  const bytes = readFileSync(path);
  const { entries } = await read(path);
  const whole = shown(entries);
  const cutPath = join(folder, "cut.tplog");
  const seen = new Set<number>();
  for (let length = 0; length < bytes.length; length++) {
    writeFileSync(cutPath, bytes.subarray(0, length));
    const result = await read(cutPath).catch((error: unknown) => error);
    if (result instanceof RecorderError) {
      expect(result.code).toBe("not_a_segment"); // cut in the header, which stands before any entry
      expect(seen.size).toBe(0);
      continue;
    }
    const cut = result as Awaited<ReturnType<typeof read>>;
    expect(shown(cut.entries)).toEqual(whole.slice(0, cut.entries.length));
    const damaged = cut.damages.reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(cut.damages.every(({ isTail }) => isTail)).toBe(true);
    if (!seen.has(cut.entries.length))
      expect(damaged).toBe(0); // the first cut with an entry more is behind its block
    else expect(damaged).toBeGreaterThan(0);
    seen.add(cut.entries.length);
  }
  expect([...seen]).toEqual([0, 1, 2, 3, 4]);
});

test("a flipped bit loses one block, which is reported, and no other", async () => {
  const folder = temporaryFolder();
  const path = await segmentOf(folder, ["a", "bb", "ccc", "d"]);
  const bytes = readFileSync(path);
  const whole = shown((await read(path)).entries);
  const flippedPath = join(folder, "flipped.tplog");
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length * 8 - 1), async (bit) => {
      const flipped = Buffer.from(bytes);
      const at = bit >> 3;
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (bit & 7));
      writeFileSync(flippedPath, flipped);
      const result = await read(flippedPath).catch((error: unknown) => error);
      if (result instanceof RecorderError) {
        expect(["not_a_segment", "unknown_version"]).toContain(result.code);
        return;
      }
      const { entries, damages } = result as Awaited<ReturnType<typeof read>>;
      expect(damages).toHaveLength(1);
      const left = shown(entries);
      expect(left).toHaveLength(whole.length - 1);
      expect(whole.filter((entry) => left.includes(entry))).toEqual(left);
    }),
    { numRuns: 300 },
  );
});

test("a segment of a newer version is rejected with advice to update", async () => {
  const folder = temporaryFolder();
  const path = await segmentOf(folder, ["a"]);
  const bytes = readFileSync(path);
  bytes.writeUInt32LE(2, 8);
  writeFileSync(path, bytes);
  await expect(readSegment(path)).rejects.toThrow(
    /has version 2 of the format, and this package reads versions up to 1: update @tickerplant\/recorder/,
  );
});

test("a full disk is reported once, and nothing is lost when there is space again", async () => {
  const folder = temporaryFolder();
  const clock = new VirtualClock();
  const errors: RecorderError[] = [];
  const log = await open(folder, { clock, onError: (error) => errors.push(error) });
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  const write = vi.spyOn(SegmentWriter.prototype, "writeBlocks").mockRejectedValue(full);
  for (const frame of ["a", "b", "c"]) {
    log.frame(Buffer.from(frame));
    await clock.advance(LIMITS.retryMs);
  }
  await vi.waitFor(() => expect(write.mock.calls.length).toBeGreaterThan(1));
  write.mockRestore();
  await log.close();
  expect(errors.map(({ code }) => code)).toEqual(["disk_full"]);
  expect(errors[0]?.message).toBe(`could not write to ${folder}: the disk is full; free some space`);
  expect(shown((await read(onlySegment(folder))).entries)).toEqual(["a", "b", "c", "sealed"]);
});

test("a disk that stays full makes closing fail", async () => {
  const folder = temporaryFolder();
  const log = await open(folder, { clock: new VirtualClock(), onError: () => {} });
  const full = Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
  vi.spyOn(SegmentWriter.prototype, "writeBlocks").mockRejectedValue(full);
  log.frame(Buffer.from("a"));
  await expect(log.close()).rejects.toMatchObject({ code: "disk_full" });
});

test("frames above the limit of what waits for the disk are dropped, and the log says how many", async () => {
  const folder = temporaryFolder();
  const clock = new VirtualClock();
  const log = await open(folder, { clock, onError: () => {} });
  const write = vi.spyOn(SegmentWriter.prototype, "writeBlocks").mockRejectedValue(new Error("slow"));
  const frame = Buffer.alloc(1024 * 1024);
  for (let count = 0; count < LIMITS.pendingBytes / frame.length + 9; count++) log.frame(frame);
  write.mockRestore();
  await log.close();
  const { entries } = await read(onlySegment(folder));
  const frames = entries.filter(({ type }) => type === "frame");
  const drops = entries.flatMap((entry) =>
    entry.type === "event" && entry.event.kind === "dropped" ? [entry.event] : [],
  );
  expect(drops).toHaveLength(1);
  expect(frames.length + (drops[0]?.count ?? 0)).toBe(LIMITS.pendingBytes / frame.length + 9);
});

test("a wall clock that is set keeps the order of receive times before it, and is an event", async () => {
  const folder = temporaryFolder();
  let wallMs = 1_763_000_000_000;
  const virtual = new VirtualClock();
  const clock = {
    now: () => wallMs,
    monotonic: () => virtual.monotonic(),
    random: () => 0,
    setTimer: (callback: () => void, delayMs: number) => virtual.setTimer(callback, delayMs),
    clearTimer: (timer: unknown) => virtual.clearTimer(timer),
  };
  const log = await open(folder, { clock });
  log.frame(Buffer.from("a"));
  wallMs -= 3_600_000;
  log.frame(Buffer.from("b"));
  await virtual.advance(LIMITS.blockMs);
  log.frame(Buffer.from("c"));
  await log.close();
  const { entries } = await read(onlySegment(folder));
  expect(shown(entries)).toEqual(["a", "b", "clock", "c", "sealed"]);
  expect(entries.map(({ receivedNs }) => Number(receivedNs / 1_000_000n) - 1_763_000_000_000)).toEqual([
    0, 0, -3_600_000, -3_600_000, -3_600_000,
  ]);
});

test("a segment is sealed at its size, and the next one follows it by name", async () => {
  const folder = temporaryFolder();
  let sealed = 0;
  vi.spyOn(SegmentWriter.prototype, "byteLength", "get").mockReturnValue(LIMITS.segmentBytes);
  const log = await open(folder, { onSealed: () => sealed++ });
  const frame = Buffer.alloc(LIMITS.blockBytes);
  log.frame(frame);
  await vi.waitFor(() => expect(sealed).toBe(1));
  log.frame(frame);
  await vi.waitFor(() => expect(sealed).toBe(2));
  await log.close();
  const kinds: string[][] = [];
  for (const path of segments(folder)) kinds.push((await read(path)).entries.map(({ type }) => type));
  expect(kinds.slice(0, 2)).toEqual([
    ["frame", "event"],
    ["frame", "event"],
  ]);
});

test("a segment is sealed at its age, also if nothing more is received, and one without an entry is not", async () => {
  const folder = temporaryFolder();
  const clock = new VirtualClock();
  let sealed = 0;
  const log = await open(folder, { clock, onSealed: () => sealed++ });
  await clock.advance(2 * LIMITS.segmentMs);
  log.frame(Buffer.from("a"));
  await clock.advance(LIMITS.blockMs);
  await vi.waitFor(() => expect(sealed).toBe(1)); // at its first block: it was old enough
  log.frame(Buffer.from("b"));
  await clock.advance(LIMITS.blockMs);
  await vi.waitFor(async () => expect(shown((await read(segments(folder)[1] ?? "")).entries)).toEqual(["b"]));
  await clock.advance(LIMITS.segmentMs);
  await vi.waitFor(() => expect(sealed).toBe(2));
  expect(log.metrics.segmentAgeMs).toBe(0);
  await log.close();
  expect(log.metrics.segmentAgeMs).toBeUndefined();
  const contents = await Promise.all(segments(folder).map(async (path) => shown((await read(path)).entries)));
  expect(contents).toEqual([["a", "sealed"], ["b", "sealed"], ["sealed"]]);
});

test("the next segment has begun when one is sealed, so that a crash at any moment leaves one that is not", async () => {
  const folder = temporaryFolder();
  const clock = new VirtualClock();
  let next = "";
  const log = await open(folder, { clock, onSealed: () => (next = segments(folder)[1] ?? "") });
  log.frame(Buffer.from("a"));
  await clock.advance(LIMITS.blockMs);
  await clock.advance(LIMITS.segmentMs);
  await vi.waitFor(() => expect(next).not.toBe(""));
  expect(log.openPaths).toEqual([next]);
  expect(await read(next)).toEqual({ entries: [], damages: [] });
  await log.close();
});

test("a log in a folder that does not exist is rejected", async () => {
  await expect(open(join(temporaryFolder(), "log"))).rejects.toMatchObject({ code: "write_failed" });
});

test("blocks that wait are written together, and can all be read", async () => {
  const folder = temporaryFolder();
  const log = await open(folder, { clock: new VirtualClock() });
  const write = vi.spyOn(SegmentWriter.prototype, "writeBlocks");
  const numbers = Array.from({ length: LIMITS.blocksAWrite + 1 }, (_, index) => index);
  for (const number of numbers) log.frame(Buffer.alloc(LIMITS.blockBytes, number));
  await log.flush();
  expect(write.mock.calls.map(([blocks]) => blocks.length)).toEqual([LIMITS.blocksAWrite, 1]);
  await log.close();
  const { entries } = await read(onlySegment(folder));
  expect(entries.flatMap((entry) => (entry.type === "frame" ? [entry.frame.at(-1)] : []))).toEqual(numbers);
});

test.each([
  [Fsync.BLOCK, 2],
  [Fsync.SEGMENT, 0],
])("the policy %s flushes the right number of times for two blocks", async (fsync, expected) => {
  const clock = new VirtualClock();
  const log = await open(temporaryFolder(), { clock, fsync });
  const sync = vi.spyOn(SegmentWriter.prototype, "sync");
  const write = vi.spyOn(SegmentWriter.prototype, "writeBlocks");
  for (let block = 1; block <= 2; block++) {
    log.frame(Buffer.from("a"));
    await clock.advance(LIMITS.blockMs);
    await vi.waitFor(() =>
      expect(write.mock.settledResults.filter(({ type }) => type === "fulfilled")).toHaveLength(block),
    );
  }
  await vi.waitFor(() => expect(sync).toHaveBeenCalledTimes(expected));
  await log.close();
});

test("a segment that cannot be begun leaves no file behind", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "a.tplog");
  mkdirSync(path); // in the way of the file
  await expect(SegmentWriter.create(path, { ...HEADER, begunAt: "2025-11-14T14:30:00.000Z" })).rejects.toThrow();
  expect(readdirSync(folder)).toEqual(["a.tplog"]);
});
