import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AnyRecord, type Bar, type BarChannel, STOCK_SCHEMA, Trade } from "@tickerplant/client";
import { VirtualClock } from "@tickerplant/client/testing";
import { Codec, FrameEncoder } from "@tickerplant/client/wire";
import { afterAll } from "vitest";
import { bar } from "../../../../../verify/shared/records.ts";
import type { BadLine, ReplayNotice } from "../../../src/feeds/replay/notices.ts";
import { type ReplayOptions, replay } from "../../../src/feeds/replay/replay.ts";

/** Folder of the recordings of one test file. */
export const folder: string = mkdtempSync(join(tmpdir(), "tickerplant-replay-"));

afterAll(() => rmSync(folder, { recursive: true }));

const encoder = new FrameEncoder(Codec.JSON, STOCK_SCHEMA);

/** Formats a record as a line of a recording. */
export function line(record: AnyRecord): string {
  return Buffer.from(encoder.record(record)).toString();
}

/** Formats records as lines of a recording. */
export function linesOf(records: readonly AnyRecord[]): string {
  return records.map((record) => `${line(record)}\n`).join("");
}

let fileCount = 0;

/** Writes a recording and returns its path. */
export function file(content: string | Uint8Array): string {
  const path = join(folder, `${++fileCount}.jsonl`);
  writeFileSync(path, content);
  return path;
}

/** 2025-11-14T14:30:00Z, the time of the recordings. */
export const RECORDED_SECONDS = 1_763_130_600;

/** Makes a trade some milliseconds after 2025-11-14T14:30:00Z. */
export function tradeAt(id: number, ms: number, symbol = "A"): Trade {
  const seconds = RECORDED_SECONDS + Math.floor(ms / 1000);
  return new Trade(
    symbol,
    seconds,
    (ms - 1000 * Math.floor(ms / 1000)) * 1e6,
    id,
    "V",
    1.25,
    100,
    ["@"],
    "C",
    1_000_000_000n,
  );
}

/** Makes a trade at an ISO time. */
export function tradeOn(id: number, time: string): Trade {
  return tradeAt(id, Date.parse(time) - RECORDED_SECONDS * 1000);
}

/** Makes trades with ids from 0, at these milliseconds after 2025-11-14T14:30:00Z. */
export function tradesAt(...times: readonly number[]): Trade[] {
  return times.map((ms, id) => tradeAt(id, ms));
}

/** Makes a bar at an ISO time. */
export function barOn(channel: BarChannel, time: string): Bar {
  return bar("A", channel, 1000, { seconds: Date.parse(time) / 1000, nanos: 0 });
}

const never = new AbortController().signal;

/** Runs a replay at full speed and returns the records that it publishes. */
export async function play(files: readonly string[], options: ReplayOptions = {}): Promise<AnyRecord[]> {
  const records: AnyRecord[] = [];
  const sink = { publish: (record: AnyRecord) => void records.push(record), room: () => undefined };
  await replay(files, { speed: "max", ...options }).run(sink, never);
  return records;
}

/** Runs a replay and returns the ids of its records, or the channels of records without an id. */
export async function idsOf(files: readonly string[], options?: ReplayOptions): Promise<unknown[]> {
  return (await play(files, options)).map((record) => ("id" in record ? record.id : record.channel));
}

/** Runs a replay at full speed and returns its reports and the ids of its records. */
export async function reportsOf(files: readonly string[]): Promise<{
  readonly ids: unknown[];
  readonly problems: BadLine[];
  readonly notices: ReplayNotice[];
}> {
  const problems: BadLine[] = [];
  const notices: ReplayNotice[] = [];
  const ids = await idsOf(files, {
    onBadLine: (problem) => problems.push(problem),
    onNotice: (notice) => notices.push(notice),
  });
  return { ids, problems, notices };
}

/** Starts a replay in virtual time; returns what it has published and reported so far, and when. */
export function playing(files: readonly string[], options: ReplayOptions) {
  const clock = new VirtualClock();
  const abort = new AbortController();
  const published: { id: unknown; atMs: number; record: AnyRecord }[] = [];
  const notices: ReplayNotice[] = [];
  const publish = (record: AnyRecord): void => {
    published.push({ id: "id" in record ? record.id : undefined, atMs: clock.monotonic(), record });
  };
  const onNotice = (notice: ReplayNotice): void => void notices.push(notice);
  const feed = replay(files, { clock, onNotice, ...options });
  const run = feed.run({ publish, room: () => undefined }, abort.signal);
  return { clock, abort, published, notices, run };
}

/** Runs a replay in virtual time to its end. Time moves only while the replay waits for it, not while it reads. */
export async function playOut({ clock, run }: ReturnType<typeof playing>, stepMs = 50): Promise<void> {
  let isOver = false;
  void run.finally(() => {
    isOver = true;
  });
  for (;;) {
    await until(() => isOver || clock.pendingTimers > 0);
    if (isOver) return;
    await clock.advance(stepMs);
  }
}

/** Waits in real time until a condition holds, so that files can be read; virtual time stands still meanwhile. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
