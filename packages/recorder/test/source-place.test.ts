import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { STOCK_SCHEMA, Trade } from "@tickerplant/client";
import { VirtualClock } from "@tickerplant/client/testing";
import { Codec, FrameEncoder } from "@tickerplant/client/wire";
import { expect, onTestFinished, test } from "vitest";
import { newestPlace } from "../src/folder/source-places.ts";
import { isDamage, readSegment } from "../src/log/segment-reader.ts";
import type { SourcePlace } from "../src/log/source-place.ts";
import { recordingOverview } from "../src/overview/overview.ts";
import { promoteSegment } from "../src/promotion/promote-segment.ts";
import { RecordingReader } from "../src/reading/recording-reader.ts";
import { Recorder, type RecorderOptions } from "../src/recorder.ts";
import { verify } from "../src/verification/verify.ts";
import { query, temporaryFolder } from "./folders.ts";

/** A Friday morning in New York. */
const BEGIN_MS = Date.parse("2025-11-14T14:30:00Z");

const encoder = new FrameEncoder(Codec.MSGPACK, STOCK_SCHEMA);

function frameOf(...ids: readonly number[]): Uint8Array {
  return encoder.frame(ids.map((id) => new Trade("AAPL", BEGIN_MS / 1000, id, id, "V", 1, 1, ["@"], "C")));
}

function at(sequence: number, source = "ticks"): SourcePlace {
  return { source, sequence };
}

function open(dir: string, startMs = BEGIN_MS, options: Partial<RecorderOptions> = {}): Promise<Recorder> {
  const clock = new VirtualClock({ startMs });
  return Recorder.open({
    dir,
    feed: "sip",
    clock,
    onError: (error) => {
      throw error;
    },
    ...options,
  });
}

/** Records messages from one number to another, each with a trade of that id, and closes the recording. */
async function recorded(dir: string, first: number, last: number, startMs = BEGIN_MS): Promise<void> {
  const recorder = await open(dir, startMs);
  for (let sequence = first; sequence <= last; sequence++) recorder.sink.frame(frameOf(sequence), 1, at(sequence));
  await recorder.close();
}

function logFolder(dir: string): string {
  return join(dir, "feed=sip/log");
}

function logNames(dir: string): string[] {
  return readdirSync(logFolder(dir)).sort();
}

test("frames of a source are kept byte for byte, and count as rows", async () => {
  const dir = temporaryFolder();
  const recorder = await open(dir);
  onTestFinished(() => recorder.close());
  const frames = [frameOf(1, 2, 3), Buffer.from("no message at all"), frameOf(4)];
  recorder.sink.record(new Trade("AAPL", BEGIN_MS / 1000, 0, 99, "V", 1, 1, ["@"], "C"));
  recorder.sink.frame(frames[0] as Uint8Array, 3, at(1));
  recorder.sink.frame(frames[1] as Uint8Array, 0, at(2));
  recorder.sink.history(frames[2] as Uint8Array, 1, at(3));
  recorder.sink.reached(at(4));
  const { reader, rowCount } = await recorder.openReader();
  reader.close();
  expect(rowCount).toBe(5);
  const [name = ""] = logNames(dir);
  const kept: { readonly type: string; readonly frame: Uint8Array }[] = [];
  for await (const part of (await readSegment(join(logFolder(dir), name))).blocks())
    if (!isDamage(part)) for (const entry of part) if (entry.type !== "event") kept.push(entry);
  expect(kept.map(({ type }) => type)).toEqual(["frame", "frame", "frame", "history"]); // the record first
  expect(kept.slice(1).map(({ frame }) => Buffer.from(frame))).toEqual(frames.map((frame) => Buffer.from(frame)));
});

test("a recorder behind one that was killed has the place of the last frame in the log", async () => {
  const dir = temporaryFolder();
  const recorder = await open(dir);
  expect(recorder.place).toBeUndefined();
  for (let sequence = 1; sequence <= 5; sequence++) recorder.sink.frame(frameOf(sequence), 1, at(sequence));
  (await recorder.openReader()).reader.close(); // writes what waits
  recorder.sink.frame(frameOf(6), 1, at(6));
  expect(recorder.place).toEqual(at(6));
  const killed = temporaryFolder();
  cpSync(logFolder(dir), logFolder(killed), { recursive: true }); // as a killed process would leave it
  await recorder.close();

  const next = await open(killed);
  expect(next.place).toEqual(at(5));
  for (let sequence = 6; sequence <= 8; sequence++) next.sink.frame(frameOf(sequence), 1, at(sequence));
  await next.close();
  const ids = await query(killed, "select id from FILES(trades) order by segment, sequence");
  expect(ids.map(({ id }) => Number(id))).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test("the place survives the promotion and deletion of all segments, and is no row of the recording", async () => {
  const dir = temporaryFolder();
  await recorded(dir, 1, 3);
  expect(logNames(dir)).toEqual(["20251114T143000.000Z.place"]);
  const next = await open(dir, BEGIN_MS + 60_000);
  expect(next.place).toEqual(at(3));
  await next.close(); // without a frame
  await recorded(dir, 4, 5, BEGIN_MS + 120_000);
  expect(logNames(dir)).toEqual(["20251114T143200.000Z.place"]);
  expect(await newestPlace(logFolder(dir))).toEqual(at(5));

  expect(await verify(dir)).toMatchObject({ findings: [] });
  const kinds = await query(dir, "select kind from FILES(gaps) order by segment, sequence");
  expect(kinds.map(({ kind }) => kind)).toEqual(["closed", "downtime", "closed", "downtime", "closed"]);
  const [overview] = await recordingOverview(dir);
  expect(overview?.missing.map(({ kind }) => kind)).toEqual(["downtime", "downtime"]);
});

test("the place survives the deletion of all days, and names stay in order when the clock is set back", async () => {
  const dir = temporaryFolder();
  await recorded(dir, 1, 3);
  const deleted: string[] = [];
  const later = await open(dir, BEGIN_MS + 30 * 86_400_000, {
    keepDays: 1,
    onDeleted: (days) => deleted.push(...days),
  });
  await later.close();
  expect(deleted).toEqual(["2025-11-14"]);
  rmSync(join(dir, "feed=sip/date=2025-12-14"), { recursive: true }); // by hand

  const [place = ""] = logNames(dir);
  const early = await open(dir, BEGIN_MS);
  expect(early.place).toEqual(at(3));
  early.sink.frame(frameOf(4), 1, at(4));
  const segment = logNames(dir).find((name) => name.endsWith(".tplog")) ?? "";
  expect(segment > place.replace(".place", ".tplog")).toBe(true);
  await early.close();
  expect(await newestPlace(logFolder(dir))).toEqual(at(4));
});

test("a promotion that a crash interrupts before it deletes the segment leaves one place", async () => {
  const dir = temporaryFolder();
  const recorder = await open(dir);
  recorder.sink.frame(frameOf(1), 1, at(1));
  (await recorder.openReader()).reader.close();
  const [name = ""] = logNames(dir);
  const bytes = readFileSync(join(logFolder(dir), name));
  await recorder.close();
  writeFileSync(join(logFolder(dir), name), bytes); // and its end is missing
  expect(await newestPlace(logFolder(dir))).toEqual(at(1));
  await recorded(dir, 2, 2, BEGIN_MS + 60_000);
  expect(await newestPlace(logFolder(dir))).toEqual(at(2));
  expect(logNames(dir)).toEqual(["20251114T143100.000Z.place"]);
});

test("a segment that is promoted behind newer ones does not move the place back", async () => {
  const dir = temporaryFolder();
  const recorder = await open(dir);
  recorder.sink.frame(frameOf(1), 1, at(1));
  (await recorder.openReader()).reader.close();
  const [name = ""] = logNames(dir);
  const stayed = join(temporaryFolder(), "feed=sip/log", name);
  mkdirSync(dirname(stayed), { recursive: true });
  cpSync(join(logFolder(dir), name), stayed);
  await recorder.close();
  await recorded(dir, 2, 3, BEGIN_MS + 60_000);
  cpSync(stayed, join(logFolder(dir), name)); // its first promotions failed
  expect(await newestPlace(logFolder(dir))).toEqual(at(3));
  await promoteSegment(join(logFolder(dir), name), join(dir, "feed=sip"));
  expect(await newestPlace(logFolder(dir))).toEqual(at(3));
});

test("the note of a place is kept in the log, and behind its promotion", async () => {
  const dir = temporaryFolder();
  const place = { ...at(1), note: '{"epoch":3}' };
  const recorder = await open(dir);
  recorder.sink.frame(frameOf(1), 1, place);
  (await recorder.openReader()).reader.close();
  expect(await newestPlace(logFolder(dir))).toEqual(place);
  await recorder.close();
  expect(logNames(dir)).toEqual([expect.stringMatching(/\.place$/)]);
  expect(await newestPlace(logFolder(dir))).toEqual(place);
  const next = await open(dir, BEGIN_MS + 60_000);
  onTestFinished(() => next.close());
  expect(next.place).toEqual(place);
  expect(() => next.sink.reached({ ...place, note: 3 as unknown as string })).toThrow("note of a place: expected");
});

test("a gap whose fill the source reports is one that was filled", async () => {
  const dir = temporaryFolder();
  const recorder = await open(dir);
  const [from, to] = [new Date(BEGIN_MS), new Date(BEGIN_MS + 5_000)];
  const range = { channel: "trades", symbols: ["AAPL"], from, to };
  recorder.sink.gap({ ...range, cause: new Error("the line was cut") });
  recorder.sink.history(frameOf(1), 1, at(1));
  recorder.sink.filled({ ...range, recordCount: 1 });
  recorder.sink.reached(at(2));
  await recorder.close();
  const [feed] = await recordingOverview(dir);
  expect(feed?.missing).toMatchObject([{ isFilled: true, kind: "gap", from, to, count: 1 }]);
});

test("a recording that is continued at its place lacks neither what a crash cost nor the time without a recorder", async () => {
  const dir = temporaryFolder();
  const isContinued = true;
  const first = await open(dir, BEGIN_MS, { isContinued }); // without a place yet
  first.sink.frame(frameOf(1), 1, at(1));
  const { reader } = await first.openReader();
  reader.close();
  const killed = temporaryFolder();
  cpSync(logFolder(dir), logFolder(killed), { recursive: true });
  await first.close();
  for (const [startMs, sequence] of [
    [BEGIN_MS + 60_000, 2],
    [BEGIN_MS + 120_000, 3],
  ] as const) {
    const next = await open(killed, startMs, { isContinued });
    next.sink.frame(frameOf(sequence), 1, at(sequence));
    await next.close();
  }
  const [overview] = await recordingOverview(killed);
  expect(overview?.missing).toEqual([]);
  const kinds = await query(killed, "select kind from FILES(gaps) order by segment, sequence");
  expect(kinds.map(({ kind }) => kind)).toEqual(["unsealed", "continued", "closed", "continued", "closed"]);
  const gaps = await RecordingReader.open(join(killed, "feed=sip"));
  expect(await gaps.gaps()).toEqual([]);
  gaps.close();
});

test("a source that was made again begins with its own numbers", async () => {
  const dir = temporaryFolder();
  await recorded(dir, 8, 9);
  const recorder = await open(dir, BEGIN_MS + 60_000);
  recorder.sink.frame(frameOf(1), 1, at(1, "made again"));
  await recorder.close();
  expect(await newestPlace(logFolder(dir))).toEqual(at(1, "made again"));
});

test("a recorder of another kind of source keeps the place of an earlier one", async () => {
  const dir = temporaryFolder();
  await recorded(dir, 1, 3);
  const recorder = await open(dir, BEGIN_MS + 60_000);
  recorder.sink.record(new Trade("AAPL", BEGIN_MS / 1000, 0, 99, "V", 1, 1, ["@"], "C"));
  await recorder.close();
  expect(await newestPlace(logFolder(dir))).toEqual(at(3));
});

test("a place whose file is damaged fails the opening of a recorder, and verify reports it", async () => {
  const dir = temporaryFolder();
  await recorded(dir, 1, 3);
  const [name = ""] = logNames(dir);
  const path = join(logFolder(dir), name);
  const content = readFileSync(path, "utf8");
  for (const damaged of [content.replace("3}", "4}"), content.slice(0, -2), "", "\n0\n"]) {
    writeFileSync(path, damaged);
    await expect(open(dir)).rejects.toMatchObject({ code: "damaged", message: expect.stringContaining(path) });
    expect((await verify(dir)).findings).toMatchObject([{ kind: "damaged", path, byteLength: damaged.length }]);
  }
  writeFileSync(path, content);
  expect((await verify(dir)).findings).toEqual([]);
});

test("a place, and a number of records, that are none are rejected", async () => {
  const recorder = await open(temporaryFolder());
  onTestFinished(() => recorder.close());
  const { sink } = recorder;
  expect(() => sink.reached({ source: "", sequence: 1 })).toThrow("source of a place: expected a string");
  for (const sequence of [-1, 1.5, Number.NaN, 2 ** 53])
    expect(() => sink.frame(frameOf(1), 1, at(sequence))).toThrow("sequence of a place: expected a whole number");
  expect(() => sink.history(frameOf(1), Number.NaN, at(1))).toThrow("recordCount: expected a whole number");
  expect(recorder.place).toBeUndefined();
});
