import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { VirtualClock } from "@tickerplant/client/testing";
import { afterEach, expect, test, vi } from "vitest";
import * as LIMITS from "../../src/limits.ts";
import type { LogEntry, LogEvent } from "../../src/log/log-event.ts";
import { Fsync, LogWriter, type LogWriterOptions } from "../../src/log/log-writer.ts";
import { isDamage, readSegment } from "../../src/log/segment-reader.ts";
import { SegmentWriter } from "../../src/log/segment-writer.ts";
import type { SourcePlace } from "../../src/log/source-place.ts";
import { temporaryFolder } from "../folders.ts";

afterEach(() => vi.restoreAllMocks());

function open(folder: string, clock: VirtualClock, options: Partial<LogWriterOptions> = {}): Promise<LogWriter> {
  return LogWriter.open({
    folder,
    header: () => ({
      address: "",
      feed: "sip",
      assetClass: "stocks",
      codec: "msgpack",
      schemaVersion: "0.1.0",
      subscription: {},
    }),
    fsync: Fsync.SEGMENT,
    clock,
    onError: () => {},
    onSealed: () => {},
    ...options,
  });
}

function at(sequence: number): SourcePlace {
  return { source: "ticks", sequence };
}

function add(log: LogWriter, sequence: number): void {
  log.frame(Buffer.from(String(sequence)), 1, at(sequence));
}

/** Passes the time after which a block is written, and waits until it is. */
async function write(log: LogWriter, clock: VirtualClock): Promise<void> {
  await clock.advance(LIMITS.blockMs);
  await log.flush();
}

/** The paths of a log's segments, the oldest first. */
function segments(folder: string): string[] {
  const names = readdirSync(folder).sort();
  return names.map((name) => join(folder, name));
}

/** Reads a segment: the number of its last frame, its place, and all of its entries by block. */
async function read(path: string): Promise<{
  readonly lastFrame: number | undefined;
  readonly place: SourcePlace | undefined;
  readonly blocks: readonly (readonly LogEntry[])[];
}> {
  const segment = await readSegment(path);
  const blocks: LogEntry[][] = [];
  for await (const part of segment.blocks()) if (!isDamage(part)) blocks.push(part);
  const frames = blocks.flat().flatMap((entry) => (entry.type === "event" ? [] : [Number(Buffer.from(entry.frame))]));
  return { lastFrame: frames.at(-1), place: (await segment.end())?.place, blocks };
}

function eventsIn(blocks: readonly (readonly LogEntry[])[]): LogEvent[] {
  return blocks.flat().flatMap((entry) => (entry.type === "event" ? [entry.event] : []));
}

test("the place of a segment that is cut at any byte is that of the last frame that can be read", async () => {
  const folder = temporaryFolder();
  const clock = new VirtualClock();
  const log = await open(folder, clock);
  for (let sequence = 1; sequence <= 12; sequence++) {
    add(log, sequence);
    if (sequence % 3 === 0) await write(log, clock);
  }
  const [path = ""] = segments(folder);
  const bytes = readFileSync(path);
  await log.close();
  const cut = join(folder, "cut.tplog");
  const seen = new Set<number | undefined>();
  for (let length = bytes.length; length > bytes.indexOf("TPBK"); length--) {
    writeFileSync(cut, bytes.subarray(0, length));
    const { lastFrame, place } = await read(cut);
    expect(place).toEqual(lastFrame === undefined ? undefined : at(lastFrame));
    seen.add(lastFrame);
  }
  expect([...seen]).toEqual([12, 9, 6, 3, undefined]);
});

test("a segment with a damaged block has the place of the blocks behind it", async () => {
  const folder = temporaryFolder();
  const clock = new VirtualClock();
  const log = await open(folder, clock);
  for (let sequence = 1; sequence <= 3; sequence++) {
    add(log, sequence);
    await write(log, clock);
  }
  await log.close();
  const [path = ""] = segments(folder);
  const bytes = readFileSync(path);
  const second = bytes.indexOf("TPBK", bytes.indexOf("TPBK") + 1);
  bytes.writeUInt8(bytes.readUInt8(second + 20) ^ 1, second + 20);
  writeFileSync(path, bytes);
  expect(await read(path)).toMatchObject({ lastFrame: 3, place: at(3) });
});

test("every block and every seal has the place, also those without a frame of the source", async () => {
  const folder = temporaryFolder();
  const clock = new VirtualClock();
  const log = await open(folder, clock, { place: at(7) });
  expect(log.place).toEqual(at(7));
  log.event({ kind: "downtime" });
  await write(log, clock);
  const [path = ""] = segments(folder);
  expect((await read(path)).place).toEqual(at(7));
  await log.close();
  expect(await read(path)).toMatchObject({ place: at(7), lastFrame: undefined });
});

test("a segment that is sealed while a frame waits has the place of the frames before it", async () => {
  const folder = temporaryFolder();
  const clock = new VirtualClock();
  let sealed = 0;
  const log = await open(folder, clock, { onSealed: () => sealed++ });
  add(log, 1);
  await write(log, clock);
  await clock.advance(LIMITS.segmentMs - LIMITS.blockMs - 100);
  add(log, 2);
  await clock.advance(100); // the segment has its age; the block of the second frame has not
  await expect.poll(() => sealed).toBe(1);
  const [first = "", second = ""] = segments(folder);
  expect(await read(first)).toMatchObject({ lastFrame: 1, place: at(1) });
  await log.close();
  expect(await read(second)).toMatchObject({ lastFrame: 2, place: at(2) });
});

test("a message without a frame moves the place within half a second, and adds neither row nor entry", async () => {
  const folder = temporaryFolder();
  const clock = new VirtualClock();
  const log = await open(folder, clock);
  log.reached(at(41));
  await write(log, clock);
  const [path = ""] = segments(folder);
  expect(await read(path)).toEqual({ lastFrame: undefined, place: at(41), blocks: [[]] });
  expect(log.rowCount).toBe(0);
  const { length } = readFileSync(path);
  await write(log, clock);
  expect(readFileSync(path)).toHaveLength(length); // nothing has changed
  await log.close();
});

test("the events of a message are in one block with its place, however full that is", async () => {
  const folder = temporaryFolder();
  const clock = new VirtualClock();
  const log = await open(folder, clock);
  log.frame(Buffer.from("1".padEnd(LIMITS.blockBytes - 100)), 1, at(1)); // the event does not fit any more
  log.event({ kind: "gap", message: "x".repeat(200) });
  log.reached(at(2));
  add(log, 3);
  await write(log, clock);
  const [path = ""] = segments(folder);
  const { blocks, place } = await read(path);
  expect(blocks.map((block) => block.map(({ type }) => type))).toEqual([["frame", "event"], ["frame"]]);
  expect(place).toEqual(at(3));
  const bytes = readFileSync(path);
  const cut = join(folder, "cut.tplog");
  writeFileSync(cut, bytes.subarray(0, bytes.lastIndexOf("TPBK")));
  expect((await read(cut)).place).toEqual(at(2));
  await log.close();
});

test.each([
  ["without places", {}],
  ["that has the place of an earlier one", { place: at(7) }],
])("a log %s closes a block at its size, behind events and frames", async (_, options) => {
  const folder = temporaryFolder();
  const clock = new VirtualClock();
  const log = await open(folder, clock, options);
  for (let count = 0; count < 2; count++) log.event({ kind: "error", message: "x".repeat(LIMITS.blockBytes) });
  log.frame(Buffer.from("1".padEnd(LIMITS.blockBytes)));
  await log.flush();
  const [path = ""] = segments(folder);
  expect((await read(path)).blocks).toHaveLength(3);
  await log.close();
});

test("the place moves past frames that the disk did not accept only with the event that reports them", async () => {
  const folder = temporaryFolder();
  const clock = new VirtualClock();
  const log = await open(folder, clock);
  const full = vi.spyOn(SegmentWriter.prototype, "writeBlocks").mockRejectedValue(new Error("full"));
  const large = Buffer.alloc(8 * 1024 * 1024, " ");
  large.write("1", 0);
  const kept = Math.ceil(LIMITS.pendingBytes / large.length) - 1; // a little more than the bytes waits
  for (let sequence = 1; sequence <= kept + 2; sequence++) log.frame(large, 1, at(sequence));
  log.reached(at(kept + 3));
  expect(log.metrics.droppedFrames).toBe(2);
  expect(log.place).toEqual(at(kept + 3));
  full.mockRestore();
  await clock.advance(LIMITS.retryMs);
  await log.flush();
  const [path = ""] = segments(folder);
  const before = await read(path);
  expect(eventsIn(before.blocks)).toEqual([]);
  expect(before.place).toEqual(at(kept));

  add(log, kept + 4);
  await write(log, clock);
  const after = await read(path);
  expect(eventsIn(after.blocks)).toMatchObject([{ kind: "dropped", count: 2 }]);
  expect(after).toMatchObject({ lastFrame: kept + 4, place: at(kept + 4) });
  await log.close();
}, 20_000);

test("a log that is closed behind dropped frames has the event and the place behind them", async () => {
  const folder = temporaryFolder();
  const clock = new VirtualClock();
  const log = await open(folder, clock);
  const full = vi.spyOn(SegmentWriter.prototype, "writeBlocks").mockRejectedValue(new Error("full"));
  log.frame(Buffer.from("1".padEnd(LIMITS.pendingBytes - 1024)), 1, at(1));
  log.frame(Buffer.from("2".padEnd(2048)), 1, at(2));
  full.mockRestore();
  await log.close({ kind: "closed" });
  const [path = ""] = segments(folder);
  const { blocks, place, lastFrame } = await read(path);
  expect(eventsIn(blocks)).toMatchObject([{ kind: "dropped", count: 1 }, { kind: "closed" }, { kind: "sealed" }]);
  expect({ place, lastFrame }).toEqual({ place: at(2), lastFrame: 1 });
}, 20_000);
