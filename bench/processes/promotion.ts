/**
 * Makes Parquet files of a segment of the log, and answers with rows per second of processor time; or records a stream
 * while its recorder does so in the background, or reads a segment of the log as a gateway's history does, and answers
 * with the longest delay of the event loop.
 *
 * Usage: promotion.js rows|delay|delay-alone|delay-reading ROWS DATASET
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { STOCK_SCHEMA, systemClock, VERSION } from "@tickerplant/client";
import { Codec, type FrameSink } from "@tickerplant/client/wire";
import { promoteSegment, Recorder, RecordingReader } from "@tickerplant/recorder";
import { LogWriter } from "#recorder/log/log-writer.js";
import { answer } from "../child.ts";
import { framesOf, recordsIn } from "../workload.ts";

const FRAME_RECORDS = 100;
/** Frames a millisecond, which is 100,000 records a second. */
const FRAME_MS = 1;
const WARM_UP_MS = 1000;
/** How long a stream is recorded without a promotion. */
const ALONE_MS = 3000;

const [kind = "", rows = "", dataSet] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "tickerplant-bench-"));
try {
  const frames = framesOf(await recordsIn(dataSet), FRAME_RECORDS, Codec.MSGPACK);
  const segment = await writeSegment(frames, Number(rows));
  if (kind === "rows") answer(await rowsPerCpuS(segment));
  else if (kind === "delay-reading") answer(await readingDelayMs(segment));
  else answer(await longestDelayMs(frames, segment, kind === "delay"));
} finally {
  rmSync(folder, { recursive: true });
}

/** Writes a segment, and returns its path. */
async function writeSegment(frames: readonly Buffer[], rowCount: number): Promise<string> {
  const log = await LogWriter.open({
    folder,
    fsync: "segment",
    clock: systemClock,
    header: () => ({
      address: "",
      feed: "sip",
      assetClass: "stocks",
      codec: Codec.MSGPACK,
      schemaVersion: VERSION,
      subscription: {},
    }),
    onError: (error) => {
      throw error;
    },
    onSealed: () => {},
  });
  for (let row = 0, number = 0; row < rowCount; row += FRAME_RECORDS, number++) {
    log.frame(frames[number % frames.length] ?? Buffer.alloc(0));
    if (number % 1000 === 0) await sleep(1); // the disk keeps up
  }
  await log.close();
  return join(folder, readdirSync(folder)[0] ?? "");
}

/** Promotes copies of a segment; the first one warms up. */
async function rowsPerCpuS(segment: string): Promise<number> {
  let rate = 0;
  for (const round of ["first", "second"]) {
    const copy = join(folder, round);
    mkdirSync(copy);
    cpSync(segment, join(copy, "20250102T150000.000Z.tplog"));
    const before = process.cpuUsage();
    const files = await promoteSegment(join(copy, "20250102T150000.000Z.tplog"), copy);
    const { user, system } = process.cpuUsage(before);
    const rowCount = files.reduce((sum, file) => sum + file.rowCount, 0);
    rate = rowCount / ((user + system) / 1e6);
  }
  return rate;
}

/** Reads what a segment of the log may lack, for which it is decoded as a whole. */
async function readingDelayMs(segment: string): Promise<number> {
  const reader = await RecordingReader.open(segment);
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  try {
    await reader.gaps();
    return delays.max / 1e6;
  } finally {
    reader.close();
  }
}

/** Records frames at an even pace, twice: the first time warms up, the second may find what an earlier recorder left. */
async function longestDelayMs(frames: readonly Buffer[], segment: string, isLeft: boolean): Promise<number> {
  await recordingDelayMs("warm-up", frames, () => sleep(WARM_UP_MS));
  if (!isLeft) return recordingDelayMs("alone", frames, () => sleep(ALONE_MS));
  const logFolder = join(folder, "promoting/feed=sip/log");
  mkdirSync(logFolder, { recursive: true });
  cpSync(segment, join(logFolder, "20250102T150000.000Z.tplog"));
  return recordingDelayMs("promoting", frames, (promoted) => promoted);
}

/** Records frames until a promise resolves that may depend on the first promotion. Returns the longest delay. */
async function recordingDelayMs(
  name: string,
  frames: readonly Buffer[],
  until: (promoted: Promise<void>) => Promise<void>,
): Promise<number> {
  let resolvePromoted = (): void => {};
  const promoted = new Promise<void>((resolve) => {
    resolvePromoted = resolve;
  });
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const recorder = await Recorder.open({ dir: join(folder, name), feed: "sip", onPromoted: () => resolvePromoted() });
  const decoder = recorder.decoder(STOCK_SCHEMA);
  const sink: FrameSink = { record: () => {}, control: () => {}, fault: () => {} };
  let number = 0;
  const timer = setInterval(() => decoder.decode(frames[number++ % frames.length] ?? Buffer.alloc(0), sink), FRAME_MS);
  await until(promoted);
  delays.disable();
  clearInterval(timer);
  await recorder.close();
  return delays.max / 1e6;
}
